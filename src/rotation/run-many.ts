/** Many rotations run for somebody, one that fails not keeping the others: one for each of these secrets, or all that are under way. */
import { errors, isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { listSecrets } from '../vault/describe-secret.ts';
import type { ListedSecret } from '../vault/describe-secret.ts';
import type { View } from '../vault/view.ts';
import { activeRotations, describeRotation } from './describe-rotation.ts';
import type { RotationView } from './describe-rotation.ts';
import { activeRotationOf, lineageOf, lineagesOf } from './find-rotation.ts';
import { advance, lockLineages } from './machine.ts';
import { isRollingBack, rollBack } from './roll-back.ts';
import { Rotation } from './rotation.ts';
import { runLineages } from './run-rotation.ts';
import type { Order } from './run-rotation.ts';
import { errorOf, workOf } from './runner.ts';
import type { Runner } from './runner.ts';
import { TIMED } from './steps.ts';
import type { Answers, Stop } from './types.ts';

/** What became of one of many. */
export type OneOfMany =
  /** It went as far as it goes without anybody; where it `failed`, the error says why, and without a view it was not even begun. */
  | { readonly kind: 'ran'; readonly view: RotationView }
  | { readonly kind: 'failed'; readonly view: RotationView | null; readonly error: KnoxError }
  /** Somebody else works on it just now. */
  | { readonly kind: 'busy'; readonly view: RotationView; readonly error: KnoxError };

/**
 * Starts a rotation for each secret that `choose` names, one after the other. Those under way are taken care of, and left alone.
 * @param tell told of each as soon as it went as far as it does
 */
export async function startEach(
  runner: Runner,
  choose: (view: View, secrets: readonly ListedSecret[]) => Promise<ReadonlySet<string>>,
  order: Order,
  tell: (one: OneOfMany) => void,
): Promise<OneOfMany[]> {
  const { vault } = runner;
  vault.requireTrust();
  const lineages = await vault.look(async (view) => {
    const secrets = await listSecrets(view);
    const names = await choose(view, secrets);
    const open = secrets.filter(
      ({ name, state, rotation }) => names.has(name) && state === 'live' && rotation === null,
    );
    return lineagesOf(
      view,
      open.map(({ name }) => name),
    );
  });
  const all: OneOfMany[] = [];
  for (const lineage of lineages) {
    const one = await startOne(runner, lineage, order);
    tell(one);
    all.push(one);
  }
  return all;
}

async function startOne(runner: Runner, lineage: StoredRow<'lineage'>, order: Order): Promise<OneOfMany> {
  try {
    const result = await runLineages(runner, [lineage], order);
    const error = errorOf(result);
    return error === null ? { kind: 'ran', view: result.view } : { kind: 'failed', view: result.view, error };
  } catch (error) {
    // A bug is no failure of one rotation.
    if (!isKnoxError(error)) throw error;
    return { kind: 'failed', view: null, error };
  }
}

export interface OrderToContinue {
  /** Secrets whose rotations are meant; none for all that are under way. */
  readonly names: readonly string[];
  /** Probes and commands of so many rotations may wait at once; the vault is written by one at a time. */
  readonly jobs: number;
  readonly answers: (bases: readonly string[]) => Promise<Answers>;
}

/** Steps that a timer does for a rotation that was started with --yes, or with --yes here. */
const UNATTENDED: ReadonlySet<string> = new Set(['update-staging', 'update-production', 'delete-old']);

/**
 * Goes on with everything that needs nobody, for a timer.
 * @param tell told of each as soon as it went as far as it does @returns all of them, oldest first, or in the order of the names
 */
export async function continueMany(
  runner: Runner,
  order: OrderToContinue,
  tell: (one: OneOfMany) => void,
): Promise<OneOfMany[]> {
  const { vault } = runner;
  vault.requireTrust();
  const rows = await vault.read(async (view) => {
    await view.requireIntactWhereGiven();
    return order.names.length === 0 ? activeRotations(view) : namedRotations(view, order.names);
  });
  return atMost(order.jobs, rows, async (row) => {
    const one = await continueOne(runner, row, order);
    tell(one);
    return one;
  });
}

async function namedRotations(view: View, names: readonly string[]): Promise<StoredRow<'rotation'>[]> {
  const named = new Map<string, StoredRow<'rotation'>>();
  for (const name of names) {
    const { id, base } = await lineageOf(view, name);
    const row = await activeRotationOf(view, id);
    if (row === null)
      throw errors.rotation_not_found(`no rotation of ${base} is under way`, `start one: knox rotate ${base}`);
    named.set(row.id, row);
  }
  return [...named.values()];
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

async function continueOne(runner: Runner, row: StoredRow<'rotation'>, order: OrderToContinue): Promise<OneOfMany> {
  let error: KnoxError | null;
  let isBusy = false;
  try {
    const stop = await goOn(runner, row, order);
    error = stop.kind === 'failed' ? stop.error : null;
  } catch (thrown) {
    // A bug is no failure of one rotation.
    if (!isKnoxError(thrown)) throw thrown;
    error = thrown;
    isBusy = thrown.code === 'rotation_in_progress';
  }
  const view = await runner.vault.read(async (reader) =>
    describeRotation(reader, (await reader.get('rotation', row.id))!),
  );
  return error === null ? { kind: 'ran', view } : { kind: isBusy ? 'busy' : 'failed', view, error };
}

async function goOn(runner: Runner, row: StoredRow<'rotation'>, order: OrderToContinue): Promise<Stop> {
  const rotation = await Rotation.load(runner.vault, row.id);
  const locks = rotation.secrets.map(({ lineage, base }) => ({ id: lineage, base }));
  const release = await lockLineages(runner.vault, locks);
  try {
    await rotation.refresh();
    rotation.requireKeys();
    const given = await order.answers(rotation.secrets.map(({ base }) => base));
    const isYes = given.isYes || row.is_unattended === 1;
    const work = await workOf(runner, rotation, { ...given, isYes }, await runner.guide(isYes));
    return await runner.watch(rotation, false, () =>
      isRollingBack(work)
        ? rollBack(work)
        : advance(work, (step) => TIMED.includes(step) || (isYes && UNATTENDED.has(step))),
    );
  } finally {
    await release();
  }
}
