/** After a change of keys: which commands ask before they run from now on, and whether to vouch for them oneself. */
import type { Context } from '../../context.ts';
import { printableLines } from '../../domain/printable.ts';
import type { Vault } from '../../vault/opening/vault.ts';
import { vouchAnew } from '../../vault/gate/vouch.ts';
import type { VouchedRecord } from '../../vault/gate/vouch.ts';
import { vouchedLines, vouchedName } from '../../vault/gate/vouched-words.ts';

/** @param told who registered them, and from when or where on they ask, for a person */
export async function offerToVouch(
  context: Context,
  vault: Vault,
  records: readonly VouchedRecord[],
  told: { readonly who: string; readonly when: string },
): Promise<void> {
  if (records.length === 0) return;
  context.say(`${told.when}, knox will ask before it runs or sends this, registered by ${told.who}:`);
  for (const record of records) {
    context.say(`  ${vouchedName(record)}`);
    for (const line of vouchedLines(record)) context.say(`    ${printableLines(line).replaceAll('\n', '\n    ')}`);
  }
  const prompts = context.isJson ? null : await context.prompts();
  const isAble = vault.ring !== null && records.every(({ realm }) => vault.ring!.hasRealm(realm));
  if (prompts === null || !isAble) return;
  const message = records.length === 1 ? 'Vouch for it with your own key?' : 'Vouch for them with your own key?';
  if (!(await prompts.confirm({ message, default: false }))) return;
  for (const record of records) await vault.change((change) => vouchAnew(change, record));
  context.say(`Vouched for ${records.length === 1 ? 'it' : 'them'}.`);
}
