/** `knox key remove` and `knox rekey`: what a key opened is closed to it, and everything it could read is due. */
import { counted } from '../domain/counted.ts';
import type { Context } from '../context.ts';
import type { Handler } from '../declarations/command-spec.ts';
import { errors } from '../errors.ts';
import { printable } from '../domain/printable.ts';
import { SHARED } from '../vault/manifest.ts';
import type { ManifestSlot } from '../vault/manifest.ts';
import { findSlot, readableSecrets, refuseLast, removeSlot } from '../vault/slots.ts';
import type { Vault } from '../vault/vault.ts';
import { askName } from './ask-name.ts';

export const keyRemove: Handler = async (context, args, options) => {
  const isRekeyed = options['rekey'] !== false;
  const given = await askKey(context, args[0]);
  const vault = await context.vault('key');
  vault.requireTrust();
  // Before anything is asked, or a large vault read through: whether it can be done at all.
  if (vault.requireKeys().rootSeed.length > 0) refuseLast(vault.manifest, findSlot(vault.manifest, given));
  await confirmRemoval(context, vault, findSlot(vault.manifest, given), isRekeyed);
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
  if (vault.requireKeys().rootSeed.length > 0) {
    await requireYes(context, 'Make all keys of the vault new?', 'nothing was changed', [
      'Every value is encrypted again and the identity changes; each key and passphrase of today still opens the vault.',
      "Copies of the vault from before stay readable with the keys of then. This can't be undone.",
    ]);
  }
  const values = await rekeyWith(context, vault, null);
  const { identity, generation, slots } = vault.manifest;
  context.say(HAND_ON);
  return {
    json: { identity, generation, values, keys: slots.length },
    text: `Made all keys anew: ${counted(values, 'value')} encrypted again, sealed to ${counted(slots.length, 'key')}.\nIdentity: ${identity}`,
  };
};

const HAND_ON = 'Earlier identities lead to this one: key files, passphrases and KNOX_TRUST go on as they are.';

/** @throws needs_terminal, cancelled */
async function confirmRemoval(context: Context, vault: Vault, slot: ManifestSlot, isRekeyed: boolean): Promise<void> {
  const named = `"${printable(slot.label)}" (${slot.id})`;
  const isOwn = vault.requireKeys().slot.id === slot.id;
  const readable = await vault.read((view) => readableSecrets(view, slot));
  const exposed =
    readable.length === 0
      ? 'It reads no secret.'
      : `It reads ${someOf(readable.map(({ name }) => name).toSorted())}: exposed from then on, and due at once.`;
  const keys = isRekeyed
    ? 'All keys are made new, and the identity of the vault changes.'
    : 'The other keys stay: who holds it and gets at the file reads on.';
  await requireYes(
    context,
    isOwn ? `Remove the key you are using, ${named}?` : `Remove the key ${named}?`,
    'nothing was removed',
    [exposed, keys, "This can't be undone."],
  );
}

/** A yes to what can't be undone, after it was said what that is. @throws needs_terminal, cancelled */
async function requireYes(context: Context, question: string, left: string, lines: readonly string[]): Promise<void> {
  if (context.options.yes !== true && (await context.prompts()) !== null) for (const line of lines) context.say(line);
  if (!(await context.confirm(question))) throw errors.cancelled(left);
}

function someOf(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `${counted(names.length, 'secret')} (${names.slice(0, 5).map(printable).join(', ')}${more})`;
}

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
      const own = vault.requireKeys().slot.id;
      // An Enter too many must not take one's own key away.
      const slots = vault.manifest.slots.toSorted((one, other) => Number(one.id === own) - Number(other.id === own));
      return slots.map(({ id, label, environments }) => ({
        name: `${label} (${id})${id === own ? ', the key you are using' : ''}`,
        value: id,
        description: environments === null ? 'everything' : environments.join(', '),
      }));
    },
  });
}
