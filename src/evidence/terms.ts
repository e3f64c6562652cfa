/**
 * When a secret had to be rotated and whether it was, from its versions, its rotations and the changes of its policy. A term begins when a
 * value is made, or when a rotation set the next date, and ends when a rotation has revoked and deleted the old value: until then the old
 * one opens the door, however early the rotation began.
 */
import { intervalOf } from '../domain/kinds.ts';
import { addSeconds } from '../domain/time.ts';
import type { Overdue } from './types.ts';

/** An interval in seconds that holds from a moment on; null for no schedule. */
export interface Policy {
  readonly at: string;
  readonly interval: number | null;
}

export interface TermVersion {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly deletedAt: string | null;
  /** Taken back, so that it does not count as live. */
  readonly withdrawnAt: string | null;
  /** Oldest first; the first holds from the beginning. */
  readonly policies: readonly Policy[];
}

export interface TermRotation {
  readonly id: string;
  /** The row that it leaves, and the one that it makes. */
  readonly from: string;
  readonly to: string;
  /** When the old value was revoked and deleted; null where it was not. */
  readonly rotatedAt: string | null;
  /** When the next date was set. */
  readonly scheduledAt: string | null;
}

export interface Term {
  readonly since: string;
  /** Null while it lasts. */
  readonly until: string | null;
  readonly version: TermVersion;
  /** The rotation that ended it. */
  readonly rotation: string | null;
}

/** Oldest first. */
export function termsOf(versions: readonly TermVersion[], rotations: readonly TermRotation[]): Term[] {
  const byId = new Map(versions.map((version) => [version.id, version]));
  const rotated = new Map(rotations.map((rotation) => [rotation.to, rotation]));
  const terms: Term[] = [];
  let open: Omit<Term, 'until' | 'rotation'> | null = null;
  const close = (until: string, rotation: string | null): void => {
    if (open !== null) terms.push({ ...open, until, rotation });
    open = null;
  };
  for (const { at, made, done, gone } of eventsOf(versions, rotations)) {
    if (done !== undefined) {
      close(at, done.id);
      const version = byId.get(done.to);
      if (version !== undefined) open = { since: done.scheduledAt ?? at, version };
    } else if (made !== undefined) {
      // A version that a rotation makes counts when the old one is gone.
      if (rotated.has(made.id) && open !== null) continue;
      if (open !== null && open.version.version > made.version) continue;
      close(at, null);
      open = { since: at, version: made };
    } else if (gone !== undefined && !versions.some((version) => isLiveAfter(version, at))) close(at, null);
  }
  return open === null ? terms : [...terms, { ...open, until: null, rotation: null }];
}

interface TermEvent {
  readonly at: string;
  readonly made?: TermVersion;
  readonly done?: TermRotation;
  readonly gone?: TermVersion;
}

function eventsOf(versions: readonly TermVersion[], rotations: readonly TermRotation[]): TermEvent[] {
  const events: TermEvent[] = [
    ...versions.map((made) => ({ at: made.createdAt, made })),
    ...rotations.flatMap((done) => (done.rotatedAt === null ? [] : [{ at: done.rotatedAt, done }])),
    ...versions.flatMap((gone) => (gone.deletedAt === null ? [] : [{ at: gone.deletedAt, gone }])),
  ];
  // At one moment a rotation ends the old term before its deletion could.
  const order = ({ made, done }: TermEvent): number => (made !== undefined ? 0 : done !== undefined ? 1 : 2);
  return events.toSorted((left, right) =>
    left.at === right.at ? order(left) - order(right) : left.at < right.at ? -1 : 1,
  );
}

function isLiveAfter({ createdAt, deletedAt, withdrawnAt }: TermVersion, at: string): boolean {
  const isOver = (end: string | null): boolean => end !== null && end <= at;
  return createdAt <= at && !isOver(deletedAt) && !isOver(withdrawnAt);
}

/** When the term's secret was due by the policy at its end; null where there was no schedule. */
export function dueOf({ since, until, version }: Term): string | null {
  const last = version.policies.findLast(({ at }, index) => index === 0 || until === null || at < until);
  return last === undefined || last.interval === null ? null : addSeconds(since, last.interval);
}

/** From when on the term was over its policy, as it was at each moment; null where it never was. @param to the end of the look */
export function overdueOf(term: Term, to: string): Overdue | null {
  const { since, until, version } = term;
  const end = until === null || until > to ? to : until;
  for (const [index, { at, interval }] of version.policies.entries()) {
    const next = version.policies[index + 1]?.at ?? end;
    if (interval === null) continue;
    const begins = index === 0 || at < since ? since : at;
    const due = addSeconds(since, interval);
    const late = due > begins ? due : begins;
    if (late < (next < end ? next : end)) return { since: late, until };
  }
  return null;
}

/** A version's policy over time, by what it is now and what `set` changed. @param changes newest first */
export function policiesOf(
  now: { readonly kind: string; readonly every: number | null },
  createdAt: string,
  changes: readonly { readonly at: string; readonly from: Readonly<Record<string, unknown>> }[],
): Policy[] {
  const policies: Policy[] = [];
  const state = { kind: now.kind, every: now.every };
  for (const { at, from } of changes) {
    if (!('kind' in from) && !('every' in from)) continue;
    policies.unshift({ at, interval: intervalOf(state) });
    Object.assign(state, from);
  }
  return [{ at: createdAt, interval: intervalOf(state) }, ...policies];
}
