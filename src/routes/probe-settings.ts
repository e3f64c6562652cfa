/** What a probe is set to: which status passes, which hosts may get which secret, and whether an address stays on this machine. */
import { errors } from '../errors.ts';
import type { Use } from '../vault/record-use.ts';
import type { View } from '../vault/view.ts';
import type { Registration } from './registrations.ts';

export interface Expect {
  readonly from: number;
  readonly to: number;
}

const DEFAULT_EXPECT: Expect = { from: 200, to: 399 };

/** `200`, or `200-299`. @throws usage */
export function parseExpect(text: string | null): Expect {
  if (text === null) return DEFAULT_EXPECT;
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match === null || from > to)
    throw errors.usage('--expect takes a status or a range of them', 'for example 200, or 200-299');
  return { from, to };
}

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
export function acceptedPairs({ hosts }: Registration): Set<string> {
  return new Set((JSON.parse(hosts) as [string, string][]).map(([base, host]) => `${base} ${host}`));
}

/** For each secret that would be sent: the base of its lineage, so that a new version needs no new yes, and the host. */
export async function pairsOf(view: View, uses: readonly Use[], host: string): Promise<[string, string][]> {
  const bases = new Set<string>();
  for (const { secret } of uses) {
    const row = await view.get('secret', secret);
    const lineage = row === null ? null : await view.get('lineage', row.lineage);
    bases.add(lineage?.base ?? row?.name ?? '');
  }
  return [...bases].map((base) => [base, host]);
}
