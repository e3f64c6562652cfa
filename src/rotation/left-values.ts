/** New values of a rotation that was taken back or ended: nobody needs them, and they still let somebody in where they were made. */
import { providerForName } from '../domain/providers.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';
import type { RotationRows } from './rotation.ts';
import type { RotationOptions } from './types.ts';

/** Environments (or `shared`), in the vault's order, whose new value is kept and was not revoked; what knox made up itself is known nowhere else. */
export async function leftValues(view: View, { row, secrets, environments }: RotationRows): Promise<string[]> {
  if (row.source === 'generate') return [];
  const { revokedNew = [] } = JSON.parse(row.options) as RotationOptions;
  const found = new Set<string>();
  for (const { to_secret: secret, lineage } of secrets) {
    const kept = environments.filter((record) => record.lineage === lineage && record.is_kept === 1);
    for (const { environment } of await view.find('value', { secret })) {
      if (kept.some((record) => record.environment === environment) || revokedNew.includes(environment)) continue;
      found.add(environment);
    }
  }
  return [...view.environmentNames(), SHARED].filter((name) => found.has(name));
}

/** @param names where they are, in the order in which they are told @param how what to do about them */
export function leftValuesText(to: string, names: readonly string[], how: string): string {
  const [is, it] = names.length === 1 ? ['value', 'it'] : ['values', 'them'];
  return `The new ${is} of ${to} (${names.join(', ')}) still ${names.length === 1 ? 'works' : 'work'} where ${names.length === 1 ? 'it was' : 'they were'} made: ${how.replaceAll('{it}', it)}`;
}

/** How to be rid of them once the rotation has ended. */
export function howToEnd(base: string, source: string): string {
  if (source !== 'manual') return `knox rotate ${base} --rollback --confirm delete-old revokes {it}`;
  const page = providerForName(base)?.keysPage ?? null;
  return page === null ? 'revoke {it} there' : `revoke {it} at ${page}`;
}
