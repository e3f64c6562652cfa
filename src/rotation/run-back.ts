/** One rotation taken back for somebody: rolled back, or ended before any file was changed. */
import { errors } from '../errors.ts';
import { abort } from './end-early.ts';
import { basesOf, lastRotationOf, withCompanions } from './find-rotation.ts';
import { lockLineages } from './machine.ts';
import { revokeNewAfterwards } from './revoke-new.ts';
import { rollBack } from './roll-back.ts';
import { Rotation } from './rotation.ts';
import { resultOf, workOf } from './runner.ts';
import type { Runner, RunResult } from './runner.ts';
import type { Answers } from './types.ts';

export interface OrderBack {
  /** `abort`: only where nothing was rewritten yet. */
  readonly way: 'rollback' | 'abort';
  /** What is said beforehand, of the secrets of the rotation; asked for once nobody else can work on it. */
  readonly answers: (bases: readonly string[]) => Promise<Answers>;
}

/** Takes back the rotation that these secrets had last. @throws rotation_not_found, no_way_back, rotation_in_progress */
export async function runBack(runner: Runner, names: readonly string[], order: OrderBack): Promise<RunResult> {
  const { vault } = runner;
  vault.requireTrust();
  const named = await vault.read((view) => basesOf(view, names));
  const release = await lockLineages(vault, await vault.read((view) => withCompanions(view, named)));
  try {
    return await goBack(runner, named, order);
  } finally {
    await release();
  }
}

async function goBack(
  runner: Runner,
  bases: readonly string[],
  { way, answers: given }: OrderBack,
): Promise<RunResult> {
  const { vault } = runner;
  const { id } = await vault.read((view) => lastRotationOf(view, bases));
  const rotation = await Rotation.load(vault, id);
  rotation.requireKeys(true);
  for (const environment of rotation.contradicting)
    runner.warn(
      'left_out',
      `${environment} disagrees with the other environments about the rotation: nothing is rolled back there`,
    );
  const answers = await given(rotation.secrets.map(({ base }) => base));
  const work = await workOf(runner, rotation, answers, await runner.guide(answers.isYes));
  if (!rotation.isUnderWay) {
    // Once it was taken back, a person's word still has its new values revoked.
    if (answers.confirm.has('delete-old') && (await revokeNewAfterwards(work))) return resultOf(work, { kind: 'done' });
    const base = bases[0]!;
    throw errors.no_way_back(
      `the last rotation of ${base} has ended (${rotation.state}): there is nothing to roll back`,
      `see it: knox rotate ${base} --status`,
    );
  }
  return runner.watch(rotation, work.guide.canAsk, async () => {
    if (way === 'rollback') return resultOf(work, await rollBack(work));
    await abort(work);
    return resultOf(work, { kind: 'done' });
  });
}
