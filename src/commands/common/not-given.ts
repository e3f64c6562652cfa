/** What a command says of realms that its key does not open: of each it goes by its own records, and another key's are not touched. */
import type { Context } from '../../context.ts';
import type { View } from '../../vault/core/view.ts';

/** @param what was not done there: `not changed` */
export function warnOfOthers(context: Context, what: string, realms: readonly string[]): void {
  if (realms.length === 0) return;
  const last = realms.at(-1)!;
  const names = realms.length === 1 ? last : `${realms.slice(0, -1).join(', ')} and ${last}`;
  context.warn('not_given', `${what} for ${names}: this key does not open it`);
}

/** Says which realms hold names that are shown as the file has them. Without any key that was said already. */
export async function warnOfUnverified(context: Context, view: View): Promise<void> {
  if (view.ring === null) return;
  const others: string[] = [];
  for (const realm of view.realmNames())
    if (!view.canRead(realm) && (await view.count(realm, 'name')) > 0) others.push(realm);
  warnOfOthers(context, 'not verified', others);
}
