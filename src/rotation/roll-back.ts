/**
 * Going back: `--rollback` until the old value was revoked. It is written down before the first file is touched, so that one that was cut
 * off is finished before anything else. What can go back does, whatever keeps the rest: that is stored as what the rotation needs, until a
 * run finds nothing left, here and in every other project whose files were rewritten.
 */
import { isDeepStrictEqual } from 'node:util';
import { errors, exitOf, isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { commandOf } from '../routes/hook.ts';
import type { Change } from '../vault/core/change.ts';
import type { RouteRecord } from '../vault/records/kinds.ts';
import type { Rotation } from './rotation.ts';
import { readableRoutes } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { endEarly, isBegun, noWayBack, requireUnconsumed } from './end-early.ts';
import { beginCommand } from './begin-command.ts';
import { sayByHand, sayForgotten } from './deploy-by-hand.ts';
import { hookRoute } from './hook-route.ts';
import { stepOf } from './merge-parts.ts';
import { leftText } from './needs-text.ts';
import { revokeNew } from './revoke-new.ts';
import { keptLine, isTouched, moveRouteBack, requireBack, restoreFiles, unreadableFailures } from './restore-files.ts';
import type { Failure } from './restore-files.ts';
import { enableOld } from './revoke.ts';
import { consumedPlaces } from './sources.ts';
import type { Needs, RotatedSecret } from '../domain/rotation-record.ts';
import type { Left } from '../domain/step-facts.ts';
import type { Stop, Work } from './types.ts';

/** Whether a rollback was begun and not finished. */
export function isRollingBack({ rotation }: Work): boolean {
  return rotation.state === 'rolling-back';
}

/** Whether the old value is gone in any environment. */
function isPastReturn({ parts, isRevoked }: Rotation): boolean {
  return isRevoked || parts.some((part) => stepOf(part, 'delete-old').state !== 'todo');
}

/** Whether there is something to take back, and a way. */
export async function canRollBack(work: Work): Promise<boolean> {
  const { rotation } = work;
  return isBegun(rotation) && !isPastReturn(rotation) && (await consumedPlaces(work)).length === 0;
}

/**
 * Takes it back as far as it goes now.
 * @returns `done` where all of it is back; `failed` with everything that is left; `waits` where only other projects are left
 * @throws no_way_back
 */
export async function rollBack(work: Work): Promise<Stop> {
  const { rotation, vault } = work;
  if (isPastReturn(rotation)) throw noWayBack(rotation);
  await requireUnconsumed(work);
  await refuseGone(work);
  await begin(work);
  const failures = await takeBack(work);
  const projects = await openProjects(work);
  if (failures.length > 0) return failed(work, failures, projects);
  if (projects.length > 0) return waitsFor(work, projects);
  await sayForgotten(work);
  await endEarly(work, 'rolled-back');
  return revokeLast(work);

  async function openProjects({ project }: Work): Promise<string[]> {
    const registered = await vault.read(async (view) => {
      const found: RouteRecord[] = [];
      for (const environment of rotation.environments) found.push(...(await view.all('route', environment)));
      return new Set(found.map(({ project: own, path, realm }) => JSON.stringify([own, path, realm])));
    });
    const open = rotation.routes().filter(
      (row) =>
        row.project !== project &&
        isTouched(row) &&
        // Where neither a file was rewritten nor anything deployed, nothing has to go back.
        (row.originals !== null || row.deployStartedAt !== null) &&
        registered.has(JSON.stringify([row.project, row.path, row.environment])),
    );
    return [...new Set(open.map((row) => row.project))].toSorted();
  }
}

/** It is taken back, whatever becomes of the new values. */
async function revokeLast(work: Work): Promise<Stop> {
  try {
    await revokeNew(work);
    return { kind: 'done' };
  } catch (error) {
    if (!isKnoxError(error) || error.code === 'cancelled') throw error;
    return { kind: 'failed', error };
  }
}

/** Before anything is written down: an old value that its source no longer knows cannot be accepted again. @throws no_way_back */
async function refuseGone(work: Work): Promise<void> {
  try {
    await enableOld(work);
  } catch (error) {
    // What may pass is told with the rest of what could not go back.
    if (!isKnoxError(error) || error.code === 'no_way_back') throw error;
  }
}

async function begin({ rotation, vault, answers }: Work): Promise<void> {
  if (rotation.options.rollback !== undefined) return;
  const { reason } = answers.guards;
  const rollback = { reason, at: vault.now().toISOString() };
  await rotation.change({ action: 'rotation-rollback', detail: { reason } }, async (change) => {
    await rotation.putTerms(change, ({ options }) => ({ options: { ...options, rollback } }));
    await rotation.put(change, { state: 'active', needs: null, waitUntil: null });
  });
}

/** Everything of this project. @returns what could not go back */
async function takeBack(work: Work): Promise<Failure[]> {
  const { rotation, vault, root, project } = work;
  try {
    // Whatever goes back needs the old value to be accepted.
    if (rotation.parts.some(({ secrets }) => secrets.some(({ disabledAt }) => disabledAt !== null)))
      await enableOld(work);
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return [{ path: null, environments: rotation.environments, said: keptLine(error), error }];
  }
  const read = await vault.read((view) => readableRoutes(view, rotation, root, project));
  const moved = read.routes.filter(({ environment }) => rotation.environments.includes(environment));
  const closed = [...unreadableFailures(work, read.unreadable), ...(await requireBack(work, moved))];
  const unread = new Set([...read.unreadable, ...closed].flatMap(({ path }) => path ?? []));
  const failures = [...closed, ...(await restoreFiles(work, moved, unread))];
  const stuck = new Set([...unread, ...failures.map(({ path }) => path)]);
  await moveBack(
    work,
    moved.filter(({ path }) => !stuck.has(path)),
    stuck,
  );
  return [...failures, ...(await deployAgain(work, stuck))];
}

/** One change: inline routes, what the routes name, the records of routes and environments, and where these are. */
async function moveBack(work: Work, routes: readonly Concerned[], stuck: ReadonlySet<string | null>): Promise<void> {
  const { rotation, project, guide } = work;
  const rows = rotation
    .routes()
    .filter((row) => row.project === project && !stuck.has(row.path) && row.plannedAt !== null);
  const isMoved = rotation.parts.some(({ secrets }) => secrets.some(({ updatedAt }) => updatedAt !== null));
  if (rows.length === 0 && !isMoved) return;
  const byHand = rows.filter((row) => row.deployedAt !== null && row.deployStartedAt === null);
  await rotation.change({ action: 'rotation-moved-back' }, async (change) => {
    for (const route of routes) await moveRouteBack(work, change, route, routes);
    for (const { environment, path, deployStartedAt, deployedAt: at } of rows) {
      const deployedAt = deployStartedAt === null ? null : at;
      const patch = { plannedAt: null, writtenAt: null, testedAt: null, deployedAt };
      await rotation.putRoute(change, environment, { project, path }, patch);
    }
    for (const { realm, secrets } of rotation.parts)
      for (const secret of secrets.filter(({ updatedAt }) => updatedAt !== null))
        await moveSecretBack(change, rotation, { realm, secret });
  });
  for (const place of byHand) sayByHand(guide, place);
}

async function moveSecretBack(
  change: Change,
  rotation: Rotation,
  { realm, secret: { base, from, to } }: { readonly realm: string; readonly secret: RotatedSecret },
): Promise<void> {
  await rotation.putSecret(change, realm, base, { updatedAt: null, updatedEntry: null, testedAt: null });
  const lineage = await change.get('lineage', realm, base);
  if (lineage?.current === to) await change.update(lineage, { current: from, previous: null, movedAt: change.at });
}

/** Production first: that is where it hurts. Each that had been deployed is deployed again, with the old version. */
async function deployAgain(work: Work, stuck: ReadonlySet<string | null>): Promise<Failure[]> {
  const { rotation, vault, root, project } = work;
  const { routes } = await vault.read((view) => readableRoutes(view, rotation, root, project));
  const failures: Failure[] = [];
  for (const environment of [...rotation.production, ...rotation.preProduction]) {
    for (const route of routes.filter((known) => known.environment === environment && !stuck.has(known.path))) {
      const { path } = route;
      const { deployCommand: command } = route.record;
      const known = rotation.route(project, path, environment);
      if (known === null || known.deployStartedAt === null) continue;
      try {
        if (command === null) sayByHand(work.guide, route);
        else {
          await beginCommand(work, route, 'back');
          await hookRoute(work, route, 'back');
        }
      } catch (error) {
        if (!isKnoxError(error) || error.code === 'cancelled') throw error;
        const said = keptLine(error).replace(commandOf(route.record), () => 'its deploy command');
        failures.push({ path, environments: [environment], said, error });
        continue;
      }
      await rotation.change({ action: 'rotation-deployed', environment, route: path }, (change) =>
        rotation.putRoute(
          change,
          environment,
          { project, path },
          { deployStartedAt: null, deployedAt: null, begun: null, isVouched: false },
        ),
      );
    }
  }
  return failures;
}

async function failed(work: Work, failures: readonly Failure[], projects: readonly string[]): Promise<Stop> {
  const { rotation } = work;
  const { base } = rotation.secrets[0]!;
  const merged = mergedFailures(rotation.environments, failures);
  const error = errorOf(base, failures, merged);
  const left = merged.map(({ path, environments: places, said }) => ({ path, environments: places, said }));
  const places = new Set(failures.flatMap(({ environments }) => environments));
  const environments = rotation.environments.filter((name) => places.has(name));
  await keep(work, { kind: 'fix', environments, left, projects });
  return { kind: 'failed', error };
}

/** One for each file and reason, with all its environments, and all that their programs printed. */
function mergedFailures(order: readonly string[], failures: readonly Failure[]): (Left & { printed: string[] })[] {
  const groups = Map.groupBy(failures, ({ path, said }) => `${path ?? ''}\n${said}`);
  return [...groups.values()].map((group) => ({
    path: group[0]!.path,
    said: group[0]!.said,
    environments: order.filter((name) => group.some(({ environments }) => environments.includes(name))),
    printed: [...new Set(group.map(({ error }) => unkept(error)))],
  }));
}

/** What its message says beyond what is kept of it. */
function unkept({ message, kept }: KnoxError): string {
  const [first, ...rest] = message.split('\n');
  return first === kept.said ? rest.join('\n') : message;
}

function errorOf(
  base: string,
  failures: readonly Failure[],
  merged: readonly (Left & { readonly printed: readonly string[] })[],
): KnoxError {
  const lines = merged.flatMap((left) => [leftText(left), ...left.printed.filter((text) => text !== '')]);
  const codes = new Set(failures.map(({ error }) => error.code));
  const [code] = codes;
  const hints = [...new Set(failures.flatMap(({ error }) => error.hints[0] ?? []))];
  const build = codes.size === 1 && exitOf(code!) === 1 ? errors[code!] : errors.incomplete;
  const text = lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`).join('\n');
  return build(`the rollback of ${base} is not finished:\n${text}`, ...hints, `then: knox rotate ${base}`);
}

async function waitsFor(work: Work, projects: readonly string[]): Promise<Stop> {
  const { rotation } = work;
  const open = rotation.routes().filter((row) => projects.includes(row.project) && isTouched(row));
  const environments = rotation.environments.filter((name) => open.some(({ environment }) => environment === name));
  const needs = await keep(work, { kind: 'project', environments, left: [], projects });
  return { kind: 'waits', needs };
}

interface Open {
  readonly kind: 'fix' | 'project';
  readonly environments: readonly string[];
  readonly left: readonly Left[];
  readonly projects: readonly string[];
}

/** Keeps what is left with the rotation; nothing is written where that is known. */
async function keep({ rotation }: Work, { kind, environments, left, projects }: Open): Promise<Needs> {
  const step = rotation.current ?? 'schedule-next';
  const needs: Needs = { kind, step, until: null, environments, why: { of: 'rollback', left, projects } };
  if (rotation.parts.every((part) => isDeepStrictEqual(part.needs, needs))) return needs;
  const [action, state] =
    kind === 'fix' ? (['rotation-failed', 'failed'] as const) : (['rotation-waits', 'waiting'] as const);
  const detail = { step, needs: kind, environments, left, projects };
  await rotation.change({ action, detail }, (change) => rotation.put(change, { state, needs, waitUntil: null }));
  return needs;
}
