/** What a probe is set to: which hosts may get which secret, and whether an address stays on this machine. */
import type { Use } from '../vault/uses/record-use.ts';
import type { View } from '../vault/core/view.ts';
import type { RouteContent } from '../vault/records/route.ts';

/** Host with its port, as it stands in an address. Each placeholder counts as a word: none may decide the host. */
export function hostOf(url: string): string {
  const filled = url.replace(/\{\{[^}]*\}\}/g, 'x');
  return URL.canParse(filled) ? new URL(filled).host : '';
}

/** A token of RFC 9110. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
}

/** The pairs of base and host that were accepted, as `BASE HOST`. */
export function acceptedPairs({ hosts }: Pick<RouteContent, 'hosts'>): Set<string> {
  return new Set(hosts.map(([base, host]) => `${base} ${host}`));
}

/**
 * For each secret that would be sent: the base of its lineage, so that a new version needs no new yes, and the host. A name's base is what
 * the environment itself says.
 */
export async function pairsOf(
  view: View,
  uses: readonly Use[],
  environment: string,
  host: string,
): Promise<[string, string][]> {
  const bases = new Set<string>();
  for (const { name } of uses) bases.add((await view.get('name', environment, name))?.base ?? name);
  return [...bases].map((base) => [base, host]);
}
