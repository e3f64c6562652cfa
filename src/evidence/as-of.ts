/**
 * Rows as they stood at the end of the period. A row says how it is now; what became of it since is undone by what the log says: a moment
 * after the end has not come, a step that was done later is still to do. Where nothing happened since, a row is taken as it is. What the
 * log does not tell is told as it is now: the files that a rotation concerns, and who is told of what.
 */
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import { readProof } from '../rotation/proof.ts';
import type { RotationRows } from '../rotation/rotation.ts';
import { UNDER_WAY } from '../rotation/types.ts';
import type { Needs, RotationOptions, StepRecord } from '../rotation/types.ts';
import type { StoredRow } from '../store/tables.ts';
import type { Later, RotationTrail, Standing } from './trail.ts';

/** Null where it has not come by then. */
export function momentAsOf(at: string | null, to: string): string | null {
  return at === null || at > to ? null : at;
}

/** Null where it was made later. */
export function secretAsOf(row: StoredRow<'secret'>, later: Later, to: string): StoredRow<'secret'> | null {
  if (row.created_at > to) return null;
  const deleted = momentAsOf(row.deleted_at, to);
  const withdrawn = momentAsOf(row.withdrawn_at, to);
  const state = deleted !== null ? 'deleted' : withdrawn !== null ? 'withdrawn' : 'live';
  return Object.assign(
    { ...row, state, deleted_at: deleted, withdrawn_at: withdrawn },
    ...(later.sets.get(row.id) ?? []),
  );
}

const BEGUN: Standing = { state: 'active', needs: null, text: null };

/** Rows of a rotation that was begun by then. @param trail what the log says of it up to the end */
export function rotationAsOf(rows: RotationRows, trail: RotationTrail, to: string): RotationRows {
  const { row } = rows;
  const { state, needs: wanted, text } = trail.stands ?? BEGUN;
  const steps = (JSON.parse(row.steps) as StepRecord[]).map(({ id }): StepRecord => {
    const done = trail.steps[id];
    if (done !== undefined) return { id, state: done.state, at: done.at, by: done.by, detail: done.text };
    return { id, state: 'todo', at: null, by: null, detail: wanted?.step === id ? text : null };
  });
  const needs: Needs | null = wanted;
  const { rollback: _rollback, ...options } = JSON.parse(row.options) as RotationOptions;
  return {
    ...rows,
    row: {
      ...row,
      state,
      steps: JSON.stringify(steps),
      needs: needs === null ? null : JSON.stringify(needs),
      wait_until: needs?.until ?? null,
      ended_at: momentAsOf(row.ended_at, to),
      end_reason: momentAsOf(row.ended_at, to) === null ? null : row.end_reason,
      options: trail.rollback === null ? JSON.stringify(options) : row.options,
      incident: trail.compromised === null ? null : row.incident,
    },
    environments: rows.environments.map((record) => ({
      ...record,
      revoked_at: momentAsOf(record.revoked_at, to),
      proof: momentAsOf(readProof(record.proof, record.revoked_at)?.at ?? null, to) === null ? null : record.proof,
    })),
    routes: rows.routes.map((route) => ({ ...route, written_at: momentAsOf(route.written_at, to) })),
  };
}

/** What there was to do then: what to type is of no use any more. */
export function nextAsOf({ next, state, step }: Pick<RotationView, 'next' | 'state' | 'step'>): string {
  if (!UNDER_WAY.includes(state)) return next;
  if (state === 'rolling-back') return 'At the end of the period it was being rolled back.';
  return `At the end of the period it was at "${step === null ? 'the end' : STEP_TEXTS[step].title}".`;
}
