/**
 * Records as they stood at the end of the period. A record says how it is now; what became of it since is undone by what the log says: a
 * moment after the end has not come, a step that was done later is still to do. Where nothing happened since, a record is taken as it is.
 * What the log does not say is shown as it is now: the files that a rotation concerns, and who is notified of what.
 */
import type { Kind } from '../domain/kinds.ts';
import { UNDER_WAY } from '../domain/rotation-record.ts';
import type { RotationOptions, StepRecord } from '../domain/rotation-record.ts';
import { STEP_TEXTS } from '../domain/step-texts.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import type { StoredRotation } from '../rotation/read-rotation.ts';
import type { NameRecord, RotationPart } from '../vault/records/kinds.ts';
import { livesOf } from '../vault/secrets/lives.ts';
import type { RotationTrail, Standing, Trail } from './trail.ts';

/** Null where it has not come by then. */
export function momentAsOf(at: string | null, to: string): string | null {
  return at === null || at > to ? null : at;
}

/** A name for as long as some environment had it: one that was given twice is two. */
export interface Version {
  /** The name; of an earlier time of it, with its number. */
  readonly id: string;
  readonly name: string;
  readonly base: string;
  readonly version: number;
  readonly state: 'live' | 'withdrawn' | 'deleted';
  readonly kind: Kind;
  readonly every: number | null;
  readonly owner: string | null;
  readonly expiresAt: string | null;
  readonly createdAt: string;
  readonly withdrawnAt: string | null;
  readonly deletedAt: string | null;
}

/**
 * A name as it stood, oldest time first; those that were begun later are left out.
 * @param records what each realm says of it, the one that counts first
 */
export function versionsAsOf(records: readonly NameRecord[], { names }: Trail, to: string): Version[] {
  const [first] = records as [NameRecord];
  const { name, base, version } = first;
  const { kind, every, owner, expiresAt } = Object.assign(
    { ...first },
    ...(names.get(name)?.later ?? []),
  ) as NameRecord;
  const lives = livesOf(records);
  return lives.flatMap(({ createdAt, deletedAt: gone }, index): Version[] => {
    if (createdAt > to) return [];
    const isLast = index === lives.length - 1;
    const deletedAt = momentAsOf(gone, to);
    const withdrawnAt = isLast ? momentAsOf(withdrawnIn(records), to) : null;
    const state = deletedAt !== null ? 'deleted' : withdrawnAt !== null ? 'withdrawn' : 'live';
    const id = isLast ? name : `${name} ${index + 1}`;
    return [{ id, name, base, version, state, kind, every, owner, expiresAt, createdAt, withdrawnAt, deletedAt }];
  });
}

/** When the last realm withdrew it; null where one has it still. */
function withdrawnIn(records: readonly NameRecord[]): string | null {
  if (records.some(({ state }) => state === 'live')) return null;
  const times = records.flatMap(({ withdrawnAt }) => withdrawnAt ?? []);
  return times.toSorted().at(-1) ?? null;
}

const BEGUN: Standing = { state: 'active', needs: null, facts: null };

/** A rotation that was begun by then. @param trail what the log says of it up to the end */
export function rotationAsOf(stored: StoredRotation, trail: RotationTrail, to: string): StoredRotation {
  return { ...stored, closed: [], contradicting: [], parts: stored.parts.map((part) => partAsOf(part, trail, to)) };
}

function partAsOf(part: RotationPart, trail: RotationTrail, to: string): RotationPart {
  const { state, needs, facts } = trail.stands ?? BEGUN;
  const steps = part.steps.map(({ id }): StepRecord => {
    const done = trail.steps[id];
    if (done !== undefined) {
      const { at, by, seq: entry } = done;
      return { id, state: done.state, at, by, entry, facts: done.facts };
    }
    return { id, state: 'todo', at: null, by: null, entry: null, facts: needs?.step === id ? facts : null };
  });
  const { rollback: _rollback, ...options }: RotationOptions = part.options;
  const endedAt = momentAsOf(part.endedAt, to);
  return {
    ...part,
    state: state === 'rolling-back' ? 'active' : state,
    steps,
    // What it was for is not told any more: see `nextAsOf`.
    needs: needs === null ? null : { ...needs, why: { of: 'quarantine' } },
    waitUntil: needs?.until ?? null,
    endedAt,
    endReason: endedAt === null ? null : part.endReason,
    options: trail.rollback === null ? options : part.options,
    incident: trail.compromised === null ? null : part.incident,
    secrets: part.secrets.map((secret) => ({
      ...secret,
      revokedAt: momentAsOf(secret.revokedAt, to),
      proof: momentAsOf(secret.proof?.at ?? null, to) === null ? null : secret.proof,
    })),
    routes: part.routes.map((route) => ({ ...route, writtenAt: momentAsOf(route.writtenAt, to) })),
  };
}

/** What there was to do then: what to type is of no use any more. */
export function nextAsOf({ next, state, step }: Pick<RotationView, 'next' | 'state' | 'step'>): string {
  if (!UNDER_WAY.includes(state)) return next;
  if (state === 'rolling-back') return 'At the end of the period it was being rolled back.';
  return `At the end of the period it was at "${step === null ? 'the end' : STEP_TEXTS[step].title}".`;
}
