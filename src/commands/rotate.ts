/** `knox rotate`: starts a rotation or takes it up where it stands, and goes as far as it can now. */
import type { Context } from '../context.ts';
import type { Handler, OptionValues } from '../declarations/command-spec.ts';
import { errors } from '../errors.ts';
import type { View } from '../output/view.ts';
import { describeRotation } from '../rotation/describe-rotation.ts';
import { lineageOf, rotationsOf, withCompanions } from '../rotation/find-rotation.ts';
import { roundsOf } from '../rotation/look-back.ts';
import { lockLineages } from '../rotation/machine.ts';
import { checklist } from '../rotation/record-text.ts';
import { abort } from '../rotation/end-early.ts';
import { revokeNewAfterwards } from '../rotation/revoke-new.ts';
import { rollBack } from '../rotation/roll-back.ts';
import { Rotation } from '../rotation/rotation.ts';
import type { StoredRow } from '../store/tables.ts';
import type { Vault } from '../vault/vault.ts';
import type { View as VaultView } from '../vault/view.ts';
import { askSecret } from './ask-name.ts';
import { rotateMany } from './rotate-many.ts';
import { watched } from './notices.ts';
import { readAnswers } from './rotation-answers.ts';
import { requireOneOrder } from './rotation-orders.ts';
import { goOn, parseTiming, viewOf } from './rotation-run.ts';
import type { Lineage } from './rotation-run.ts';
import { statusPage } from './rotation-views.ts';
import { guideOf, workOf } from './rotation-work.ts';

export const rotate: Handler = async (context, args, options) => {
  requireOneOrder(options);
  if (options['due'] === true || options['exposed'] === true) return rotateMany(context, args, options);
  const names = args.length > 0 ? args : [await askSecret(context, undefined, 'knox rotate NAME')];
  if (options['status'] === true || options['checklist'] === true) return look(context, names, options);
  const timing = parseTiming(context, options);
  const vault = await context.vault('key');
  vault.requireTrust();
  const named = await vault.read((view) => lineagesIn(view, names));
  const lineages = await vault.read((view) => withCompanions(view, named));
  const release = await lockLineages(vault, lineages);
  try {
    if (options['rollback'] === true || options['abort'] === true) return await goBack(context, vault, named, options);
    return await goOn(context, vault, lineages, options, timing);
  } finally {
    await release();
  }
};

async function lineagesIn(view: VaultView, names: readonly string[]): Promise<Lineage[]> {
  const found = new Map<string, Lineage>();
  for (const name of names) {
    const lineage = await lineageOf(view, name);
    found.set(lineage.id, lineage);
  }
  return [...found.values()];
}

/** The rotation that came last, of all of them. @throws rotation_not_found, usage where they do not share it */
async function lastRotation(view: VaultView, lineages: readonly Lineage[]): Promise<StoredRow<'rotation'>> {
  const [{ id, base }, ...others] = lineages as [Lineage, ...Lineage[]];
  const row = (await rotationsOf(view, id)).at(-1);
  if (row === undefined) throw errors.rotation_not_found(`${base} was never rotated`, `start: knox rotate ${base}`);
  for (const other of others) {
    if ((await rotationsOf(view, other.id)).at(-1)?.id === row.id) continue;
    throw errors.usage(`${base} and ${other.base} were not rotated together`, 'name one of them');
  }
  return row;
}

async function look(context: Context, names: readonly string[], options: OptionValues): Promise<View> {
  const vault = await context.vault('look');
  const { view, rounds } = await vault.look(async (reader) => {
    const row = await lastRotation(reader, await lineagesIn(reader, names));
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
  const { base } = lineages[0]!;
  const row = await vault.read(async (view) => {
    await view.requireIntactWhereGiven();
    return lastRotation(view, lineages);
  });
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
  if (row.ended_at !== null) {
    // Once it was taken back, a person's word still has its new values revoked.
    if (answers.confirm.has('delete-old') && (await revokeNewAfterwards(work)))
      return viewOf(work, { kind: 'done' }, canAsk);
    throw errors.no_way_back(
      `the last rotation of ${base} has ended (${row.state}): there is nothing to take back`,
      `see it: knox rotate ${base} --status`,
    );
  }
  return watched(context, vault, rotation, canAsk, async () => {
    if (options['abort'] !== true) return viewOf(work, await rollBack(work), canAsk);
    await abort(work);
    return viewOf(work, { kind: 'done' }, canAsk);
  });
}
