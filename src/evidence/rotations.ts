/** Every rotation of a vault as evidence, with the proof that the old value is dead and the audit entries that say so. */
import { describeRows } from '../rotation/describe-rotation.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import { proofsOf, proofSentence, weakest } from '../rotation/proof.ts';
import { readRows } from '../rotation/rotation.ts';
import type { StoredRow } from '../store/tables.ts';
import type { View } from '../vault/view.ts';
import { momentAsOf, nextAsOf, rotationAsOf } from './as-of.ts';
import type { TermRotation } from './terms.ts';
import type { Trail } from './trail.ts';
import type { Proof, RotationEvidence } from './types.ts';

/** A rotation as one of its lineages sees it; whether it was on time is that lineage's own. */
export interface LineageRotation {
  readonly term: TermRotation;
  readonly facts: Facts;
}

type Facts = Omit<RotationEvidence, 'dueAt' | 'onTime' | 'lateBy'>;

export interface Rotations {
  /** Oldest first. */
  readonly ofLineage: ReadonlyMap<string, readonly LineageRotation[]>;
  /** Ids of lineages, by rotation. */
  readonly lineagesOf: ReadonlyMap<string, readonly string[]>;
}

/** Those that were begun by the end of the period, as they stood then. */
export async function readRotations(view: View, trail: Trail, to: string): Promise<Rotations> {
  const ofLineage = new Map<string, LineageRotation[]>();
  const lineagesOf = new Map<string, string[]>();
  const rows = (await view.find('rotation')).toSorted((left, right) => (left.started_at < right.started_at ? -1 : 1));
  const parts = Map.groupBy(await view.find('rotation_secret'), ({ rotation }) => rotation);
  for (const row of rows.filter(({ started_at: at }) => at <= to)) {
    const secrets = parts.get(row.id) ?? [];
    const { facts: all, records } = await factsOf(view, row, trail, to);
    lineagesOf.set(
      row.id,
      secrets.map(({ lineage }) => lineage),
    );
    for (const { lineage, from_secret: from, to_secret: made } of secrets) {
      const own = records.filter((record) => record.lineage === lineage);
      const facts = { ...all, proof: proofOf(view, own, all.entries.revoked) };
      const scheduled = stepOf(facts, 'schedule-next');
      const term = {
        id: row.id,
        from,
        to: made,
        rotatedAt: facts.rotatedAt,
        scheduledAt: scheduled?.state === 'done' ? scheduled.at : null,
      };
      ofLineage.set(lineage, [...(ofLineage.get(lineage) ?? []), { term, facts }]);
    }
  }
  return { ofLineage, lineagesOf };
}

function stepOf({ steps }: Pick<RotationView, 'steps'>, id: string): RotationView['steps'][number] | undefined {
  return steps.find((step) => step.id === id);
}

async function factsOf(
  view: View,
  row: StoredRow<'rotation'>,
  trail: Trail,
  to: string,
): Promise<{ facts: Omit<Facts, 'proof'>; records: readonly StoredRow<'rotation_environment'>[] }> {
  const now = await readRows(view, row);
  const proven = trail.rotations.get(row.id);
  const isPast = proven !== undefined && trail.later.rotations.has(row.id);
  const rows = isPast ? rotationAsOf(now, proven, to) : now;
  const shown = await describeRows(view, rows);
  const { incident } = shown;
  const last = stepOf(shown, 'delete-old');
  const steps = Object.entries(proven?.steps ?? {}).map(([id, { seq }]) => [id, seq] as const);
  const facts = {
    ...shown,
    next: isPast ? nextAsOf(shown) : shown.next,
    incident: incident === null ? null : { ...incident, revokedAt: momentAsOf(incident.revokedAt, to) },
    startedBy: row.started_by,
    endedAt: rows.row.ended_at,
    endReason: rows.row.end_reason,
    rotatedAt: last?.state === 'done' ? last.at : null,
    entries: {
      started: proven?.started ?? null,
      steps: Object.fromEntries(steps),
      revoked: proven?.revoked ?? null,
      ended: proven?.ended ?? null,
    },
  };
  return { facts, records: rows.environments };
}

/** By the records of the environments that got a new value; the weakest says what it is worth. */
function proofOf(
  view: View,
  records: readonly StoredRow<'rotation_environment'>[],
  entry: number | null,
): Proof | null {
  const environments = proofsOf(records, view.environmentNames());
  if (environments === null) return null;
  const at = environments.reduce((last, proof) => (proof.at > last ? proof.at : last), '');
  return { kind: weakest(environments), text: proofSentence(environments), at, entry, environments };
}
