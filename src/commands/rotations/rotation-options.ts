/** What the options of `knox rotate` say of how a rotation is run: its times and hours, and that its value has leaked. */
import type { Context } from '../../context.ts';
import { refuseLiteral } from '../../domain/refuse-literal.ts';
import { errors, forceHint, needsReason } from '../../errors.ts';
import type { Leak, Order } from '../../rotation/run-rotation.ts';
import { LONGEST_WINDOW, SHORTEST_WINDOW } from '../../rotation/timing.ts';
import type { Timing } from '../../rotation/timing.ts';
import { readAnswers } from './rotation-answers.ts';
import { promptsOf } from './rotation-runner.ts';
import type { Rotate } from './declared.ts';

/** @throws usage, too_early (guard) */
export function orderOf(context: Context, given: Rotate): Order {
  const timing = parseTiming(context, given);
  return {
    timing,
    given: async (bases, environments) => ({
      answers: await readAnswers(context, given, bases, environments),
      leak: await leakOf(context, given, timing),
    }),
  };
}

function parseTiming(context: Context, given: Rotate): Timing {
  const { window, quarantine, between, on } = given;
  if (window !== null && window > LONGEST_WINDOW) throw errors.usage('the longest --window is 30d', 'for example 48h');
  if (window !== null && window < SHORTEST_WINDOW) {
    context
      .guards()
      .refuse('too_early', () =>
        errors.too_early('a window under 24h misses what runs once a day', 'use 24h or more', forceHint('too_early')),
      );
  }
  return { window, quarantine, between, on };
}

/** What `--compromised` reports, or null. The reason is asked for where it was left out. @throws usage */
async function leakOf(
  context: Context,
  { compromised, revokeFirst }: Rotate,
  { window, quarantine, between, on }: Timing,
): Promise<Leak | null> {
  if (!compromised) return null;
  if (window !== null || quarantine !== null)
    throw errors.usage(
      '--compromised cannot be used with --window or --quarantine: it does not wait',
      'drop --window and --quarantine',
    );
  if (between !== null || on !== null)
    throw errors.usage(
      '--compromised cannot be used with --between or --on: it does not wait',
      'drop --between and --on',
    );
  return { reason: context.options.reason?.trim() || (await askReason(context)), revokeFirst };
}

/** @throws usage where nobody can be asked, invalid_value */
async function askReason(context: Context): Promise<string> {
  const prompts = await promptsOf(context);
  if (prompts === null) throw needsReason('--compromised');
  const reason = await prompts.input({
    message: 'What happened? (it is recorded)',
    validate: (text) => text.trim() !== '' || 'a few words, such as: it was in a public log',
  });
  refuseLiteral('the reason', reason);
  return reason.trim();
}
