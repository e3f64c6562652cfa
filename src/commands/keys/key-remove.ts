/** `knox key remove` and `knox rekey`: what a key opened is closed to it, and everything it could read is due. */
import { counted } from '../../domain/counted.ts';
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { errors } from '../../errors.ts';
import { printable } from '../../domain/printable.ts';
import type { Change } from '../../vault/core/change.ts';
import { realmNamesOf, SHARED } from '../../vault/documents/manifest.ts';
import type { ManifestSlot } from '../../vault/documents/manifest.ts';
import { readableNames, refuseLast, removeSlots } from '../../vault/keys/remove-slot.ts';
import { findSlot } from '../../vault/keys/slots.ts';
import { renewKeys } from '../../vault/keys/renew-keys.ts';
import type { WithRekey } from '../../vault/keys/renew-keys.ts';
import type { Renewed } from '../../vault/keys/rekey.ts';
import { carriedMember, tellCarried } from '../common/carried-views.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import { vouchedBy } from '../../vault/keys/asking.ts';
import { askName } from '../common/ask-name.ts';
import { offerToVouch } from '../common/vouch-for.ts';
import type { KeyRemove } from './declared.ts';

export const keyRemove: Run<KeyRemove> = async (context, { key, rekey: isRekeyed }) => {
  const given = await askKey(context, key);
  const vault = await context.vault('key');
  vault.requireTrust();
  // Before anything is asked, or a large vault read through: whether it can be done at all.
  void vault.requireKeys().rootSeed;
  let slot = findSlot(vault.manifest, given);
  refuseLast(vault.manifest, [slot]);
  await confirmRemoval(context, vault, slot, isRekeyed);
  const opened = realmNamesOf(vault.manifest, slot);
  const asking = await vault.read((view) => vouchedBy(view, slot));
  let exposed: string[] = [];
  const remove = async (change: Change): Promise<void> => {
    slot = findSlot(change.manifest, slot.id);
    exposed = await removeSlots(change, [slot], isRekeyed);
  };
  // The key that does it signs all of it: its own end comes last.
  const isOwn = vault.requireKeys().slot.id === slot.id;
  const renewed = isRekeyed ? await rekeyWith(context, vault, isOwn ? { after: remove } : { before: remove }) : null;
  if (renewed === null) await vault.change(remove);
  else tellCarried(context, renewed.carried);
  if (isRekeyed) context.say(HAND_OUT);
  else warnNotRekeyed(context, opened);
  tellExposed(context, exposed);
  await offerToVouch(context, vault, asking, { who: `"${printable(slot.label)}"`, when: 'From now on' });
  const { identity } = vault.manifest;
  const how = isRekeyed ? ` All keys were replaced; the identity is now ${identity}` : '';
  return {
    json: { id: slot.id, label: slot.label, rekeyed: isRekeyed, exposed, identity, ...carriedMember(renewed) },
    text: `Removed the key "${printable(slot.label)}" (${slot.id}).${how}`,
  };
};

export const rekey: Run<object> = async (context) => {
  const vault = await context.vault('key');
  vault.requireTrust();
  void vault.requireKeys().rootSeed;
  const asked = { question: 'Replace all keys of the vault?', what: 'replace all keys', left: 'nothing was changed' };
  await requireYes(context, asked, [
    'Every value is encrypted again and the identity changes; every present key and passphrase still opens the vault.',
    "Earlier copies of the vault stay readable with their keys. This can't be undone.",
  ]);
  const renewed = await rekeyWith(context, vault, {});
  const { values } = renewed;
  tellCarried(context, renewed.carried);
  const { identity, generation, slots } = vault.manifest;
  context.say(HAND_ON);
  return {
    json: { identity, generation, values, keys: slots.length, ...carriedMember(renewed) },
    text: `Replaced all keys: ${counted(values, 'value')} encrypted again, sealed to ${counted(slots.length, 'key')}.\nIdentity: ${identity}`,
  };
};

const HAND_ON = 'Existing key files, passphrases and KNOX_TRUST keep working.';
const HAND_OUT = `Send everybody the new identity, for their key files and KNOX_TRUST. With the earlier one, a machine that has not
seen the vault since would also accept an older copy, which the removed key still opens.`;

/** @throws needs_terminal, cancelled */
async function confirmRemoval(context: Context, vault: Vault, slot: ManifestSlot, isRekeyed: boolean): Promise<void> {
  const named = `"${printable(slot.label)}" (${slot.id})`;
  const isOwn = vault.requireKeys().slot.id === slot.id;
  const readable = await vault.read((view) => readableNames(view, slot));
  const exposed =
    readable.length === 0
      ? 'It reads no secret.'
      : `It reads ${someOf(readable)}: exposed from then on, and due at once.`;
  const keys = isRekeyed
    ? 'All keys are replaced, and the identity of the vault changes.'
    : 'The other keys stay: whoever holds it and the file can still read.';
  const question = isOwn ? `Remove the key you are using, ${named}?` : `Remove the key ${named}?`;
  const asked = { question, what: `remove the key ${named}`, left: 'nothing was removed' };
  await requireYes(context, asked, [exposed, keys, "This can't be undone."]);
}

/** A yes to what can't be undone, after it was said what that is. @throws needs_terminal, cancelled */
async function requireYes(
  context: Context,
  { question, what, left }: { readonly question: string; readonly what: string; readonly left: string },
  lines: readonly string[],
): Promise<void> {
  if (context.options.yes !== true && (await context.prompts()) !== null) for (const line of lines) context.say(line);
  if (!(await context.confirm(question, what))) throw errors.cancelled(left);
}

function someOf(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `${counted(names.length, 'secret')} (${names.slice(0, 5).map(printable).join(', ')}${more})`;
}

function rekeyWith(context: Context, vault: Vault, work: WithRekey): Promise<Renewed> {
  return context.longWork('no key was changed', (step) =>
    renewKeys(vault, work, (done, of) => step(`Replacing the keys: ${done} of ${of}`)),
  );
}

/** @param names what it opened; null for everything */
function warnNotRekeyed(context: Context, names: readonly string[] | null): void {
  const opened = names === null ? 'everything' : names.join(', ');
  const shared = names?.includes(SHARED) === true ? ' (the shared values among them)' : '';
  context.warn(
    'not_rekeyed',
    `whoever has that key and the file can still read ${opened}${shared}, also what is stored from now on, until: knox rekey`,
  );
}

function tellExposed(context: Context, exposed: readonly string[]): void {
  if (exposed.length === 0) return;
  const some = exposed.slice(0, 5).map(printable).join(', ');
  const more = exposed.length > 5 ? ` and ${exposed.length - 5} more` : '';
  context.say(
    `It could read ${exposed.length} ${exposed.length === 1 ? 'secret' : 'secrets'}, due now: ${some}${more}`,
  );
  context.say('Rotate them: knox rotate --exposed');
}

/** A key of the vault, given or picked. */
function askKey(context: Context, given: string | null): Promise<string> {
  return askName(context, given, {
    what: 'key',
    usage: 'knox key remove ID',
    choices: async () => {
      const vault = await context.vault('key');
      const own = vault.requireKeys().slot.id;
      // An Enter too many must not take one's own key away.
      const slots = vault.manifest.slots.toSorted((one, other) => Number(one.id === own) - Number(other.id === own));
      return slots.map((slot) => ({
        name: `${slot.label} (${slot.id})${slot.id === own ? ', the key you are using' : ''}`,
        value: slot.id,
        description: realmNamesOf(vault.manifest, slot)?.join(', ') ?? 'everything',
      }));
    },
  });
}
