/**
 * `knox trust IDENTITY`: this machine takes the vault here for the one with that identity, from now on. `--commands-of LABEL`: it runs what
 * that key registers without asking.
 */
import type { Run } from '../../command-line/command.ts';
import type { Context } from '../../context.ts';
import { printable, printableLines } from '../../domain/printable.ts';
import { quoted } from '../../domain/secret-name.ts';
import { cannotCombine, errors } from '../../errors.ts';
import type { View } from '../../output/view.ts';
import type { ManifestSlot } from '../../vault/documents/manifest.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import { recordKey } from '../../vault/gate/command-gate.ts';
import { parseIdentity } from '../../vault/trust/identity.ts';
import { voucherOf } from '../../vault/gate/vouch.ts';
import type { VouchedRecord } from '../../vault/gate/vouch.ts';
import { vouchedLines, vouchedName } from '../../vault/gate/vouched-words.ts';
import type { Trust } from './declared.ts';

export const trust: Run<Trust> = async (context, { identity: given, commandsOf: label }) => {
  if (label !== null) {
    if (given !== null) throw cannotCombine('an identity', '--commands-of');
    return trustCommands(context, label);
  }
  if (given === null) throw errors.usage('no identity given', 'knox trust IDENTITY');
  const identity = await parseIdentity(given);
  context.takeAsItIs();
  const vault = await context.vault('look');
  if (!(await vault.read((view) => view.isIdentity(identity)))) {
    throw errors.untrusted_vault(
      `this is a different vault: ${vault.manifest.identity}`,
      'ask whoever gave you the identity which one is right',
    );
  }
  await vault.rememberIdentity();
  return { json: { identity }, text: `This machine trusts ${identity}.` };
};

async function trustCommands(context: Context, given: string): Promise<View> {
  const vault = await context.vault('look');
  vault.requireTrust();
  const { slots } = vault.manifest;
  const slot = slots.find(({ id }) => id === given) ?? slots.find(({ label }) => label === given);
  if (slot === undefined)
    throw errors.key_not_found(`no key with the label ${quoted(given)}`, 'see them: knox key list');
  const allowed = await context.allowedCommands(vault);
  const records = await recordsOf(vault, slot);
  allowed.allowSlot(slot.id);
  if (!allowed.isAllowed({ record: '', text: '', slot: slot.id }))
    throw errors.io(
      'no folder to remember it in, or it cannot be written',
      'set XDG_STATE_HOME or HOME',
      `or, in a script: KNOX_TRUST_COMMANDS=${slot.id}`,
    );
  // One that is older than what ran here is allowed with the rest.
  for (const record of records) {
    const key = recordKey(record);
    if ((allowed.lastRan(key) ?? 0) > record.vouched!.entry) allowed.noteRan(key, record.vouched!.entry);
  }
  const { id, label } = slot;
  const commands = records.map((record) => ({ of: vouchedName(record), lines: vouchedLines(record) }));
  const shown = commands.flatMap(({ of, lines }) => [
    `  ${of}`,
    ...lines.map((line) => `    ${printableLines(line).replaceAll('\n', '\n    ')}`),
  ]);
  const first = `This machine runs what "${printable(label)}" registers, without asking.`;
  return { json: { key: id, label, commands }, text: [first, ...shown].join('\n') };
}

/** What the slot vouches for now. */
function recordsOf(vault: Vault, slot: ManifestSlot): Promise<VouchedRecord[]> {
  return vault.read(async (view) => {
    const all: VouchedRecord[] = [
      ...(await view.across('route')),
      ...(await view.across('source')),
      ...(await view.across('receiver')),
    ];
    return all.filter((record) => voucherOf(view.manifest, record)?.id === slot.id);
  });
}
