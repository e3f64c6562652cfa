/** `knox rotate`: starts a rotation or takes it up where it stands, takes it back, or shows it. */
import type { Context } from '../../context.ts';
import type { Run } from '../../command-line/command.ts';
import type { View } from '../../output/view.ts';
import { describeRotation } from '../../rotation/describe-rotation.ts';
import { basesOf, lastRotationOf } from '../../rotation/find-rotation.ts';
import { roundsOf } from '../../rotation/look-back.ts';
import { checklist } from '../../rotation/record-text.ts';
import { runBack } from '../../rotation/run-back.ts';
import { runRotation } from '../../rotation/run-rotation.ts';
import { askSecret } from '../common/ask-name.ts';
import { rotateMany } from './rotate-many.ts';
import { NO_ANSWERS, readAnswers } from './rotation-answers.ts';
import { orderOf } from './rotation-options.ts';
import { runnerOf } from './rotation-runner.ts';
import { resultView, statusPage } from './rotation-views.ts';
import type { Rotate } from './declared.ts';

export const rotate: Run<Rotate> = async (context, given) => {
  if (given.due || given.exposed) return rotateMany(context, given);
  const names = given.names.length > 0 ? given.names : [await askSecret(context, null, 'knox rotate NAME')];
  if (given.status || given.checklist) return look(context, names, given);
  const order = orderOf(context, given);
  const runner = await runnerOf(context);
  if (!given.rollback && !given.abort) return resultView(await runRotation(runner, names, order));
  const result = await runBack(runner, names, {
    way: given.abort ? 'abort' : 'rollback',
    answers: (bases) => readAnswers(context, { ...NO_ANSWERS, confirm: given.confirm }, bases, []),
  });
  return resultView(result);
};

async function look(context: Context, names: readonly string[], given: Rotate): Promise<View> {
  const vault = await context.vault('look');
  const { view, rounds } = await vault.look(async (reader) => {
    const rotation = await lastRotationOf(reader, await basesOf(reader, names));
    return { view: await describeRotation(reader, rotation), rounds: await roundsOf(reader, rotation) };
  });
  if (given.checklist) return { json: view, text: checklist(view) };
  return { json: { ...view, probes: rounds }, draw: (target) => statusPage(view, rounds, target, vault.now()) };
}
