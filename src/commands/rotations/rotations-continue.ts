/**
 * `knox rotations continue`: goes on with everything that needs nobody, for a timer. One rotation that fails, or that another process
 * works on, does not keep the others.
 */
import type { Run } from '../../command-line/command.ts';
import { errorLines } from '../../output/error-text.ts';
import { continueMany } from '../../rotation/run-many.ts';
import { NO_ANSWERS, readAnswers } from './rotation-answers.ts';
import { runnerOf } from './rotation-runner.ts';
import { manyView, rotationLine } from './rotation-views.ts';
import type { Continue } from './declared.ts';

const DEFAULT_JOBS = 4;

export const rotationsContinue: Run<Continue> = async (context, { names, jobs }) => {
  const runner = await runnerOf(context, false);
  const order = {
    names,
    jobs: jobs ?? DEFAULT_JOBS,
    answers: (bases: readonly string[]) => readAnswers(context, NO_ANSWERS, bases, []),
  };
  const all = await continueMany(runner, order, (one) => {
    if (one.kind === 'failed') context.io.stderr.write(errorLines(one.error, context.isJson));
    if (one.kind === 'busy') context.warn(one.error.code, one.error.message);
    if (one.view !== null) context.say(rotationLine(one.view));
  });
  if (all.length === 0) context.say('No rotation is in progress.');
  return manyView(context, all, runner.vault.now());
};
