/**
 * What the vault keeps of a rotation that is more than a cell: the steps, what it waits for, what it was started with, how an old value is
 * known to be dead. Facts alone: the words for a person are made when they are shown.
 */
import type { StepFacts, Why } from './step-facts.ts';
import type { StepId } from './step-texts.ts';

export const ROTATION_STATES = [
  'active',
  'waiting',
  'failed',
  'rolling-back',
  'done',
  'rolled-back',
  'aborted',
] as const;
export type RotationState = (typeof ROTATION_STATES)[number];
/** A rotation that has not ended. */
export const UNDER_WAY: readonly RotationState[] = ['active', 'waiting', 'failed', 'rolling-back'];

export const NEEDS_KINDS = ['time', 'confirm', 'values', 'fix', 'project'] as const;
export type NeedsKind = (typeof NEEDS_KINDS)[number];

/** What a rotation waits for. Its words are made when they are shown (`needs-text.ts`): what is near today was far when this was stored. */
export interface Needs {
  readonly kind: NeedsKind;
  readonly step: StepId;
  /** ISO time, for `time`. */
  readonly until: string | null;
  readonly environments: readonly string[];
  readonly why: Why;
}

/** One secret of a rotation: names of the version that is left, and of the one that is made. */
export interface RotatedSecret {
  readonly base: string;
  readonly from: string;
  readonly to: string;
}

/** What a rotation was started with, and what it must not forget on the way. */
export interface RotationOptions {
  /** Hours and days that production is changed in, where they are not the vault's. */
  readonly between?: string;
  readonly on?: string;
  /** A rollback that was begun: it is finished before anything else. */
  readonly rollback?: { readonly reason: string | null; readonly at: string };
  /** Environments whose new value was revoked at its source after it was taken back. */
  readonly revokedNew?: readonly string[];
  /** Seconds that old and new live side by side, as the source said: the window is never longer. */
  readonly overlap?: number;
  /** Files that still hold or name the old value and that a person gave a word for: kind and path. */
  readonly accepted?: readonly string[];
  /** The value is known to have leaked: nothing is waited for. `revokeFirst`: revoked before anything moves. */
  readonly compromised?: { readonly at: string; readonly revokeFirst: boolean };
}

export type StepState = 'todo' | 'done' | 'skipped';

/** A step as the vault keeps it. */
export interface StepRecord {
  readonly id: StepId;
  readonly state: StepState;
  readonly at: string | null;
  /** Number of the audit entry in which it was marked: what was used since is told by numbers, not by clocks. */
  readonly entry: number | null;
  readonly by: string | null;
  /** How it went, or how it stands; null where there is nothing to say about it. */
  readonly facts: StepFacts | null;
}

/**
 * `refused`: a probe with the value was turned away with 401 or 403, or its source says that it is; `revoked`: its source said that it revoked it; `vouched`: a person said
 * that it is dead; `unproven`: knox had made it, and nothing could be asked.
 */
export type ProofKind = 'refused' | 'revoked' | 'vouched' | 'unproven';

/** The first that occurs says what the proof of several environments is worth. */
export const WEAKEST_FIRST: readonly ProofKind[] = ['unproven', 'vouched', 'revoked', 'refused'];

/** What the record of an environment keeps. */
export interface ValueProof {
  readonly kind: ProofKind;
  /** Of `refused`: whose probe asked; null where a source did. */
  readonly route: string | null;
  /** Of `refused`: the HTTP status. */
  readonly status: number | null;
  /** Of a shared value: the environment whose probe or source it was, where that is another one. */
  readonly through: string | null;
  /** The kind of the source that revoked it, or that says that it is refused. */
  readonly source: string | null;
  /** ISO time. */
  readonly at: string;
}
