/** What findings are made of, without a vault: a view of made-up records, secrets as `list` has them, names, values and refusals. */
import type { View } from '../../src/vault/core/view.ts';
import type { ListedSecret } from '../../src/vault/secrets/describe-secret.ts';
import type { KindName, NameRecord, RefusalRecord, Stored, ValueRecord } from '../../src/vault/records/kinds.ts';

export const NOW = new Date('2026-03-01T12:00:00.000Z');
/** ISO time; `daysFrom(-1)` was yesterday. */
export const daysFrom = (days: number): string => new Date(NOW.getTime() + days * 86_400_000).toISOString();

type Entries = readonly { action: string; at: string; detail: Record<string, unknown> | null; realms: object }[];

/**
 * A view that has nothing but these records, of a vault whose production is `production`.
 * @param entries of the log, the newest first
 * @param readable realms whose key is at hand
 */
export function viewOf(
  records: { readonly [K in KindName]?: readonly Stored<K>[] },
  { entries = [], readable }: { readonly entries?: Entries; readonly readable?: readonly string[] } = {},
): View {
  const view = {
    now: NOW,
    ring: readable === undefined ? null : {},
    canRead: (realm: string) => readable === undefined || readable.includes(realm),
    isProduction: (realm: string) => realm === 'production',
    environmentNames: () => ['development', 'staging', 'production'],
    across: async (kind: KindName) => records[kind] ?? [],
    async *realmEntriesDown() {
      yield* entries;
    },
  };
  return view as unknown as View;
}

export function listed(name: string, patch: Partial<ListedSecret> = {}): ListedSecret {
  const [, base = name, version = '1'] = /^(.*?)(?:_v(\d+))?$/.exec(name) ?? [];
  return {
    name,
    base,
    version: Number(version),
    state: 'live',
    scope: 'environments',
    kind: 'standard',
    environments: ['production'],
    note: null,
    owner: null,
    every: null,
    expiresAt: null,
    createdAt: daysFrom(-1),
    lastUsedAt: null,
    routes: 0,
    dueAt: null,
    rotation: null,
    ...patch,
  };
}

export function named(name: string, patch: Partial<NameRecord> = {}): NameRecord {
  const { base, version } = listed(name);
  return {
    kindOf: 'name',
    realm: 'production',
    entry: 7,
    name,
    base,
    version,
    state: 'live',
    value: `value of ${name}`,
    shared: null,
    kind: 'standard',
    every: null,
    expiresAt: null,
    note: null,
    owner: null,
    expectUnused: false,
    exposed: [],
    createdAt: daysFrom(-1),
    createdBy: 'tester@test',
    withdrawnAt: null,
    deletedAt: null,
    earlier: [],
    ...patch,
  };
}

/** The value that `named` says it has. */
export function valued(name: string, facts: Partial<ValueRecord['facts']> = {}, realm = 'production'): ValueRecord {
  return {
    kindOf: 'value',
    realm,
    entry: 7,
    id: `value of ${name}`,
    name,
    key: 'k1',
    facts: { sameAs: [], wrongEnvironment: false, ...facts },
    createdAt: daysFrom(-2),
    createdBy: 'tester@test',
  };
}

export function refused(name: string, patch: Partial<RefusalRecord> = {}): RefusalRecord {
  const at = daysFrom(-0.5);
  return {
    kindOf: 'refusal',
    realm: 'production',
    entry: 7,
    id: `${name} ${at}`,
    name,
    at,
    count: 1,
    source: 'api',
    ...patch,
  };
}
