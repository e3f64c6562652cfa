/**
 * Going back: `--rollback` until the old value was revoked. It is written down before the first file is touched, so that one that was cut
 * off is finished before anything else. What can go back does, whatever keeps the rest: that is stored as what the rotation needs, until a
 * run finds nothing left, here and in every other project whose files were rewritten.
 */
import { errors, exitOf, isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { commandOf } from '../routes/hook.ts';
import { readableRoutes } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { endEarly, noWayBack, requireUnconsumed } from './end-early.ts';
import { beginCommand } from './begin-command.ts';
import { isSameRoute, sayByHand, sayForgotten } from './deploy-by-hand.ts';
import { hookRoute } from './hook-route.ts';
import { firstLine } from './kept-text.ts';
import { leftText } from './needs-text.ts';
import { revokeNew } from './revoke-new.ts';
import { isTouched, moveRouteBack, restoreFiles, unreadableFailures } from './restore-files.ts';
import type { Failure } from './restore-files.ts';
import { enableOld } from './revoke.ts';
import { consumedPlaces } from './sources.ts';
import type { Left, Needs, Stop, Work } from './types.ts';

/** Whether a rollback was begun and not finished. */
export function isRollingBack({ rotation }: Work): boolean {
  return rotation.state === 'rolling-back';
}

/** Whether there is something to take back, and a way. */
export async function canRollBack(work: Work): Promise<boolean> {
  const { environments, routes } = work.rotation.rows;
  const isBegun = environments.some(({ updated_at: at }) => at !== null) || routes.some((row) => isTouched(row));
  const isRevoked = environments.some(({ revoked_at: at }) => at !== null);
  return isBegun && !isRevoked && (await consumedPlaces(work)).length === 0;
}

/**
 * Takes it back as far as it goes now.
 * @returns `done` where all of it is back; `failed` with everything that is left; `waits` where only other projects are left
 * @throws no_way_back
 */
export async function rollBack(work: Work): Promise<Stop> {
  const { rotation, vault } = work;
  if (rotation.isDone('delete-old') || rotation.rows.environments.some(({ revoked_at: at }) => at !== null))
    throw noWayBack(rotation);
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
    const registered = await vault.read((view) => view.find('registration'));
    const open = rotation.rows.routes.filter(
      (row) =>
        row.project !== project &&
        isTouched(row) &&
        // Where neither a file was rewritten nor anything deployed, nothing has to go back.
        (row.originals !== null || row.deploy_started_at !== null) &&
        registered.some((known) => isSameRoute(known, row)),
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

/** Before anything is written down: an old value that its source no longer knows cannot be let in again. @throws no_way_back */
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
  const options = JSON.stringify({ ...rotation.options, rollback: { reason, at: vault.now().toISOString() } });
  await rotation.change({ action: 'rotation-rollback', detail: { reason } }, (change) =>
    rotation.putTerms(change, { options }, { state: 'active', needs: null, wait_until: null }),
  );
}

/** Everything of this project. @returns what could not go back */
async function takeBack(work: Work): Promise<Failure[]> {
  const { rotation, vault, root, project } = work;
  try {
    // Whatever goes back needs the old value to be let in.
    if (rotation.rows.environments.some(({ disabled_at: at }) => at !== null)) await enableOld(work);
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return [{ path: null, environments: rotation.environments, said: firstLine(error), error }];
  }
  const read = await vault.read((view) => readableRoutes(view, rotation, root, project));
  const moved = read.routes.filter(({ environment }) => rotation.environments.includes(environment));
  const gone = unreadableFailures(work, read.unreadable);
  const unread = new Set(read.unreadable.map(({ path }) => path));
  const failures = [...gone, ...(await restoreFiles(work, moved, unread))];
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
  const rows = rotation.rows.routes.filter(
    (row) => row.project === project && !stuck.has(row.path) && row.planned_at !== null,
  );
  const isMoved = rotation.rows.environments.some(({ updated_at: at }) => at !== null);
  if (rows.length === 0 && !isMoved) return;
  const byHand = rows.filter((row) => row.deployed_at !== null && row.deploy_started_at === null);
  await rotation.change({ action: 'rotation-moved-back' }, async (change) => {
    for (const route of routes) await moveRouteBack(work, change, route);
    for (const { entry: _entry, tag: _tag, ...row } of rows) {
      const deployed_at = row.deploy_started_at === null ? null : row.deployed_at;
      await change.put('rotation_route', { ...row, planned_at: null, written_at: null, tested_at: null, deployed_at });
    }
    for (const { entry: _entry, tag: _tag, ...row } of rotation.rows.environments) {
      if (row.updated_at === null) continue;
      await change.put('rotation_environment', { ...row, updated_at: null, tested_at: null });
      const { lineage, environment } = row;
      const current = await change.findOne('current', { lineage, environment });
      if (current === null || current.secret !== row.to_secret) continue;
      const { entry: _e, tag: _t, ...kept } = current;
      const { from_secret: secret, from_name: name } = row;
      await change.put('current', { ...kept, secret, name, previous: null, moved_at: change.at });
    }
  });
  for (const place of byHand) sayByHand(guide, place);
}

/** Production first: that is where it hurts. Each that had been deployed is deployed again, with the old version. */
async function deployAgain(work: Work, stuck: ReadonlySet<string | null>): Promise<Failure[]> {
  const { rotation, vault, root, project } = work;
  const { routes } = await vault.read((view) => readableRoutes(view, rotation, root, project));
  const failures: Failure[] = [];
  for (const environment of [...rotation.production, ...rotation.preProduction]) {
    for (const route of routes.filter((known) => known.environment === environment && !stuck.has(known.path))) {
      const { path } = route;
      const { deploy_command: command } = route.registration;
      const known = rotation.route(project, path, environment);
      if (known === null || known.deploy_started_at === null) continue;
      try {
        if (command === null) sayByHand(work.guide, route);
        else {
          await beginCommand(work, route, 'back');
          await hookRoute(work, route, command, `${known.id}-back`);
        }
      } catch (error) {
        if (!isKnoxError(error) || error.code === 'cancelled') throw error;
        const said = firstLine(error).replace(commandOf({ route: path, environment }), () => 'its deploy command');
        failures.push({ path, environments: [environment], said, error });
        continue;
      }
      await rotation.change({ action: 'rotation-deployed', environment, route: path }, async (change) => {
        const { entry: _entry, tag: _tag, ...row } = rotation.route(project, path, environment)!;
        await change.put('rotation_route', { ...row, deploy_started_at: null, deployed_at: null, detail: null });
      });
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
  // What their programs printed is shown, and not kept.
  const kept = errorOf(
    base,
    failures,
    merged.map((one) => ({ ...one, printed: [] })),
  );
  await keep(work, { kind: 'fix', environments, left, projects }, kept.message);
  return { kind: 'failed', error };
}

/** One for each file and reason, with all its environments, and all that their programs printed. */
function mergedFailures(order: readonly string[], failures: readonly Failure[]): (Left & { printed: string[] })[] {
  const groups = Map.groupBy(failures, ({ path, said }) => `${path ?? ''}\n${said}`);
  return [...groups.values()].map((group) => ({
    path: group[0]!.path,
    said: group[0]!.said,
    environments: order.filter((name) => group.some(({ environments }) => environments.includes(name))),
    printed: [...new Set(group.flatMap(({ error }) => error.message.split('\n').slice(1).join('\n')))],
  }));
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
  const open = rotation.rows.routes.filter((row) => projects.includes(row.project) && isTouched(row));
  const environments = rotation.environments.filter((name) => open.some(({ environment }) => environment === name));
  const needs = await keep(work, { kind: 'project', environments, left: [], projects }, null);
  return { kind: 'waits', needs };
}

interface Open {
  readonly kind: 'fix' | 'project';
  readonly environments: readonly string[];
  readonly left: readonly Left[];
  readonly projects: readonly string[];
}

/** Keeps what is left with the rotation; nothing is written where that is known. */
async function keep(
  { rotation }: Work,
  { kind, environments, left, projects }: Open,
  said: string | null,
): Promise<Needs> {
  const step = rotation.current ?? 'schedule-next';
  const needs: Needs = { kind, step, until: null, environments, why: { of: 'rollback', left, projects } };
  const text = JSON.stringify(needs);
  if (rotation.row.needs === text) return needs;
  const [action, state] =
    kind === 'fix' ? (['rotation-failed', 'failed'] as const) : (['rotation-waits', 'waiting'] as const);
  const detail = { step, needs: kind, environments, said, projects };
  await rotation.change({ action, detail }, (change) => rotation.put(change, { state, needs: text, wait_until: null }));
  return needs;
}
