/** Collects the facts of a report from a vault's records and its log, as they were at the end of its period: pure over a view. Needs no key. */
import { latestOf, secondsBetween } from '../domain/time.ts';
import { decidingOrder } from '../rotation/find-rotation.ts';
import type { View } from '../vault/core/view.ts';
import type { IncidentRecord } from '../vault/records/kinds.ts';
import { listSecrets } from '../vault/secrets/describe-secret.ts';
import { momentAsOf, versionsAsOf } from './as-of.ts';
import type { Version } from './as-of.ts';
import { readDeciding } from './deciding.ts';
import type { Deciding } from './deciding.ts';
import { readRotations } from './rotations.ts';
import type { Rotations } from './rotations.ts';
import { secretEvidence } from './secret.ts';
import { readTrail } from './trail.ts';
import type { FoundException, Trail } from './trail.ts';
import type { Evidence, Exception, Incident, Period, SecretEvidence, SigningKey } from './types.ts';

/**
 * @param place how the vault is named in the report
 * @throws usage where the period is empty, audit_broken
 */
export async function collectEvidence(view: View, period: Period, place: string): Promise<Evidence> {
  const { to } = period;
  const deciding = await readDeciding(view);
  const trail = await readTrail(view, to, deciding);
  const versions = readVersions(deciding, trail, to);
  const rotations = await readRotations(view, trail, to, versions);
  const dueNow = new Map((await listSecrets(view)).map(({ name, dueAt }) => [name, dueAt]));
  const changed = await changedSince(view, trail);
  const exceptions = attribute(trail, versions, rotations);
  const incidents = await incidentsOf(view, trail, rotations, to);
  const secrets: SecretEvidence[] = [];
  for (const [base, own] of versions) {
    if (!own.some(({ deletedAt }) => deletedAt === null || deletedAt >= period.from)) continue;
    secrets.push(
      secretEvidence({
        base,
        versions: own,
        dueNow: changed.has(base) ? null : dueNow,
        trail,
        period,
        rotations: rotations.ofLineage.get(base) ?? [],
        exceptions: (exceptions.get(base) ?? []).filter(({ at }) => isIn(at, period)),
        incidents: (incidents.get(base) ?? []).filter(
          ({ revokedAt }) => revokedAt === null || revokedAt >= period.from,
        ),
      }),
    );
  }
  const others = (exceptions.get(null) ?? []).filter(({ at }) => isIn(at, period));
  return {
    vault: place,
    identity: view.manifest.identity,
    ...period,
    head: view.head.hash,
    entries: view.head.seq,
    verified: view.realmNames().every((realm) => view.canRead(realm)),
    at: view.now.toISOString(),
    secrets: secrets.toSorted((left, right) => (left.base < right.base ? -1 : 1)),
    exceptions: others,
    keys: keysOf(trail, [secrets, others]),
  };
}

/** By base. */
function readVersions({ names }: Deciding, trail: Trail, to: string): Map<string, Version[]> {
  const versions = [...names.values()].flatMap((records) => versionsAsOf(records, trail, to));
  return Map.groupBy(versions, ({ base }) => base);
}

/** Bases of which something was put after the period. */
async function changedSince(view: View, { last }: Trail): Promise<Set<string>> {
  const found = new Set<string>();
  for (const kind of ['lineage', 'name'] as const)
    for (const { base, entry } of await view.across(kind)) if (entry > last) found.add(base);
  return found;
}

/** Whose signature covers the entries that the report names. */
function keysOf({ writers }: Trail, facts: unknown): SigningKey[] {
  const cited = [...new Set(citedIn(facts, false))].toSorted((left, right) => left - right);
  const known = cited.flatMap((seq) => {
    const writer = writers.get(seq);
    return writer === undefined ? [] : [{ ...writer, seq }];
  });
  return [...Map.groupBy(known, ({ id }) => id).values()].map((own) => {
    const { id, label } = own[0]!;
    return { id, label, entries: own.map(({ seq }) => seq) };
  });
}

/** Numbers that stand under `entry` or anywhere under `entries`. */
function citedIn(value: unknown, isCited: boolean): number[] {
  if (typeof value === 'number') return isCited ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => citedIn(one, isCited || key === 'entry' || key === 'entries'));
}

function isIn(at: string, { from, to }: Period): boolean {
  return at >= from && at <= to;
}

/** By base; null for those of the vault as a whole. */
function attribute(
  { exceptions }: Trail,
  versions: ReadonlyMap<string, readonly Version[]>,
  { lineagesOf }: Rotations,
): Map<string | null, Exception[]> {
  const byName = new Map<string, string>();
  for (const [base, own] of versions) for (const { name } of own) byName.set(name, base);
  const found = new Map<string | null, Exception[]>();
  for (const { names, ...exception } of exceptions) {
    for (const lineage of lineagesFor({ names, ...exception })) {
      const own = found.get(lineage) ?? [];
      own.push(exception);
      found.set(lineage, own);
    }
  }
  return found;

  function lineagesFor({ rotation, names }: FoundException): Set<string | null> {
    const own = rotation === null ? undefined : lineagesOf.get(rotation);
    if (own !== undefined) return new Set(own);
    const named = names.flatMap((name) => byName.get(name) ?? []);
    return new Set(named.length === 0 ? [null] : named);
  }
}

/** By base: a rotation of several secrets is an incident of each. One leak has a record in each environment that it concerns, production's first. */
async function incidentsOf(
  view: View,
  trail: Trail,
  { lineagesOf }: Rotations,
  to: string,
): Promise<Map<string, Incident[]>> {
  const found = new Map<string, Incident[]>();
  const order = decidingOrder(view);
  const all = (await view.across('incident')).toSorted(
    (left, right) => order.indexOf(left.realm) - order.indexOf(right.realm),
  );
  const leaks = [...Map.groupBy(all, ({ id }) => id).values()]
    .map((records) => leakOf(records, to))
    .toSorted((left, right) => (left.startedAt < right.startedAt ? -1 : 1));
  for (const { base, ...leak } of leaks.filter(({ startedAt }) => startedAt <= to)) {
    const { rotation, startedAt, revokedAt } = leak;
    const proven = rotation === null ? undefined : trail.rotations.get(rotation);
    const incident = {
      ...leak,
      seconds: revokedAt === null ? null : secondsBetween(startedAt, revokedAt),
      entries: {
        reported: proven?.compromised ?? null,
        revoked: revokedAt === null ? null : (proven?.revoked ?? null),
      },
    };
    const bases = (rotation === null ? undefined : lineagesOf.get(rotation)) ?? [base];
    for (const one of bases) found.set(one, [...(found.get(one) ?? []), incident]);
  }
  return found;
}

function leakOf(records: readonly IncidentRecord[], to: string) {
  const { base, rotation, reason, startedAt, startedBy } = records[0]!;
  const last = latestOf(records.map(({ revokedAt }) => revokedAt));
  return { base, rotation, reason, startedAt, startedBy, revokedAt: momentAsOf(last, to) };
}
