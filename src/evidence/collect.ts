/** Collects the facts of a report from a vault's rows and its log, as they were at the end of its period: pure over a view. Needs no key. */
import { secondsBetween } from '../domain/time.ts';
import type { StoredRow } from '../store/tables.ts';
import type { View } from '../vault/view.ts';
import { momentAsOf, secretAsOf } from './as-of.ts';
import { readRotations } from './rotations.ts';
import type { Rotations } from './rotations.ts';
import { secretEvidence } from './secret.ts';
import { readTrail } from './trail.ts';
import type { FoundException, Trail } from './trail.ts';
import type { Evidence, Exception, Incident, Period, SecretEvidence } from './types.ts';

/**
 * @param place how the vault is named in the report
 * @throws usage where the period is empty, audit_broken
 */
export async function collectEvidence(view: View, period: Period, place: string): Promise<Evidence> {
  const { to } = period;
  const trail = await readTrail(view, to);
  const rotations = await readRotations(view, trail, to);
  const versions = Map.groupBy(
    (await view.find('secret'))
      .filter(({ state }) => state !== 'pending')
      .flatMap((row) => secretAsOf(row, trail.later, to) ?? []),
    ({ lineage }) => lineage,
  );
  const lineages = new Map((await view.find('lineage')).map((lineage) => [lineage.id, lineage]));
  const exceptions = attribute(trail, versions, rotations);
  const incidents = await incidentsOf(view, trail, rotations, to);
  const secrets: SecretEvidence[] = [];
  for (const [id, rows] of versions) {
    const lineage = lineages.get(id);
    const isSeen = rows.some(({ deleted_at: gone }) => gone === null || gone >= period.from);
    if (lineage === undefined || !isSeen) continue;
    const own = {
      rotations: rotations.ofLineage.get(id) ?? [],
      exceptions: (exceptions.get(id) ?? []).filter(({ at }) => isIn(at, period)),
      incidents: (incidents.get(id) ?? []).filter(({ revokedAt }) => revokedAt === null || revokedAt >= period.from),
    };
    secrets.push(secretEvidence({ lineage, rows, trail, period, ...own }));
  }
  return {
    vault: place,
    identity: view.manifest.identity,
    ...period,
    head: view.head.hash,
    entries: view.head.seq,
    verified: view.isVerified,
    at: view.now.toISOString(),
    secrets: secrets.toSorted((left, right) => (left.base < right.base ? -1 : 1)),
    exceptions: (exceptions.get(null) ?? []).filter(({ at }) => isIn(at, period)),
  };
}

function isIn(at: string, { from, to }: Period): boolean {
  return at >= from && at <= to;
}

/** By lineage; null for those of the vault as a whole. */
function attribute(
  { exceptions }: Trail,
  versions: ReadonlyMap<string, readonly StoredRow<'secret'>[]>,
  { lineagesOf }: Rotations,
): Map<string | null, Exception[]> {
  const byName = new Map<string, string>();
  for (const [lineage, rows] of versions) for (const { name } of rows) byName.set(name, lineage);
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

/** By lineage: a rotation of several secrets is an incident of each. */
async function incidentsOf(
  view: View,
  trail: Trail,
  { lineagesOf }: Rotations,
  to: string,
): Promise<Map<string, Incident[]>> {
  const found = new Map<string, Incident[]>();
  const rows = (await view.find('incident')).toSorted((left, right) => (left.started_at < right.started_at ? -1 : 1));
  for (const row of rows.filter(({ started_at: at }) => at <= to)) {
    const { rotation, reason, started_at: startedAt, started_by: startedBy } = row;
    const revokedAt = momentAsOf(row.revoked_at, to);
    const proven = rotation === null ? undefined : trail.rotations.get(rotation);
    const incident = {
      rotation,
      reason,
      startedAt,
      startedBy,
      revokedAt,
      seconds: revokedAt === null ? null : secondsBetween(startedAt, revokedAt),
      entries: {
        reported: proven?.compromised ?? null,
        revoked: revokedAt === null ? null : (proven?.revoked ?? null),
      },
    };
    const lineages = (rotation === null ? undefined : lineagesOf.get(rotation)) ?? [row.lineage];
    for (const lineage of lineages) found.set(lineage, [...(found.get(lineage) ?? []), incident]);
  }
  return found;
}
