/** An environment's own part of a rotation: it goes by this alone, whatever another environment's part says. */
import { parseBetween, parseOn } from '../../domain/office-hours.ts';
import { STEP_TEXTS } from '../../domain/step-texts.ts';
import type { StepId } from '../../domain/step-texts.ts';
import {
  count,
  flag,
  id,
  listOf,
  object,
  oneOf,
  optional,
  orNull,
  seconds,
  someOf,
  systemText,
  text,
  time,
  typed,
} from './codec.ts';
import type { Of } from './codec.ts';
import { secretName } from './name.ts';
import { stepFacts, why } from './step-facts.ts';

const stepId = oneOf(...(Object.keys(STEP_TEXTS) as StepId[]));

const step = object({
  id: stepId,
  state: oneOf('todo', 'done', 'skipped'),
  at: orNull(time),
  entry: orNull(count),
  by: orNull(text),
  facts: orNull(stepFacts),
});

const needs = object({
  kind: oneOf('time', 'confirm', 'values', 'fix', 'project'),
  step: stepId,
  until: orNull(time),
  environments: listOf(text),
  why,
});

const options = object({
  between: optional(typed(parseBetween)),
  on: optional(typed(parseOn)),
  rollback: optional(object({ reason: orNull(text), at: time })),
  revokedNew: optional(listOf(text)),
  overlap: optional(seconds),
  accepted: optional(listOf(text)),
  compromised: optional(object({ at: time, revokeFirst: flag })),
});

const proof = object({
  kind: oneOf('refused', 'revoked', 'vouched', 'unproven'),
  route: orNull(text),
  status: orNull(count),
  through: orNull(text),
  source: orNull(text),
  at: time,
});

/** What became of one secret of the rotation in this environment. */
const secret = object({
  base: secretName,
  /** The version that is left, and the one that is made. */
  from: secretName,
  to: secretName,
  /** Whether the value was kept. */
  isKept: flag,
  /** When the environment was moved to the new version, and in which audit entry. */
  updatedAt: orNull(time),
  updatedEntry: orNull(count),
  testedAt: orNull(time),
  /** The source was had refuse the old value. */
  disabledAt: orNull(time),
  /** From here there is no way back to the old value. */
  revokedAt: orNull(time),
  /** How it is known to be dead; null until then. */
  proof: orNull(proof),
  /** Written before a source is asked for a value. */
  attempt: orNull(id),
});

/** The rotation's work on one route here. */
const route = object({
  project: text,
  path: systemText,
  /**
   * For each placeholder of the rotation's lineages in the file, in order, the name it had (null where it needed no change), written before
   * the file is touched; null where none is.
   */
  originals: orNull(listOf(orNull(text))),
  plannedAt: orNull(time),
  writtenAt: orNull(time),
  deployStartedAt: orNull(time),
  deployedAt: orNull(time),
  testedAt: orNull(time),
  /** A command that was begun and has not ended: the test, or the deploy with the old version. */
  begun: orNull(oneOf('test', 'back')),
  /** Somebody said that it is deployed; there is no command for it. */
  isVouched: flag,
});

export const rotationCodec = object({
  id,
  /** `rolling-back` is told by `options.rollback` while it has not ended. */
  state: oneOf('active', 'waiting', 'failed', 'done', 'rolled-back', 'aborted'),
  project: text,
  source: text,
  window: seconds,
  quarantine: seconds,
  /** Started with --yes: a timer may do steps 4, 6 and 9. */
  isUnattended: flag,
  options,
  steps: listOf(step),
  needs: orNull(needs),
  waitUntil: orNull(time),
  /** Id of the incident that it answers. */
  incident: orNull(id),
  secrets: someOf(secret),
  routes: listOf(route),
  startedAt: time,
  startedBy: text,
  endedAt: orNull(time),
  endReason: orNull(text),
});

export type RotationContent = Of<typeof rotationCodec>;
export type RotationSecret = Of<typeof secret>;

/** Of a secret whose rotation begins. */
export const NOTHING_DONE: Omit<RotationSecret, 'base' | 'from' | 'to'> = {
  isKept: false,
  updatedAt: null,
  updatedEntry: null,
  testedAt: null,
  disabledAt: null,
  revokedAt: null,
  proof: null,
  attempt: null,
};
export type RotationRoute = Of<typeof route>;
