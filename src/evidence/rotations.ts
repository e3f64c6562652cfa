/** Every rotation of a vault as evidence, with the proof that the old value is dead and the audit entries that say so. */
import { describeRows } from '../rotation/describe-rotation.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import { readRows } from '../rotation/rotation.ts';
import type { StoredRow } from '../store/tables.ts';
import type { View } from '../vault/view.ts';
import { momentAsOf, nextAsOf, rotationAsOf } from './as-of.ts';
import type { TermRotation } from './terms.ts';
import type { Trail } from './trail.ts';
import type { Proof, ProofKind, RotationEvidence } from './types.ts';

/** A rotation as one of its lineages sees it; whether it was on time is that lineage's own. */
export interface LineageRotation {
  readonly term: TermRotation;
  readonly facts: Omit<RotationEvidence, 'dueAt' | 'onTime' | 'lateBy'>;
}

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
    const own = parts.get(row.id) ?? [];
    const facts = await factsOf(view, row, trail, to);
    lineagesOf.set(
      row.id,
      own.map(({ lineage }) => lineage),
    );
    for (const { lineage, from_secret: from, to_secret: made } of own) {
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
): Promise<LineageRotation['facts']> {
  const now = await readRows(view, row);
  const proven = trail.rotations.get(row.id);
  const isPast = proven !== undefined && trail.later.rotations.has(row.id);
  const rows = isPast ? rotationAsOf(now, proven, to) : now;
  const shown = await describeRows(view, rows);
  const { incident } = shown;
  const last = stepOf(shown, 'delete-old');
  const steps = Object.entries(proven?.steps ?? {}).map(([id, { seq }]) => [id, seq] as const);
  return {
    ...shown,
    next: isPast ? nextAsOf(shown) : shown.next,
    incident: incident === null ? null : { ...incident, revokedAt: momentAsOf(incident.revokedAt, to) },
    startedBy: row.started_by,
    endedAt: rows.row.ended_at,
    endReason: rows.row.end_reason,
    rotatedAt: last?.state === 'done' ? last.at : null,
    proof: proofOf(rows.environments, proven?.revoked ?? null),
    entries: {
      started: proven?.started ?? null,
      steps: Object.fromEntries(steps),
      revoked: proven?.revoked ?? null,
      ended: proven?.ended ?? null,
    },
  };
}

/**
 * By the records of the environments that got a new value; the weakest of them decides what kind of proof it is. One without a probe of its
 * own says what all the others found, which is not repeated.
 */
function proofOf(records: readonly StoredRow<'rotation_environment'>[], entry: number | null): Proof | null {
  const replaced = records.filter(({ is_kept: isKept }) => isKept === 0);
  const dead = replaced.filter(({ revoked_at: at }) => at !== null);
  if (dead.length === 0 || dead.length < replaced.length) return null;
  const kinds = new Set(dead.map(({ proof }) => kindOf(proof ?? '')));
  const own = dead.filter(({ proof }) => proof?.startsWith(REFUSED) === true);
  const texts = new Set([
    ...own.map(({ environment, proof }) => `${environment}: ${proof}`),
    ...dead.map(({ proof }) => proof ?? '').filter((proof) => kindOf(proof) !== 'refused' || own.length === 0),
  ]);
  return {
    kind: WEAKEST_FIRST.find((kind) => kinds.has(kind)) ?? 'unproven',
    text: [...texts].toSorted().join('; '),
    at: dead.reduce((last, { revoked_at: at }) => (at! > last ? at! : last), ''),
    entry,
  };
}

const REFUSED = 'refused by the probe of ';
const WEAKEST_FIRST: readonly ProofKind[] = ['unproven', 'vouched', 'source', 'refused'];

function kindOf(proof: string): ProofKind {
  if (proof.startsWith(REFUSED) || proof.startsWith('dead: ')) return 'refused';
  if (proof.startsWith('revoked at its source')) return 'source';
  return proof.startsWith('vouched for') ? 'vouched' : 'unproven';
}
