/** One rotation run for somebody: started or taken up where it stands, hurried where its value has leaked, as far as it goes now. */
import { errors } from '../errors.ts';
import type { Vault } from '../vault/opening/vault.ts';
import { versionsIn } from '../vault/secrets/find-secret.ts';
import { incidentText } from './describe-rotation.ts';
import { basesOf, commonRotation, withCompanions } from './find-rotation.ts';
import { reportIncident } from './incident.ts';
import { advance, lockLineages } from './machine.ts';
import { canRollBack, isRollingBack, rollBack } from './roll-back.ts';
import { Rotation } from './rotation.ts';
import { describe, resultOf, workOf } from './runner.ts';
import type { Runner, RunResult } from './runner.ts';
import { hasDeferred } from './sources.ts';
import { startRotation } from './start.ts';
import { changeTiming, DEFAULT_WINDOW, hoursOf } from './timing.ts';
import type { Timing } from './timing.ts';
import type { Answers, Work } from './types.ts';

/** A value that is known to have leaked. */
export interface Leak {
  readonly reason: string;
  /** The old value is revoked before anything moves. */
  readonly revokeFirst: boolean;
}

/** What is said beforehand. */
export interface Given {
  readonly answers: Answers;
  /** Null where nothing has leaked. */
  readonly leak: Leak | null;
}

/** How a rotation is to be run. */
export interface Order {
  readonly timing: Timing;
  /**
   * Asked for once nobody else can work on it.
   * @param bases the secrets of the rotation @param environments those that a value may be for, `shared` among them
   */
  readonly given: (bases: readonly string[], environments: readonly string[]) => Promise<Given>;
}

/**
 * Rotates these secrets together, or continues the rotation that they are in.
 * @throws rotation_in_progress, and whatever does not stay with the rotation
 */
export async function runRotation(runner: Runner, names: readonly string[], order: Order): Promise<RunResult> {
  const { vault } = runner;
  vault.requireTrust();
  const bases = await vault.read(async (view) => withCompanions(view, await basesOf(view, names)));
  return runLineages(runner, bases, order);
}

/** The same, of lineages by their bases. */
export async function runLineages(runner: Runner, bases: readonly string[], order: Order): Promise<RunResult> {
  const release = await lockLineages(runner.vault, bases);
  try {
    return await goOn(runner, bases, order);
  } finally {
    await release();
  }
}

async function goOn(runner: Runner, bases: readonly string[], order: Order): Promise<RunResult> {
  const { vault } = runner;
  const places = await placesOf(vault, bases);
  const given = await order.given(bases, places);
  const known = await vault.read((view) => commonRotation(view, bases));
  const id = known?.id ?? (await start(runner, bases, order, given.answers));
  const rotation = await Rotation.load(vault, id);
  await requireWhole(vault, bases);
  rotation.requireKeys(rotation.state === 'rolling-back');
  const work = await workOf(runner, rotation, given.answers, await runner.guide(given.answers.isYes));
  return runner.watch(rotation, work.guide.canAsk, async () => {
    if (isRollingBack(work)) return goOnBack(runner, work, given);
    if (known !== null) await changeTiming(work, order.timing);
    return goForward(work, given);
  });
}

async function start(
  { vault, project }: Runner,
  bases: readonly string[],
  { timing }: Order,
  answers: Answers,
): Promise<string> {
  return startRotation(vault, bases, {
    project,
    source: answers.generate === null ? null : 'generate',
    window: timing.window ?? DEFAULT_WINDOW,
    quarantine: timing.quarantine ?? 0,
    options: hoursOf(timing),
    isUnattended: answers.isYes,
    record: answers.guards.record(),
  });
}

async function goForward(work: Work, { leak }: Given): Promise<RunResult> {
  const { guide } = work;
  if (leak?.revokeFirst === true && (await hasDeferred(work)))
    throw errors.usage(
      'a token that is revoked first cannot be renewed',
      'drop --revoke-first: --compromised does not wait either',
    );
  if (leak !== null) await reportIncident(work, leak);
  const { incident } = await describe(work);
  if (incident !== null) guide.opens(incidentText(incident, work.moments));
  let stop = await advance(work);
  while (stop.kind === 'failed' && guide.canAsk) {
    const choice = await guide.afterFailure(stop.error, await canRollBack(work));
    if (choice === 'leave') break;
    if (choice === 'rollback') return resultOf(work, await rollBack(work));
    stop = await advance(work);
  }
  return resultOf(work, stop);
}

/** A rollback that was begun comes before anything else. @throws rotation_in_progress for what would go the other way */
async function goOnBack(runner: Runner, work: Work, { leak }: Given): Promise<RunResult> {
  const { base } = work.rotation.secrets[0]!;
  if (leak !== null)
    throw errors.rotation_in_progress(
      `${base} is being rolled back`,
      `finish that first: knox rotate ${base}`,
      `then: knox rotate ${base} --compromised --reason TEXT`,
    );
  runner.warn('rollback_unfinished', `a rollback of ${base} is not finished: continuing it`);
  if ([...work.answers.values.values()].some(({ size }) => size > 0))
    runner.warn('value_ignored', 'the values given are ignored: the rotation is being rolled back');
  return resultOf(work, await rollBack(work));
}

/** Environments that a new value may be for. */
async function placesOf(vault: Vault, bases: readonly string[]): Promise<string[]> {
  return vault.read(async (view) => {
    const held = new Set<string>();
    for (const base of bases) {
      for (const lineage of await view.getAcross('lineage', base)) {
        const versions = await versionsIn(view, lineage);
        if (versions.some(({ state, value }) => state === 'live' && value !== null)) held.add(lineage.realm);
      }
    }
    return view.realmNames().filter((name) => held.has(name));
  });
}

/** A rotation of several secrets is taken up as a whole: one that was started since the locks were taken is another process's. */
async function requireWhole(vault: Vault, bases: readonly string[]): Promise<void> {
  const all = await vault.read((view) => withCompanions(view, bases));
  const missing = all.filter((base) => !bases.includes(base));
  if (missing.length === 0) return;
  throw errors.rotation_in_progress(
    `${bases.join(', ')} is being rotated together with ${missing.join(', ')}`,
    `rotate all of them: knox rotate ${all.join(' ')}`,
  );
}
