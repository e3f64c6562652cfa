/**
 * `knox rotations continue`: goes on with everything that needs nobody, for a timer. One rotation that fails, or that another process
 * works on, does not keep the others.
 */
import type { Handler, OptionValues } from '../../declarations/command-spec.ts';
import { errors } from '../../errors.ts';
import { errorLines } from '../../output/error-text.ts';
import { continueMany } from '../../rotation/run-many.ts';
import { readAnswers } from './rotation-answers.ts';
import { runnerOf } from './rotation-runner.ts';
import { manyView, rotationLine } from './rotation-views.ts';

const DEFAULT_JOBS = 4;

export const rotationsContinue: Handler = async (context, args, options) => {
  const runner = await runnerOf(context, false);
  const order = {
    names: args,
    jobs: jobsOf(options),
    answers: (bases: readonly string[]) => readAnswers(context, {}, bases, []),
  };
  const all = await continueMany(runner, order, (one) => {
    if (one.kind === 'failed') context.io.stderr.write(errorLines(one.error, context.isJson));
    if (one.kind === 'busy') context.warn(one.error.code, one.error.message);
    if (one.view !== null) context.say(rotationLine(one.view));
  });
  if (all.length === 0) context.say('No rotation is under way.');
  return manyView(context, all, runner.vault.now());
};

/** @throws usage */
function jobsOf({ jobs }: OptionValues): number {
  const count = jobs === undefined ? DEFAULT_JOBS : Number(jobs);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw errors.usage('--jobs takes a number from 1 to 64', 'for example --jobs 4');
  return count;
}
