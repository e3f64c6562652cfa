/** The guide of a rotation where nobody can be asked: it tells on stderr what is done, and leaves every question open. */
import type { Context } from '../../context.ts';
import { printable } from '../../domain/printable.ts';
import { STEP_TEXTS } from '../../domain/step-texts.ts';
import { factWords } from '../../rotation/fact-words.ts';
import { proofsOf } from '../../rotation/proof.ts';
import type { Guide } from '../../rotation/types.ts';
import { renderDiff } from '../../terminal/diff-view.ts';
import { plainStyle } from '../../terminal/style.ts';

/** A log is not cut to a window. */
const UNCUT = 10_000;

export function scriptGuide(context: Context, isYes: boolean): Guide {
  const style = plainStyle('ascii');
  return {
    canAsk: false,
    opens: (text) => context.say(printable(text)),
    stepBegins: () => undefined,
    stepEnds(rotation, step, outcome) {
      if (outcome.kind === 'done' || outcome.kind === 'skipped')
        context.say(
          `${STEP_TEXTS[step].title}: ${outcome.kind === 'skipped' ? 'skipped, ' : ''}${factWords(outcome.facts, proofsOf(rotation.parts), context.moments(context.io.stderr))}`,
        );
    },
    note: (text) => context.say(`  ${text}`),
    warn: (code, text) => context.warn(code, text),
    async confirmUpdate(_step, changes, deploys) {
      for (const change of changes) context.say(renderDiff(change, { width: UNCUT, style }).trimEnd());
      for (const { path, environment, command } of deploys)
        context.say(`  deploy command of ${path} for ${environment}: ${printable(command)}`);
      return isYes ? true : null;
    },
    takeIn: async () => null,
    newValue: async () => null,
    vouch: async () => null,
    afterFailure: async () => 'leave',
  };
}
