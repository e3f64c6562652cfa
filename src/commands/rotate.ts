/** `knox rotate`: starts a rotation or takes it up where it stands, and goes as far as it can now. */
import type { Context } from '../context.ts';
import type { Handler, OptionValues } from '../declarations/command-spec.ts';
import { errors } from '../errors.ts';
import type { View } from '../output/view.ts';
import { describeRotation } from '../rotation/describe-rotation.ts';
import { lineageOf, rotationsOf } from '../rotation/find-rotation.ts';
import { roundsOf } from '../rotation/look-back.ts';
import { lockLineages } from '../rotation/machine.ts';
import { checklist } from '../rotation/record-text.ts';
import { abort } from '../rotation/end-early.ts';
import { rollBack } from '../rotation/roll-back.ts';
import { Rotation } from '../rotation/rotation.ts';
import type { Vault } from '../vault/vault.ts';
import { askSecret } from './ask-name.ts';
import { rotateMany } from './rotate-many.ts';
import { watched } from './notices.ts';
import { readAnswers } from './rotation-answers.ts';
import { goOn, parseTiming, viewOf } from './rotation-run.ts';
import type { Lineage } from './rotation-run.ts';
import { statusPage } from './rotation-views.ts';
import { guideOf, workOf } from './rotation-work.ts';

export const rotate: Handler = async (context, args, options) => {
  if (options['due'] === true || options['exposed'] === true) return rotateMany(context, args, options);
  const names = args.length > 0 ? args : [await askSecret(context, undefined, 'knox rotate NAME')];
  if (options['status'] === true || options['checklist'] === true) return look(context, names, options);
  const timing = parseTiming(context, options);
  const vault = await context.vault('key');
  vault.requireTrust();
  const lineages = await lineagesOf(vault, names);
  const release = await lockLineages(vault, lineages);
  try {
    if (options['rollback'] === true || options['abort'] === true)
      return await goBack(context, vault, lineages, options);
    return await goOn(context, vault, lineages, options, timing);
  } finally {
    await release();
  }
};

async function lineagesOf(vault: Vault, names: readonly string[]): Promise<Lineage[]> {
  return vault.read(async (view) => {
    const found = new Map<string, Lineage>();
    for (const name of names) {
      const lineage = await lineageOf(view, name);
      found.set(lineage.id, lineage);
    }
    return [...found.values()];
  });
}

async function look(context: Context, names: readonly string[], options: OptionValues): Promise<View> {
  const vault = await context.vault('look');
  const { view, rounds } = await vault.look(async (reader) => {
    const { id, base } = await lineageOf(reader, names[0]!);
    const row = (await rotationsOf(reader, id)).at(-1);
    if (row === undefined) throw errors.rotation_not_found(`${base} was never rotated`, `start: knox rotate ${base}`);
    return { view: await describeRotation(reader, row), rounds: await roundsOf(reader, row.id) };
  });
  if (options['checklist'] === true) return { json: view, text: checklist(view) };
  return { json: { ...view, probes: rounds }, draw: (target) => statusPage(view, rounds, target, vault.now()) };
}

async function goBack(
  context: Context,
  vault: Vault,
  lineages: readonly Lineage[],
  options: OptionValues,
): Promise<View> {
  const { base, id } = lineages[0]!;
  const row = await vault.read(async (view) => {
    await view.requireIntactWhereGiven();
    return (await rotationsOf(view, id)).at(-1) ?? null;
  });
  if (row === null) throw errors.rotation_not_found(`${base} has no rotation`, `start one: knox rotate ${base}`);
  if (row.ended_at !== null) {
    throw errors.no_way_back(
      `the last rotation of ${base} has ended (${row.state}): there is nothing to take back`,
      `see it: knox rotate ${base} --status`,
    );
  }
  const rotation = await Rotation.load(vault, row.id);
  rotation.requireKeys();
  const answers = await readAnswers(
    context,
    options['confirm'] === undefined ? {} : { confirm: options['confirm'] },
    rotation.secrets.map((secret) => secret.base),
    [],
  );
  const { guide, canAsk } = await guideOf(context, answers.isYes);
  const work = await workOf(context, rotation, answers, guide);
  return watched(context, vault, rotation, canAsk, async () => {
    if (options['abort'] !== true) return viewOf(work, await rollBack(work), canAsk);
    await abort(work);
    return viewOf(work, { kind: 'done' }, canAsk);
  });
}
