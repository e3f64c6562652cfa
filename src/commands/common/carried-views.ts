/** What new keys left as it is, since its content is invalid: named one by one, with what to type next, and listed under `--json`. */
import type { WarningCode } from '../../domain/reference/warnings.ts';
import type { Context } from '../../context.ts';
import { printable } from '../../domain/printable.ts';
import { deleteOrder } from '../../vault/core/spoiled.ts';
import type { Spoiled } from '../../vault/core/spoiled.ts';
import { SHARED } from '../../vault/documents/manifest.ts';
import type { Carried } from '../../vault/keys/carried.ts';
import type { Renewed } from '../../vault/keys/rekey.ts';

export function tellCarried(context: Context, carried: readonly Carried[]): void {
  for (const one of carried)
    context.warn(codeOf(one), `${one.reason}: not changed, under none of the new keys${writer(one)}. ${nextStep(one)}`);
}

/** The same of a copy that is put back. */
export function tellSpoiled(context: Context, spoiled: readonly Spoiled[]): void {
  for (const one of spoiled)
    context.warn(codeOf(one), `${one.reason}, in the copy too: it is restored as it is. ${nextStep(one)}`);
}

function codeOf({ kind }: Spoiled): WarningCode {
  return kind === 'value' ? 'value_damaged' : 'record_damaged';
}

/** What the record says of itself: whoever spoils one may let it bear the number of another's entry. */
function writer({ entry, key }: Carried): string {
  const by = key === null ? 'which says nothing of that environment' : `of the key "${printable(key)}"`;
  return ` (it claims audit entry ${entry}, ${by})`;
}

function nextStep({ kind, name, realm }: Spoiled): string {
  if (kind !== 'value' || name === null) return 'To remove it: knox restore FILE, with an earlier copy';
  const where = realm === SHARED ? '--shared' : `-e ${realm}`;
  return `Delete it: ${deleteOrder(name, realm)}; then add the right one: knox add ${name} ${where} (a backup has it: knox get ${name} ${where} --vault FILE)`;
}

/** @param renewed null where the keys stayed */
export function carriedMember(renewed: Renewed | null) {
  return {
    damaged: (renewed?.carried ?? []).map(({ kind, id, name, realm, entry, key }) => ({
      kind,
      id,
      name,
      environment: realm === SHARED ? null : realm,
      entry,
      key,
    })),
  };
}
