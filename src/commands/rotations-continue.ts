/**
 * `knox rotations continue`: goes on with everything that needs nobody, for a timer. One rotation that fails, or that another process
 * works on, does not keep the others.
 */
import type { Handler, OptionValues } from '../declarations/command-spec.ts';
import type { Context } from '../context.ts';
import { errors, isKnoxError } from '../errors.ts';
import type { View } from '../output/view.ts';
import { errorLines } from '../output/error-text.ts';
import { activeRotations, describeRotation } from '../rotation/describe-rotation.ts';
import type { RotationView } from '../rotation/describe-rotation.ts';
import { activeRotationOf, lineageOf } from '../rotation/find-rotation.ts';
import { advance, lockLineages } from '../rotation/machine.ts';
import { isRollingBack, rollBack } from '../rotation/roll-back.ts';
import { Rotation } from '../rotation/rotation.ts';
import { TIMED } from '../rotation/steps.ts';
import type { StoredRow } from '../store/tables.ts';
import type { Vault } from '../vault/vault.ts';
import { watched } from './notices.ts';
import { readAnswers } from './rotation-answers.ts';
import { peopleNeeded, rotationLine, rotationsTable } from './rotation-views.ts';
import { workOf } from './rotation-work.ts';
import { scriptGuide } from './script-guide.ts';

/** Probes and commands of several rotations may wait at once; the vault is written by one at a time. */
const DEFAULT_JOBS = 4;

export const rotationsContinue: Handler = async (context, args, options): Promise<View> => {
  const vault = await context.vault('key');
  vault.requireTrust();
  const rows = await vault.read(async (view) => {
    await view.requireIntactWhereGiven();
    if (args.length === 0) return activeRotations(view);
    const named = new Map<string, StoredRow<'rotation'>>();
    for (const name of args) {
      const { id, base } = await lineageOf(view, name);
      const row = await activeRotationOf(view, id);
      if (row === null)
        throw errors.rotation_not_found(`no rotation of ${base} is under way`, `start one: knox rotate ${base}`);
      named.set(row.id, row);
    }
    return [...named.values()];
  });
  const results = await atMost(jobsOf(options), rows, async (row) => {
    const result = await goOn(context, vault, row);
    context.say(rotationLine(result.view));
    return result;
  });
  const views = results.map(({ view }) => view);
  const failures = results.filter(({ hasFailed }) => hasFailed).length;
  if (views.length === 0) context.say('No rotation is under way.');
  for (const line of peopleNeeded(views)) context.say(line);
  return {
    json: views,
    table: rotationsTable(views, context.io.stdout.isTTY === true, vault.now()),
    exit: failures > 0 ? 1 : 0,
  };
};

/** @throws usage */
function jobsOf({ jobs }: OptionValues): number {
  const count = jobs === undefined ? DEFAULT_JOBS : Number(jobs);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw errors.usage('--jobs takes a number from 1 to 64', 'for example --jobs 4');
  return count;
}

/** Does the work for each item, a bounded number of them at a time; results in the order of the items. */
async function atMost<T, R>(count: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, worker));
  return results;
}

async function goOn(
  context: Context,
  vault: Vault,
  row: StoredRow<'rotation'>,
): Promise<{ view: RotationView; hasFailed: boolean }> {
  let hasFailed = false;
  try {
    hasFailed = await run(context, vault, row);
  } catch (error) {
    // A bug is no failure of one rotation.
    if (!isKnoxError(error)) throw error;
    // Somebody is at work on it just now: that is no failure.
    hasFailed = error.code !== 'rotation_in_progress';
    if (hasFailed) context.io.stderr.write(errorLines(error, context.isJson));
    else context.warn(error.code, error.message);
  }
  const view = await vault.read(async (reader) => describeRotation(reader, (await reader.get('rotation', row.id))!));
  return { view, hasFailed };
}

async function run(context: Context, vault: Vault, row: StoredRow<'rotation'>): Promise<boolean> {
  const rotation = await Rotation.load(vault, row.id);
  const isYes = context.options.yes === true || row.is_unattended === 1;
  const locks = rotation.secrets.map(({ lineage, base }) => ({ id: lineage, base }));
  const release = await lockLineages(vault, locks);
  try {
    await rotation.refresh();
    rotation.requireKeys();
    const answers = {
      ...(await readAnswers(
        context,
        {},
        rotation.secrets.map(({ base }) => base),
        [],
      )),
      isYes,
    };
    const work = await workOf(context, rotation, answers, scriptGuide(context, isYes));
    return await watched(context, vault, rotation, false, async () => {
      const stop = isRollingBack(work)
        ? await rollBack(work)
        : await advance(work, (step) => TIMED.includes(step) || (isYes && UNATTENDED.has(step)));
      if (stop.kind === 'failed') context.io.stderr.write(errorLines(stop.error, context.isJson));
      return stop.kind === 'failed';
    });
  } finally {
    await release();
  }
}

/** Steps that a timer does for a rotation that was started with --yes, or with --yes here. */
const UNATTENDED: ReadonlySet<string> = new Set(['update-staging', 'update-production', 'delete-old']);
