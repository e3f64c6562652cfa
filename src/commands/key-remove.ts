/** `knox key remove` and `knox rekey`: what a key opened is closed to it, and everything it could read is due. */
import { counted } from '../domain/counted.ts';
import type { Context } from '../context.ts';
import type { Handler } from '../declarations/command-spec.ts';
import { printable } from '../domain/printable.ts';
import { SHARED } from '../vault/manifest.ts';
import type { ManifestSlot } from '../vault/manifest.ts';
import { findSlot, refuseLast, removeSlot } from '../vault/slots.ts';
import type { Vault } from '../vault/vault.ts';
import { askName } from './ask-name.ts';

export const keyRemove: Handler = async (context, args, options) => {
  const isRekeyed = options['rekey'] !== false;
  const given = await askKey(context, args[0]);
  const vault = await context.vault('key');
  vault.requireTrust();
  // Before a large vault is read through: whether it can be done at all.
  if (vault.requireKeys().rootSeed.length > 0) refuseLast(vault.manifest, findSlot(vault.manifest, given));
  let slot!: ManifestSlot;
  let exposed: string[] = [];
  const remove = async (change: Parameters<typeof removeSlot>[0]): Promise<void> => {
    slot = findSlot(change.manifest, given);
    exposed = await removeSlot(change, slot, isRekeyed);
  };
  if (isRekeyed) await rekeyWith(context, vault, remove);
  else await vault.change(remove);
  tell(context, { slot, exposed, isRekeyed });
  const { identity } = vault.manifest;
  const how = isRekeyed ? ` All keys were made anew; the identity is now ${identity}` : '';
  return {
    json: { id: slot.id, label: slot.label, rekeyed: isRekeyed, exposed, identity },
    text: `Removed the key "${printable(slot.label)}" (${slot.id}).${how}`,
  };
};

export const rekey: Handler = async (context) => {
  const vault = await context.vault('key');
  vault.requireTrust();
  const values = await rekeyWith(context, vault, null);
  const { identity, generation, slots } = vault.manifest;
  context.say(HAND_ON);
  return {
    json: { identity, generation, values, keys: slots.length },
    text: `Made all keys anew: ${counted(values, 'value')} encrypted again, sealed to ${counted(slots.length, 'key')}.\nIdentity: ${identity}`,
  };
};

const HAND_ON = 'Earlier identities lead to this one: key files, passphrases and KNOX_TRUST go on as they are.';

function rekeyWith(
  context: Context,
  vault: Vault,
  prepare: ((change: Parameters<typeof removeSlot>[0]) => Promise<void>) | null,
): Promise<number> {
  return context.longWork('all keys are as they were', (step) =>
    vault.rekey(prepare, (done, of) => step(`Making the keys anew: ${done} of ${of}`)),
  );
}

interface Told {
  readonly slot: ManifestSlot;
  readonly exposed: readonly string[];
  readonly isRekeyed: boolean;
}

function tell(context: Context, { slot, exposed, isRekeyed }: Told): void {
  if (!isRekeyed) {
    const opened = slot.environments === null ? 'everything' : slot.environments.join(', ');
    const shared = slot.environments?.includes(SHARED) === true ? ' (the shared values among them)' : '';
    context.warn(
      'not_rekeyed',
      `whoever has that key and can get at the file still reads ${opened}${shared}, also what is stored from now on, until: knox rekey`,
    );
  } else {
    context.say(HAND_ON);
    if (slot.admin)
      context.say('It could administer: give the new identity to everybody, for only that one can it not have signed.');
  }
  if (exposed.length === 0) return;
  const some = exposed.slice(0, 5).map(printable).join(', ');
  const more = exposed.length > 5 ? ` and ${exposed.length - 5} more` : '';
  context.say(
    `It could read ${exposed.length} ${exposed.length === 1 ? 'secret' : 'secrets'}, due now: ${some}${more}`,
  );
  context.say('Change them: knox rotate --exposed');
}

/** A key of the vault, given or picked. */
function askKey(context: Context, given: string | undefined): Promise<string> {
  return askName(context, given, {
    question: 'Which key?',
    usage: 'knox key remove ID',
    choices: async () => {
      const vault = await context.vault('key');
      return vault.manifest.slots.map(({ id, label, environments }) => ({
        name: `${label} (${id})`,
        value: id,
        description: environments === null ? 'everything' : environments.join(', '),
      }));
    },
  });
}
