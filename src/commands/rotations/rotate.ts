/** `knox rotate`: starts a rotation or takes it up where it stands, takes it back, or shows it. */
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import { UTC } from '../../domain/moments.ts';
import { isKnoxError } from '../../errors.ts';
import type { View } from '../../output/view.ts';
import { describeRotation } from '../../rotation/describe-rotation.ts';
import { basesOf, commonRotation, lastRotationOf, withCompanions } from '../../rotation/find-rotation.ts';
import { roundsOf } from '../../rotation/look-back.ts';
import { checklist } from '../../rotation/record-text.ts';
import { runBack } from '../../rotation/run-back.ts';
import { runRotation } from '../../rotation/run-rotation.ts';
import type { Runner } from '../../rotation/runner.ts';
import { askSecret } from '../common/ask-name.ts';
import { rotateMany } from './rotate-many.ts';
import { NO_ANSWERS, readAnswers } from './rotation-answers.ts';
import { orderOf } from './rotation-options.ts';
import { promptsOf, runnerOf } from './rotation-runner.ts';
import { pausedText, resultView, statusPage } from './rotation-views.ts';
import type { Rotate } from './declared.ts';

export const rotate: Run<Rotate> = async (context, given) => {
  if (given.due || given.exposed) return rotateMany(context, given);
  const names = given.names.length > 0 ? given.names : [await askSecret(context, null, 'knox rotate NAME')];
  if (given.status || given.checklist) return look(context, names, given);
  const order = orderOf(context, given);
  const runner = await runnerOf(context);
  try {
    if (!given.rollback && !given.abort) return resultView(await runRotation(runner, names, order));
    const result = await runBack(runner, names, {
      way: given.abort ? 'abort' : 'rollback',
      answers: (bases) => readAnswers(context, { ...NO_ANSWERS, confirm: given.confirm }, bases, []),
    });
    return resultView(result);
  } catch (error) {
    return paused(context, runner, names, error);
  }
};

/** Whoever leaves a walk has broken nothing: it is told where it stands. @throws the error itself, where it is another one */
async function paused(context: Context, { vault }: Runner, names: readonly string[], error: unknown): Promise<View> {
  if (!isKnoxError(error) || error.code !== 'cancelled' || (await promptsOf(context)) === null) throw error;
  const view = await vault.read(async (reader) => {
    const rotation = await commonRotation(reader, await withCompanions(reader, await basesOf(reader, names)));
    return rotation === null ? null : describeRotation(reader, rotation, context.moments(context.io.stderr));
  });
  if (view === null) throw error;
  context.say(`\n${pausedText(view, error)}`);
  return { exit: error.exit };
}

async function look(context: Context, names: readonly string[], given: Rotate): Promise<View> {
  const vault = await context.vault('look');
  // The checklist is a document.
  const moments = given.checklist ? UTC : context.moments(context.io.stdout);
  const { view, rounds } = await vault.look(async (reader) => {
    const rotation = await lastRotationOf(reader, await basesOf(reader, names));
    return { view: await describeRotation(reader, rotation, moments), rounds: await roundsOf(reader, rotation) };
  });
  if (given.checklist) return { json: view, text: checklist(view) };
  return { json: { ...view, probes: rounds }, draw: (target) => statusPage(view, rounds, target, vault.now()) };
}
