/**
 * What the audit log proves, found in one walk from its head down to the first entry. The walk itself proves each entry by the one above
 * it, and who wrote it by a signature, so that a number which is given as proof is that of an entry which nobody changed.
 */
import type { StepFacts } from '../domain/step-facts.ts';
import { filesText, someFiles } from '../rotation/fact-words.ts';
import type { StepId } from '../domain/step-texts.ts';
import type { Needs, RotationState, StepState } from '../domain/rotation-record.ts';
import { ACCEPT_CLOCK } from '../vault/log/ahead.ts';
import { writtenDown } from '../vault/verifying/writers.ts';
import type { WrittenEntry } from '../vault/verifying/writers.ts';
import type { View } from '../vault/core/view.ts';
import { tellsOfName, tellsOfRotation } from './deciding.ts';
import type { Deciding } from './deciding.ts';
import { readDetail } from './entry-detail.ts';
import type { Detail } from './entry-detail.ts';
import type { Exception } from './types.ts';

/** A step, by the entry that marked it. */
export interface StepEntry {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
  readonly state: Exclude<StepState, 'todo'>;
  readonly facts: StepFacts | null;
}

/** How far a rotation was, by the newest entries of it. */
export interface Standing {
  readonly state: RotationState;
  readonly needs: Omit<Needs, 'why'> | null;
  /** How it stood with the step that it was at. */
  readonly facts: StepFacts | null;
}

export interface RotationTrail {
  started: number | null;
  /** It made its new versions. */
  created: number | null;
  compromised: number | null;
  rollback: number | null;
  revoked: number | null;
  ended: number | null;
  readonly steps: Partial<Record<StepId, StepEntry>>;
  /** Null where no entry says so: it was only begun. */
  stands: Standing | null;
}

/** An entry that made a name, or took one away. */
export interface NameEntry {
  readonly seq: number;
  readonly at: string;
}

/** What the log tells of one name, newest first: it may have been there several times. */
export interface NameTrail {
  readonly made: NameEntry[];
  readonly gone: NameEntry[];
  /** What `set` did to it. */
  readonly changes: SetEntry[];
  /** What `set` took away after the period. */
  readonly later: Readonly<Record<string, unknown>>[];
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

export interface Trail {
  readonly rotations: ReadonlyMap<string, RotationTrail>;
  readonly names: ReadonlyMap<string, NameTrail>;
  /** Oldest first. */
  readonly exceptions: readonly FoundException[];
  /** Number of the last entry of the period: a record that a later one put has changed since. */
  readonly last: number;
  /** The slot that wrote an entry, but for mere uses. */
  readonly writers: ReadonlyMap<number, { readonly id: string; readonly label: string }>;
}

/**
 * @param to the end of the period: of what came after it only `later` tells
 * @param deciding whose entries count of what
 * @throws audit_broken
 */
export async function readTrail(view: View, to: string, deciding: Deciding): Promise<Trail> {
  const rotations = new Map<string, RotationTrail>();
  const names = new Map<string, NameTrail>();
  const exceptions: FoundException[] = [];
  const writers = new Map<number, { id: string; label: string }>();
  let last = 0;
  for await (const entry of writtenDown(view, view.entriesDown())) {
    const said = readDetail(entry.detail);
    const isOfRotation = said.rotation !== null && tellsOfRotation(deciding, said.rotation, entry);
    const detail = isOfRotation ? said : { ...said, rotation: null };
    const isSet = entry.action === 'set' && entry.secret !== null && tellsOfName(deciding, entry.secret, entry);
    if (entry.at > to) {
      if (isSet && detail.from !== null) nameIn(names, entry.secret).later.push(detail.from);
      continue;
    }
    if (isSet) noteSet(nameIn(names, entry.secret), entry, detail);
    last = Math.max(last, entry.seq);
    if (entry.action !== 'use') writers.set(entry.seq, { id: entry.slot, label: entry.label });
    if (detail.rotation !== null) noteRotation(rotationIn(rotations, detail.rotation), entry, detail);
    noteNames(names, entry);
    const exception = exceptionOf(entry, detail);
    if (exception !== null) exceptions.push(exception);
  }
  return { rotations, names, exceptions: merged(exceptions.toReversed()), last, writers };
}

function nameIn(names: Map<string, NameTrail>, name: string): NameTrail {
  const known = names.get(name);
  if (known !== undefined) return known;
  const trail = { made: [], gone: [], changes: [], later: [] };
  names.set(name, trail);
  return trail;
}

function rotationIn(rotations: Map<string, RotationTrail>, id: string): RotationTrail {
  const known = rotations.get(id);
  if (known !== undefined) return known;
  const trail = {
    started: null,
    created: null,
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
function noteRotation(trail: RotationTrail, entry: WrittenEntry, detail: Detail): void {
  const { action, seq, at, actor: by } = entry;
  const { step, state, facts } = detail;
  if (action === 'rotation-start') trail.started = seq;
  else if (action === 'rotation-create') trail.created = seq;
  else if (action === 'rotation-compromised') trail.compromised = seq;
  else if (action === 'rotation-rollback') trail.rollback = seq;
  else if (action === 'rotation-revoked') trail.revoked ??= seq;
  else if (ENDS.includes(action)) trail.ended ??= seq;
  else if (action === 'rotation-step' && step !== null && state !== null)
    trail.steps[step] ??= { seq, at, by, state: state === 'skipped' ? 'skipped' : 'done', facts };
  trail.stands ??= standingOf(action, detail, trail.compromised !== null);
}

/** What an entry makes of the rotation; null where it makes nothing of it. @param isReported a report, after which it waited for nothing any more */
function standingOf(action: string, detail: Detail, isReported: boolean): Standing | null {
  const state = STATES[action];
  if (state === undefined) return null;
  const { step, needs: kind, until, environments, facts } = detail;
  if (step === null || kind === null) return { state, needs: null, facts: null };
  return { state, needs: isReported ? null : { kind, step, until, environments }, facts };
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

const ENDS: readonly string[] = ['rotation-done', 'rotation-rolled-back', 'rotation-aborted'];

/** What makes names: a rotation's own are told by the rotation. */
const MAKES: readonly string[] = ['add', 'import', 'migrate', 'take-up'];
const TAKES: readonly string[] = ['delete', 'rotation-delete'];

function noteSet({ changes }: NameTrail, { seq, at, actor: by }: WrittenEntry, { from, to }: Detail): void {
  if (from !== null && to !== null) changes.push({ at, by, seq, from, to });
}

function noteNames(names: Map<string, NameTrail>, entry: WrittenEntry): void {
  const { seq, at, action, secret, detail } = entry;
  if (!MAKES.includes(action) && !TAKES.includes(action)) return;
  for (const name of new Set([...(secret === null ? [] : [secret]), ...textsIn(detail)])) {
    const trail = nameIn(names, name);
    (MAKES.includes(action) ? trail.made : trail.gone).push({ seq, at });
  }
}

/** Every text of a detail: those that are names of secrets are among them. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function exceptionOf(entry: WrittenEntry, detail: Detail): FoundException | null {
  const { seq, at, actor: by, action, secret } = entry;
  const { forced, rotation, step } = detail;
  const reason = detail.reason ?? (action === 'rotation-accepted' ? wordFor(detail.files) : null);
  const names = [secret, ...detail.used, ...detail.deleted].filter((name) => name !== null);
  const found = { at, by, action, guards: forced, step: null, reason, rotation, entries: [seq], names };
  // The machine leaves steps out as well, where there is nothing to do: nobody overrode anything then.
  const isSkipped = action === 'rotation-step' && detail.state === 'skipped' && rotation !== null;
  if (isSkipped && detail.facts?.of === 'left-out') return { ...found, kind: 'skipped', step };
  if (forced.length > 0) return { ...found, kind: 'forced' };
  return action === 'accept-rollback' || action === ACCEPT_CLOCK ? { ...found, kind: 'accepted' } : null;
}

/** Of files that a person gave a word for, at a question. */
function wordFor(files: Detail['files']): string {
  return `confirmed on the terminal for ${filesText(someFiles(files))}`;
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
