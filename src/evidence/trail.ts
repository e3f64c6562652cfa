/**
 * What the audit log proves, found in one walk from its head down to the first entry. The walk itself proves each entry by the one above
 * it, so that a number which is given as proof is that of an entry which nobody changed.
 */
import type { StepId } from '../domain/step-texts.ts';
import type { Needs, RotationState, StepState } from '../rotation/types.ts';
import { ACCEPT_CLOCK } from '../vault/ahead.ts';
import type { AuditEntry } from '../vault/audit-entry.ts';
import type { View } from '../vault/view.ts';
import type { Exception } from './types.ts';

/** A step, by the entry that marked it. */
export interface StepEntry {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
  readonly state: Exclude<StepState, 'todo'>;
  readonly text: string | null;
}

/** How far a rotation was, by the newest entries of it. */
export interface Standing {
  readonly state: RotationState;
  readonly needs: Needs | null;
  /** What was said of the step that it was at. */
  readonly text: string | null;
}

export interface RotationTrail {
  started: number | null;
  compromised: number | null;
  rollback: number | null;
  revoked: number | null;
  ended: number | null;
  readonly steps: Partial<Record<StepId, StepEntry>>;
  /** Null where no entry says so: it was only begun. */
  stands: Standing | null;
}

export interface VersionTrail {
  made: number | null;
  withdrawn: number | null;
  gone: number | null;
  /** What `set` did to it, newest first. */
  readonly changes: SetEntry[];
}

export interface SetEntry {
  readonly at: string;
  readonly by: string;
  readonly seq: number;
  readonly from: Readonly<Record<string, unknown>>;
  readonly to: Readonly<Record<string, unknown>>;
}

/** An exception, and the names of secrets that its entry tells of. */
export type FoundException = Exception & { readonly names: readonly string[] };

/** What happened after the period, so far as it changed rows. */
export interface Later {
  /** Ids of rotations that went on. */
  readonly rotations: ReadonlySet<string>;
  /** Ids of lineages of which something is new. */
  readonly lineages: ReadonlySet<string>;
  /** By the id of a secret's row: what `set` took away, newest first. */
  readonly sets: ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>;
}

export interface Trail {
  readonly rotations: ReadonlyMap<string, RotationTrail>;
  /** By the id of a secret's row, since a name may be given twice. */
  readonly versions: ReadonlyMap<string, VersionTrail>;
  /** Oldest first. */
  readonly exceptions: readonly FoundException[];
  readonly later: Later;
}

interface Detail {
  readonly rotation?: string;
  readonly step?: StepId;
  readonly state?: string;
  readonly text?: string | null;
  /** Of a rotation that waits: for what, and until when. */
  readonly needs?: Needs['kind'];
  readonly until?: string;
  readonly environments?: readonly string[];
  readonly reason?: string | null;
  readonly forced?: readonly string[];
  readonly from?: Readonly<Record<string, unknown>>;
  readonly to?: Readonly<Record<string, unknown>>;
  readonly uses?: readonly { readonly secret: string }[];
  readonly deleted?: readonly string[];
}

/** @param to the end of the period: of what came after it only `later` tells @throws audit_broken */
export async function readTrail(view: View, to: string): Promise<Trail> {
  const later = { rotations: new Set<string>(), lineages: new Set<string>(), sets: new Map() };
  const rotations = new Map<string, RotationTrail>();
  const versions = new Map<string, VersionTrail>();
  const exceptions: FoundException[] = [];
  for await (const entry of view.entriesDown()) {
    const detail = (entry.detail ?? {}) as Detail;
    if (entry.at > to) {
      noteLater(later, entry, detail);
      continue;
    }
    if (detail.rotation !== undefined) noteRotation(rotationIn(rotations, detail.rotation), entry, detail);
    noteVersions(versions, entry, detail);
    const exception = exceptionOf(entry, detail);
    if (exception !== null) exceptions.push(exception);
  }
  return { rotations, versions, exceptions: merged(exceptions.toReversed()), later };
}

function rotationIn(rotations: Map<string, RotationTrail>, id: string): RotationTrail {
  const known = rotations.get(id);
  if (known !== undefined) return known;
  const trail = {
    started: null,
    compromised: null,
    rollback: null,
    revoked: null,
    ended: null,
    steps: {},
    stands: null,
  };
  rotations.set(id, trail);
  return trail;
}

/** Entries come newest first: of a report the oldest counts, of everything else the newest. */
function noteRotation(trail: RotationTrail, entry: AuditEntry, detail: Detail): void {
  const { action, seq, at, actor: by } = entry;
  const { step, state, text = null } = detail;
  if (action === 'rotation-start') trail.started = seq;
  else if (action === 'rotation-compromised') trail.compromised = seq;
  else if (action === 'rotation-rollback') trail.rollback = seq;
  else if (action === 'rotation-revoked') trail.revoked ??= seq;
  else if (ENDS.includes(action)) trail.ended ??= seq;
  else if (action === 'rotation-step' && step !== undefined && state !== undefined)
    trail.steps[step] ??= { seq, at, by, state: state === 'skipped' ? 'skipped' : 'done', text };
  trail.stands ??= standingOf(action, detail, trail.compromised !== null);
}

/** What an entry makes of the rotation; null where it makes nothing of it. @param isReported a report, after which it waited for nothing any more */
function standingOf(action: string, detail: Detail, isReported: boolean): Standing | null {
  const state = STATES[action];
  if (state === undefined) return null;
  const { step, needs: kind, until = null, environments = [], text = null } = detail;
  if (step === undefined || kind === undefined) return { state, needs: null, text: null };
  return { state, needs: isReported ? null : { kind, step, until, environments }, text };
}

const STATES: Readonly<Record<string, RotationState>> = {
  'rotation-start': 'active',
  'rotation-step': 'active',
  'rotation-rollback': 'active',
  'rotation-waits': 'waiting',
  'rotation-failed': 'failed',
  'rotation-done': 'done',
  'rotation-rolled-back': 'rolled-back',
  'rotation-aborted': 'aborted',
};

function noteLater(
  later: { rotations: Set<string>; lineages: Set<string>; sets: Map<string, Readonly<Record<string, unknown>>[]> },
  { action, rows }: AuditEntry,
  { rotation, from }: Detail,
): void {
  if (rotation !== undefined) later.rotations.add(rotation);
  for (const id of rows['lineage'] ?? []) later.lineages.add(id);
  if (action !== 'set' || from === undefined) return;
  for (const id of rows['secret'] ?? []) later.sets.set(id, [...(later.sets.get(id) ?? []), from]);
}

const ENDS: readonly string[] = ['rotation-done', 'rotation-rolled-back', 'rotation-aborted'];

function noteVersions(versions: Map<string, VersionTrail>, entry: AuditEntry, { from, to }: Detail): void {
  const { seq, at, actor: by, action } = entry;
  const isMade = entry.made.some((thing) => thing.startsWith('secret:'));
  const isGone = entry.gone.some((thing) => thing.startsWith('secret:'));
  const isSet = action === 'set' && from !== undefined && to !== undefined;
  const isWithdrawn = action === 'rotation-rolled-back' || action === 'rotation-aborted';
  if (!isMade && !isGone && !isSet && !isWithdrawn) return;
  for (const id of entry.rows['secret'] ?? []) {
    if (id.startsWith('-')) continue;
    let trail = versions.get(id);
    if (trail === undefined) versions.set(id, (trail = { made: null, withdrawn: null, gone: null, changes: [] }));
    if (isMade) trail.made = seq;
    if (isGone) trail.gone ??= seq;
    if (isWithdrawn) trail.withdrawn ??= seq;
    if (isSet) trail.changes.push({ at, by, seq, from, to });
  }
}

function exceptionOf(entry: AuditEntry, detail: Detail): FoundException | null {
  const { seq, at, actor: by, action, secret } = entry;
  const { forced = [], reason = null, rotation = null, step = null } = detail;
  const names = [secret, ...(detail.uses ?? []).map((use) => use.secret), ...(detail.deleted ?? [])].filter(
    (name) => name !== null,
  );
  const found = { at, by, action, guards: forced, step: null, reason, rotation, entries: [seq], names };
  // The machine leaves steps out as well, where there is nothing to do: nobody overrode anything then.
  const isSkipped = action === 'rotation-step' && detail.state === 'skipped';
  if (isSkipped && detail.text?.startsWith('left out: ') === true) return { ...found, kind: 'skipped', step };
  if (forced.length > 0) return { ...found, kind: 'forced' };
  return action === 'accept-rollback' || action === ACCEPT_CLOCK ? { ...found, kind: 'accepted' } : null;
}

/** A guard that was overridden once in a rotation stands in each entry that it let through. */
function merged(exceptions: readonly FoundException[]): FoundException[] {
  const known = new Map<string, FoundException>();
  const kept: FoundException[] = [];
  for (const one of exceptions) {
    const { rotation, kind, guards, step, reason, by } = one;
    const key = rotation === null ? `${one.entries[0]}` : JSON.stringify([rotation, kind, guards, step, reason, by]);
    const earlier = known.get(key);
    if (earlier === undefined) {
      known.set(key, one);
      kept.push(one);
    } else {
      const both = { ...earlier, entries: [...earlier.entries, ...one.entries] };
      known.set(key, both);
      kept[kept.indexOf(earlier)] = both;
    }
  }
  return kept;
}
