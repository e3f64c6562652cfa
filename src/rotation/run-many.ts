/** Many rotations run for somebody, one that fails not keeping the others: one for each of these secrets, or all that are under way. */
import { errors, isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { listSecrets } from '../vault/secrets/describe-secret.ts';
import type { ListedSecret } from '../vault/secrets/describe-secret.ts';
import type { View } from '../vault/core/view.ts';
import { activeRotations, describeRotation } from './describe-rotation.ts';
import type { RotationView } from './describe-rotation.ts';
import { activeRotationOf, baseOf, basesOf } from './find-rotation.ts';
import { advance, lockLineages } from './machine.ts';
import { ReadRotation } from './read-rotation.ts';
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
  const open = await vault.look(async (view) => {
    const secrets = await listSecrets(view);
    const names = await choose(view, secrets);
    return secrets.filter(({ name, state }) => names.has(name) && state === 'live').map(({ name }) => name);
  });
  const done = new Set<string>();
  const all: OneOfMany[] = [];
  for (const name of open) {
    const one = await startOne(runner, name, order, done);
    if (one === null) continue;
    tell(one);
    all.push(one);
  }
  return all;
}

/** @param done bases of the secrets that were seen to @returns null where it is one of them, or is being rotated */
async function startOne(runner: Runner, name: string, order: Order, done: Set<string>): Promise<OneOfMany | null> {
  try {
    const base = await runner.vault.look(async (view) => {
      const [own] = (await basesOf(view, [name])) as [string];
      return (await activeRotationOf(view, own)) === null ? own : null;
    });
    if (base === null || done.has(base)) return null;
    done.add(base);
    const result = await runLineages(runner, [base], order);
    const error = errorOf(result);
    return error === null ? { kind: 'ran', view: result.view } : { kind: 'failed', view: result.view, error };
  } catch (error) {
    // A bug is not a failure of one rotation.
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
  const found = await vault.read((view) =>
    order.names.length === 0 ? activeRotations(view) : namedRotations(view, order.names),
  );
  return atMost(order.jobs, found, async ({ id }) => {
    const one = await continueOne(runner, id, order);
    tell(one);
    return one;
  });
}

async function namedRotations(view: View, names: readonly string[]): Promise<ReadRotation[]> {
  const named = new Map<string, ReadRotation>();
  for (const name of names) {
    const base = await baseOf(view, name);
    const rotation = await activeRotationOf(view, base);
    if (rotation === null)
      throw errors.rotation_not_found(`no rotation of ${base} is in progress`, `start one: knox rotate ${base}`);
    named.set(rotation.id, rotation);
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

async function continueOne(runner: Runner, id: string, order: OrderToContinue): Promise<OneOfMany> {
  let error: KnoxError | null;
  let isBusy = false;
  try {
    const stop = await goOn(runner, id, order);
    error = stop.kind === 'failed' ? stop.error : null;
  } catch (thrown) {
    // A bug is not a failure of one rotation.
    if (!isKnoxError(thrown)) throw thrown;
    error = thrown;
    isBusy = thrown.code === 'rotation_in_progress';
  }
  const view = await runner.vault.read(async (reader) =>
    describeRotation(reader, await ReadRotation.read(reader, id), runner.moments),
  );
  return error === null ? { kind: 'ran', view } : { kind: isBusy ? 'busy' : 'failed', view, error };
}

async function goOn(runner: Runner, id: string, order: OrderToContinue): Promise<Stop> {
  const rotation = await Rotation.load(runner.vault, id);
  const release = await lockLineages(
    runner.vault,
    rotation.secrets.map(({ base }) => base),
  );
  try {
    await rotation.refresh();
    rotation.requireKeys(rotation.state === 'rolling-back');
    const given = await order.answers(rotation.secrets.map(({ base }) => base));
    const isYes = given.isYes || rotation.isUnattended;
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
