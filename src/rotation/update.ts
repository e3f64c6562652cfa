/**
 * Moving environments to the new version, as steps 4 and 6 do: the plan is stored before a file is touched, the file is replaced
 * whole or not at all, then the environments' records are moved in one change, then what has a deploy command is deployed. A run that
 * was cut off anywhere is taken up by what is stored and what is on disk.
 */
import { diffLines } from '../domain/diff.ts';
import type { StepId } from '../domain/step-texts.ts';
import { errors } from '../errors.ts';
import { replaceRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import { parseTemplate, rewriteNames } from '../templates/template.ts';
import { requireHook } from '../routes/hook.ts';
import type { Change } from '../vault/core/change.ts';
import type { View } from '../vault/core/view.ts';
import { concernedRoutes, namesOf } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { referencesIn, rewriteSettings } from './rewrite-settings.ts';
import { deployRoutes } from './deploy.ts';
import { elsewhereOf, newNamesIn } from './file-names.ts';
import type { Elsewhere } from './file-names.ts';
import { putMoved, requireMovable } from './put-moved.ts';
import { fillDeferred } from './new-values.ts';
import { tryStored } from './try-values.ts';
import type { FileChange, Outcome, Work } from './types.ts';

/** One file, or one inline route of one environment, and what becomes of it. */
interface Plan {
  readonly path: string;
  readonly file: RootFile | null;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly changed: number;
  /** Placeholders that get another name, by their place among all of the template. */
  readonly targets: ReadonlyMap<number, string>;
  readonly routes: readonly Concerned[];
}

/**
 * Updates these environments, all of production or none of it.
 * @returns null when everything is rewritten and deployed
 */
export async function updateEnvironments(
  work: Work,
  step: StepId,
  environments: readonly string[],
): Promise<Outcome | null> {
  const { rotation, vault, guide } = work;
  const routes = await vault.read((view) => concernedRoutes(view, rotation, work.root, work.project));
  const plans = await planFor(work, routes, environments);
  const own = routes.filter(({ environment }) => environments.includes(environment));
  const deploys = own.filter(
    (route) =>
      route.record.deployCommand !== null &&
      (rotation.route(work.project, route.path, route.environment)?.deployedAt ?? null) === null,
  );
  const changes = plans.filter(({ changed }) => changed > 0).map(changeOf);
  if (changes.length + deploys.length > 0) {
    const said = deploys.map(({ path, environment, record }) => ({
      path,
      environment,
      command: record.deployCommand!,
    }));
    if ((await guide.confirmUpdate(step, changes, said)) !== true) {
      const files = changes.map(({ path }) => path);
      const places = deploys.map(({ path, environment }) => ({ path, environment }));
      const why = { of: 'apply', files, deploys: places } as const;
      return { kind: 'waits', needs: { kind: 'confirm', until: null, environments, why } };
    }
  }
  for (const { record } of deploys) await requireHook(record, 'deploy', work.services.gate);
  for (const plan of plans) await requireMovableAll(work, plan, environments);
  const missing = await fillDeferred(work, environments);
  if (missing !== null) return missing;
  if (changes.length > 0 || environments.some((name) => !rotation.isUpdated(name))) {
    // A file is touched for all that it is registered for, production among them at step 4.
    const touched = new Set([...own, ...plans.flatMap((plan) => plan.routes)]);
    const refused = await tryStored(work, step, [...touched]);
    if (refused !== null) return refused;
  }
  await writePlans(work, plans);
  await moveEnvironments(work, plans, own, environments);
  return deployRoutes(work, step, environments);
}

async function planFor(work: Work, routes: readonly Concerned[], environments: readonly string[]): Promise<Plan[]> {
  const { vault, rotation, project } = work;
  const elsewhere = await vault.read((view) => elsewhereOf(view, rotation, { project, texts: routes }));
  const own = routes.filter(({ environment }) => environments.includes(environment));
  const keys = [...new Set(own.map(placeOf))];
  return keys.map((key) => {
    const together = routes.filter((route) => placeOf(route) === key);
    requireMoved(work, together);
    return planOf(together, elsewhere);
  });
}

/** A file is one place for all its environments; an inline route has a text for each. */
function placeOf({ path, file, environment }: Concerned): string {
  return file === null ? `${path} ${environment}` : path;
}

/** A file that also serves an environment which this rotation leaves out would name a version that is not there. */
function requireMoved({ rotation }: Work, together: readonly Concerned[]): void {
  const left = together.find(({ environment }) => !rotation.environments.includes(environment));
  if (left === undefined) return;
  const to = rotation.secrets[0]!.to;
  throw errors.value_missing(
    `${left.path} is registered for ${left.environment} too, where ${to} has no value`,
    `add the old version's value there before a rotation, or: knox route remove ${left.path} -e ${left.environment}`,
  );
}

function planOf(together: readonly Concerned[], elsewhere: Elsewhere): Plan {
  const [{ path, file, template, record }] = together as [Concerned, ...Concerned[]];
  const targets = newNamesIn(together, elsewhere, file !== null);
  const { output, changed } = rewriteNames(template, (_placeholder, index) => targets.get(index) ?? null);
  const before = file?.bytes ?? Buffer.from(record.template!, 'utf8');
  return { path, file, before, after: output, changed, targets, routes: together };
}

/**
 * The names to put back at a rollback, by the order of the lineages' placeholders; null where nothing is changed. What a run before this one
 * wrote down still tells what was there: its file may have been written already.
 */
function originalsOf({ rotation, project }: Work, { targets }: Plan, route: Concerned): (string | null)[] {
  const { path, environment, mine } = route;
  const found = mine.map(({ index, placeholder }) => (targets.has(index) ? placeholder.name : null));
  const known = rotation.route(project, path, environment)?.originals ?? null;
  return known?.length === found.length ? found.map((name, index) => name ?? known[index] ?? null) : found;
}

function changeOf({ path, before, after, routes }: Plan): FileChange {
  return {
    path,
    environments: routes.map(({ environment }) => environment),
    hunks: diffLines(Buffer.from(before).toString('utf8'), Buffer.from(after).toString('utf8')),
  };
}

/** The plan first, then the files: a crash between the two leaves a plan, never a file that nobody knows of. */
async function writePlans(work: Work, plans: readonly Plan[]): Promise<void> {
  const { rotation, project } = work;
  if (plans.some((plan) => plan.changed > 0 || !isPlanned(work, plan))) {
    const files = plans.filter(({ changed }) => changed > 0).map(({ path }) => path);
    await rotation.change({ action: 'rotation-plan', detail: { files } }, async (change) => {
      for (const plan of plans) {
        for (const route of plan.routes) {
          const { path, environment } = route;
          const all = originalsOf(work, plan, route);
          const originals = all.some((name) => name !== null) ? all : null;
          const plannedAt = rotation.route(project, path, environment)?.plannedAt ?? change.at;
          await rotation.putRoute(change, environment, { project, path }, { originals, plannedAt });
        }
      }
    });
  }
  for (const { file, after, changed } of plans) {
    if (file !== null && changed > 0) replaceRootFile(file, after);
  }
}

function isPlanned({ rotation, project }: Work, { routes }: Plan): boolean {
  return routes.every(
    ({ path, environment }) => (rotation.route(project, path, environment)?.plannedAt ?? null) !== null,
  );
}

/** One change: what the routes name now, and the environments' move to the new version. */
async function moveEnvironments(
  work: Work,
  plans: readonly Plan[],
  own: readonly Concerned[],
  environments: readonly string[],
): Promise<void> {
  const { rotation, project } = work;
  const isWritten = own.every(
    ({ path, environment }) => (rotation.route(project, path, environment)?.writtenAt ?? null) !== null,
  );
  const isChanged = plans.some(({ changed }) => changed > 0);
  if (isWritten && !isChanged && environments.every((name) => rotation.isUpdated(name))) return;
  const action = {
    action: 'rotation-update',
    detail: { environments, files: own.map(({ path }) => path), ...work.answers.guards.record() },
  };
  await rotation.change(action, async (change) => {
    for (const plan of plans) await moveRoutes(work, change, plan, environments);
    for (const environment of environments) {
      for (const { base } of rotation.secrets) await moveSecret(rotation, change, base, environment);
    }
  });
}

/** From here on the environment is on the new version. */
async function moveSecret(
  rotation: Work['rotation'],
  change: Change,
  base: string,
  environment: string,
): Promise<void> {
  const record = rotation.record(base, environment);
  if (record === null || record.updatedAt !== null) return;
  await rotation.putSecret(change, environment, base, { updatedAt: change.at, updatedEntry: change.seq });
  const lineage = (await change.get('lineage', environment, base))!;
  await change.update(lineage, { current: record.to, previous: record.from, movedAt: change.at });
}

async function moveRoutes(work: Work, change: Change, plan: Plan, environments: readonly string[]): Promise<void> {
  const { rotation, project } = work;
  const after = parseTemplate(plan.after);
  for (const route of plan.routes) {
    const { record, path, environment } = route;
    const moved = await movedRoute(change, work, plan, route, environments);
    await putMoved(change, record, { ...moved, names: referencesIn(moved, after) });
    if (environments.includes(environment))
      await rotation.putRoute(change, environment, { project, path }, { writtenAt: change.at });
  }
}

/** What a probe sends follows with its environment; the text is the same for all. */
async function movedRoute(
  view: View,
  { rotation }: Work,
  { after }: Plan,
  { record, environment, file }: Concerned,
  environments: readonly string[],
) {
  const template = file === null ? Buffer.from(after).toString('utf8') : record.template;
  const live = environments.includes(environment) ? await newNames(view, rotation, environment) : null;
  return { ...rewriteSettings(record, (name) => live?.get(name) ?? null), template };
}

async function requireMovableAll(work: Work, plan: Plan, environments: readonly string[]): Promise<void> {
  for (const route of plan.routes) {
    const moved = await work.vault.read((view) => movedRoute(view, work, plan, route, environments));
    await requireMovable(work, route.record, moved);
  }
}

/** For each name of a version that lives in the environment, the name of the version to come. */
async function newNames(view: View, rotation: Work['rotation'], environment: string): Promise<Map<string, string>> {
  const names = [...(await namesOf(view, rotation, environment))].filter(([, { version }]) => version !== null);
  return new Map(names.map(([name, { secret }]) => [name, secret.to]));
}
