/** Logins that were refused with a new version: what says soonest that something is wrong with it. */
import type { View } from '../vault/core/view.ts';
import type { RefusalRecord } from '../vault/records/kinds.ts';
import type { Rotation } from './rotation.ts';

/** @param since ISO time */
export async function refusalsSince(view: View, rotation: Rotation, since: string): Promise<RefusalRecord[]> {
  const found: RefusalRecord[] = [];
  for (const secret of rotation.secrets)
    for (const environment of rotation.environmentsOf(secret))
      found.push(...(await view.about('refusal', environment, secret.to)));
  return found.filter(({ at }) => at >= since);
}
