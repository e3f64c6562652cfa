/** What holds in a new environment from the start: shared names that all others took up, and what was set in all of them alike. */
import { DEFAULT_KIND } from '../../domain/kinds.ts';
import { highestVersion } from '../../domain/secret-name.ts';
import type { Change } from '../core/change.ts';
import { SHARED } from '../documents/manifest.ts';
import type { Content, LineageRecord, NameRecord, Placed, Stored } from '../records/kinds.ts';
import { vouchFor, voucherOf } from '../gate/vouch.ts';
import type { VouchedRecord } from '../gate/vouch.ts';

/** @param others the environments that were there before */
export async function carryOver(change: Change, name: string, others: readonly string[]): Promise<void> {
  await takeUpShared(change, name, others);
  await setAlike(change, name, others);
}

/**
 * Each other environment took up the very value that is shared now: so does the new one. Of what they say of it, what all of them say holds
 * here too; where they differ nobody's word counts, for one of them may be somebody's who has no key of the others.
 */
async function takeUpShared(change: Change, name: string, others: readonly string[]): Promise<void> {
  const taken = new Map<string, Content<'name'>[]>();
  for (const shared of await change.all('name', SHARED)) {
    const value = shared.state === 'live' || shared.state === 'withdrawn' ? await change.valueOf(shared) : null;
    if (value === null) continue;
    const hash = await change.boxHash(value);
    const records = await change.getAcross('name', shared.name, others);
    const isEverywhere = records.length === others.length && records.every((record) => record.shared === hash);
    if (!isEverywhere || !isAlike(records, ({ base, version, state }) => [base, version, state])) continue;
    const { base } = records[0]!;
    taken.set(base, [...(taken.get(base) ?? []), nameOfAll(records)]);
  }
  for (const [base, names] of taken) {
    for (const one of names) await change.put('name', name, one);
    await change.put(
      'lineage',
      name,
      lineageOfAll(change, base, names, await change.getAcross('lineage', base, others)),
    );
  }
}

function nameOfAll(records: readonly NameRecord[]): Content<'name'> {
  const { name, base, version, state, shared, createdBy, withdrawnAt } = records[0]!;
  const exposed = new Map(records.flatMap((record) => record.exposed.map((one) => [one.slot, one] as const)));
  return {
    name,
    base,
    version,
    state,
    value: null,
    shared,
    kind: alike(records, ({ kind }) => kind) ?? DEFAULT_KIND,
    every: alike(records, ({ every }) => every),
    expiresAt: earliest(records.map(({ expiresAt }) => expiresAt)),
    note: alike(records, ({ note }) => note),
    owner: alike(records, ({ owner }) => owner),
    expectUnused: alike(records, ({ expectUnused }) => expectUnused) ?? false,
    exposed: [...exposed.values()],
    createdAt: earliest(records.map(({ createdAt }) => createdAt))!,
    createdBy,
    withdrawnAt,
    deletedAt: null,
    earlier: [],
  };
}

function lineageOfAll(
  change: Change,
  base: string,
  taken: readonly Content<'name'>[],
  records: readonly LineageRecord[],
): Content<'lineage'> {
  const names = taken.toSorted((one, other) => one.version - other.version).map(({ name }) => name);
  const known = (meant: string | null): string | null => (meant !== null && names.includes(meant) ? meant : null);
  return {
    base,
    names,
    highest: highestVersion(
      Math.max(...taken.map(({ version }) => version)),
      records.map(({ highest }) => highest),
    ),
    current: known(alike(records, ({ current }) => current)),
    previous: known(alike(records, ({ previous }) => previous)),
    movedAt: alike(records, ({ movedAt }) => movedAt),
    dueAt: earliest(records.map(({ dueAt }) => dueAt)),
    rotation: null,
    createdAt: earliest(records.map(({ createdAt }) => createdAt)) ?? change.at,
  };
}

/** What all of them say; null where they differ. */
function alike<R, T>(records: readonly R[], said: (record: R) => T): T | null {
  return isAlike(records, said) && records.length > 0 ? said(records[0]!) : null;
}

function earliest(times: readonly (string | null)[]): string | null {
  return times.filter((time) => time !== null).toSorted()[0] ?? null;
}

/** Sources and receivers that every other environment has, with the same settings. */
async function setAlike(change: Change, name: string, others: readonly string[]): Promise<void> {
  const [first = ''] = others;
  for (const source of await change.all('source', first)) {
    const all = await change.getAcross('source', source.base, others);
    const isTaken =
      all.length === others.length && isAlike(all, ({ kind, options, overlap }) => [kind, options, overlap]);
    if (isTaken) await change.put('source', name, vouchedContent(change, 'source', name, all));
  }
  for (const receiver of await change.all('receiver', first)) {
    const all = await change.getAcross('receiver', receiver.id, others);
    const isTaken = all.length === others.length && isAlike(all, ({ kind, events, target }) => [kind, events, target]);
    if (isTaken) await change.put('receiver', name, vouchedContent(change, 'receiver', name, all));
  }
}

function isAlike<R>(records: readonly R[], said: (record: R) => unknown): boolean {
  return new Set(records.map((record) => JSON.stringify(said(record)))).size === 1;
}

/** Who registered it for the others did not do so for this one: unless each of them administers, it asks here before it runs. */
function vouchedContent<K extends 'source' | 'receiver'>(
  change: Change,
  kind: K,
  realm: string,
  records: readonly (Stored<K> & Placed<K> & VouchedRecord)[],
): Content<K> {
  const { vouched: _vouched, ...first } = content(records[0]!);
  const fresh = { ...first, createdAt: change.at } as unknown as Omit<Content<K>, 'vouched'>;
  const isTrusted = records.every((record) => voucherOf(change.manifest, record)?.admin === true);
  return isTrusted ? vouchFor(change, kind, realm, fresh) : ({ ...fresh, vouched: null } as unknown as Content<K>);
}

function content<R extends { readonly kindOf: unknown; readonly realm: string; readonly entry: number }>(
  record: R,
): Omit<R, 'kindOf' | 'realm' | 'entry'> {
  const { kindOf: _kind, realm: _realm, entry: _entry, ...rest } = record;
  return rest;
}
