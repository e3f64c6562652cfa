/**
 * The machine that takes a rotation through its steps. It does one step after the other until one has to wait, fails, or is not for
 * whoever runs it; what a step did is marked in a change of its own. Killed at any moment, the next run finds what was done: a step
 * looks at what is stored and what is on disk before it does anything.
 */
import { isDeepStrictEqual } from 'node:util';
import type { StepId } from '../domain/step-texts.ts';
import { errors, isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import type { Lock } from '../store/store.ts';
import type { Vault } from '../vault/opening/vault.ts';
import { stepOf } from './merge-parts.ts';
import { sayIgnored } from './new-values.ts';
import { closedNow } from './production-hours.ts';
import { STEPS } from './steps.ts';
import type { Needs } from '../domain/rotation-record.ts';
import type { Failure, StepFacts } from '../domain/step-facts.ts';
import type { Outcome, Step, Stop, Work } from './types.ts';
import { writeRecord } from './write-record.ts';

/**
 * Takes the locks of these lineages, so that no other process works on their rotation. They die with the process.
 * @throws rotation_in_progress
 */
export async function lockLineages(vault: Vault, bases: readonly string[]): Promise<() => Promise<void>> {
  const locks: Lock[] = [];
  const release = async (): Promise<void> => {
    for (const lock of locks) await lock.release();
  };
  // One order for all, so that two that want the same ones do not each end up with half.
  for (const base of bases.toSorted()) {
    const lock = await vault.store.lock(`rotation-${base}`);
    if (lock === null) {
      await release();
      throw errors.rotation_in_progress(
        `another process is working on the rotation of ${base}`,
        `wait, or see how far it is: knox rotate ${base} --status`,
      );
    }
    locks.push(lock);
  }
  return release;
}

/** @param allows steps that this run may do; at any other it stops as waiting for a person */
export async function advance(work: Work, allows: (step: StepId) => boolean = () => true): Promise<Stop> {
  const { rotation, guide, answers } = work;
  await sayIgnored(work);
  if (answers.until !== null && rotation.isDone(answers.until)) return { kind: 'until', step: answers.until };
  answers.guards.settle();
  for (const step of STEPS) {
    if (rotation.isDone(step.id)) continue;
    if (!allows(step.id)) return waitsForPerson(work, step.id);
    const closed = closedNow(work, step);
    if (closed?.kind === 'waits') return waits(work, step.id, closed);
    guide.stepBegins(rotation, step.id);
    const outcome = await outcomeOf(step, work);
    guide.stepEnds(rotation, step.id, outcome);
    if (outcome.kind === 'failed') return failed(work, step.id, outcome);
    if (outcome.kind === 'waits') return waits(work, step.id, outcome);
    await rotation.change(
      {
        action: 'rotation-step',
        detail: {
          step: step.id,
          state: outcome.kind,
          facts: outcome.facts,
          ...skipRecord(work, outcome),
          ...seenBy(outcome),
        },
      },
      async (change) => rotation.mark(change, step.id, outcome.kind, outcome.facts),
    );
    answers.guards.settle();
    if (answers.until === step.id && step.id !== STEPS.at(-1)!.id) return { kind: 'until', step: step.id };
  }
  if (rotation.state !== 'done') {
    await rotation.change({ action: 'rotation-done' }, async (change) => rotation.end(change, 'done', null));
    // Once more, now that the last steps stand in it; the file from step 10 says nothing false if this one fails.
    if (rotation.step('update-docs').state === 'done') await writeRecord(work);
  }
  return { kind: 'done' };
}

function seenBy({ seen }: Outcome): Record<string, unknown> {
  return seen === undefined || seen.passed + seen.failed === 0 ? {} : { seen };
}

function skipRecord({ answers: { guards } }: Work, outcome: Outcome): Record<string, unknown> {
  return outcome.kind === 'skipped' && guards.reason !== null ? { reason: guards.reason, ...guards.record() } : {};
}

async function outcomeOf(step: Step, work: Work): Promise<Outcome> {
  const { answers } = work;
  if (answers.skip === step.id) return skipped(work, step.id);
  try {
    return await step.run(work);
  } catch (error) {
    if (!isKnoxError(error) || !staysWith(step.id, error)) throw error;
    return { kind: 'failed', error, why: { ...failureOf(error), hint: error.kept.hint } };
  }
}

function failureOf(error: KnoxError): Failure {
  return { of: 'error', code: error.code, said: error.kept.said };
}

/**
 * Failures that belong to the rotation and are kept with it: something outside was not as it should be, a guard, a file that a person
 * changed. A wrong option, a locked or damaged vault or a cancelled question leave it where it stood.
 */
function staysWith(step: StepId, { code, exit }: KnoxError): boolean {
  // A value that was refused is a slip of whoever gave it.
  if (step === 'generate') return exit === 1;
  return [1, 5, 6, 7].includes(exit) || code === 'template_invalid';
}

function skipped({ answers }: Work, step: StepId): Outcome {
  if (step === 'monitor') {
    answers.guards.refuse('too_early', () =>
      errors.too_early(
        'skipping the watch over production hides what a nightly job would show',
        'wait for the window, or: --skip monitor --force too_early --reason TEXT',
      ),
    );
  }
  return { kind: 'skipped', facts: { of: 'left-out', reason: answers.guards.reason } };
}

async function waits(work: Work, step: StepId, outcome: Extract<Outcome, { kind: 'waits' }>): Promise<Stop> {
  const needs: Needs = { ...outcome.needs, step };
  await keepState(work, 'waiting', needs, outcome.facts ?? null, seenBy(outcome));
  return { kind: 'waits', needs };
}

async function waitsForPerson(work: Work, step: StepId): Promise<Stop> {
  const known = work.rotation.needs;
  const needs: Needs =
    known !== null && known.step === step && work.rotation.state !== 'failed'
      ? known
      : { kind: 'confirm', step, until: null, environments: [], why: { of: 'person' } };
  if (work.rotation.state !== 'failed') await keepState(work, 'waiting', needs, null);
  return { kind: 'waits', needs };
}

async function failed(work: Work, step: StepId, outcome: Extract<Outcome, { kind: 'failed' }>): Promise<Stop> {
  const failedIn = new Set(outcome.environments);
  const environments = work.rotation.environments.filter((name) => failedIn.has(name));
  const needs: Needs = { kind: 'fix', step, until: null, environments, why: outcome.why };
  await keepState(work, 'failed', needs, failureOf(outcome.error), seenBy(outcome));
  return { kind: 'failed', error: outcome.error };
}

/** For the log, which tells later how it stood. */
function waitOf({ kind, until, environments }: Needs): Record<string, unknown> {
  return { needs: kind, ...(until === null ? {} : { until }), ...(environments.length === 0 ? {} : { environments }) };
}

/** Keeps what the rotation waits for; nothing is written where that is known already and nothing was looked at. */
async function keepState(
  work: Work,
  state: 'waiting' | 'failed',
  needs: Needs,
  facts: StepFacts | null,
  seen: Record<string, unknown> = {},
): Promise<void> {
  const { rotation } = work;
  const isKnown = rotation.parts.every(
    (part) =>
      part.state === state &&
      isDeepStrictEqual(part.needs, needs) &&
      (facts === null || isDeepStrictEqual(stepOf(part, needs.step).facts, facts)),
  );
  if (isKnown && Object.keys(seen).length === 0) return;
  const action = state === 'failed' ? 'rotation-failed' : 'rotation-waits';
  await rotation.change({ action, detail: { step: needs.step, ...waitOf(needs), facts, ...seen } }, async (change) => {
    await rotation.put(change, { state, needs, waitUntil: needs.until });
    if (facts !== null) await rotation.remark(change, needs.step, facts);
  });
}
