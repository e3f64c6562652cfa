/** New values of a rotation that was taken back or ended: nobody needs them, and they still let somebody in where they were made. */
import { providerForName } from '../domain/providers.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { RotationPart } from '../vault/records/kinds.ts';

/**
 * Environments (or `shared`), in the vault's order, whose new value is kept and was not revoked; what knox made up itself is known nowhere else.
 * @param parts those of one rotation
 */
export async function leftValues(view: View, parts: readonly RotationPart[]): Promise<string[]> {
  const found = new Set<string>();
  for (const { realm, source, options, secrets } of parts) {
    const { revokedNew = [] } = options;
    for (const { to, isKept } of source === 'generate' ? [] : secrets) {
      const record = await view.get('name', realm, to);
      const place = (record?.shared ?? null) === null ? realm : SHARED;
      const holder = place === realm ? record : await view.get('name', SHARED, to);
      if ((holder?.value ?? null) === null || (place === realm && isKept) || revokedNew.includes(place)) continue;
      found.add(place);
    }
  }
  return [...view.environmentNames(), SHARED].filter((name) => found.has(name));
}

/** @param names where they are, in the order in which they are named @param how what to do about them */
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
