/** `knox rotate`: starts a rotation or takes it up where it stands, takes it back, or shows it. */
import type { Context } from '../../context.ts';
import type { Handler, OptionValues } from '../../declarations/command-spec.ts';
import type { View } from '../../output/view.ts';
import { describeRotation } from '../../rotation/describe-rotation.ts';
import { basesOf, lastRotationOf } from '../../rotation/find-rotation.ts';
import { roundsOf } from '../../rotation/look-back.ts';
import { checklist } from '../../rotation/record-text.ts';
import { runBack } from '../../rotation/run-back.ts';
import { runRotation } from '../../rotation/run-rotation.ts';
import { askSecret } from '../common/ask-name.ts';
import { rotateMany } from './rotate-many.ts';
import { readAnswers } from './rotation-answers.ts';
import { orderOf } from './rotation-options.ts';
import { requireOneOrder } from './rotation-orders.ts';
import { runnerOf } from './rotation-runner.ts';
import { resultView, statusPage } from './rotation-views.ts';

export const rotate: Handler = async (context, args, options) => {
  requireOneOrder(options);
  if (options['due'] === true || options['exposed'] === true) return rotateMany(context, args, options);
  const names = args.length > 0 ? args : [await askSecret(context, undefined, 'knox rotate NAME')];
  if (options['status'] === true || options['checklist'] === true) return look(context, names, options);
  const order = orderOf(context, options);
  const runner = await runnerOf(context);
  if (options['rollback'] !== true && options['abort'] !== true)
    return resultView(await runRotation(runner, names, order));
  const { confirm } = options;
  const result = await runBack(runner, names, {
    way: options['abort'] === true ? 'abort' : 'rollback',
    answers: (bases) => readAnswers(context, confirm === undefined ? {} : { confirm }, bases, []),
  });
  return resultView(result);
};

async function look(context: Context, names: readonly string[], options: OptionValues): Promise<View> {
  const vault = await context.vault('look');
  const { view, rounds } = await vault.look(async (reader) => {
    const rotation = await lastRotationOf(reader, await basesOf(reader, names));
    return { view: await describeRotation(reader, rotation), rounds: await roundsOf(reader, rotation) };
  });
  if (options['checklist'] === true) return { json: view, text: checklist(view) };
  return { json: { ...view, probes: rounds }, draw: (target) => statusPage(view, rounds, target, vault.now()) };
}
