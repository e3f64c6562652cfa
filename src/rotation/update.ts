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
import type { Change } from '../vault/change.ts';
import { concernedRoutes, namesOf } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { rewriteSettings, withReferences } from './rewrite-settings.ts';
import { deployRoutes } from './deploy.ts';
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
  /** The names to put back at a rollback, by the order of the lineages' placeholders; null where nothing is changed. */
  readonly originals: readonly (string | null)[];
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
  const plans = planFor(work, routes, environments);
  const own = routes.filter(({ environment }) => environments.includes(environment));
  const deploys = own.filter(
    (route) =>
      route.registration.deploy_command !== null &&
      (rotation.route(work.project, route.path, route.environment)?.deployed_at ?? null) === null,
  );
  const changes = plans.filter(({ changed }) => changed > 0).map(changeOf);
  if (changes.length + deploys.length > 0) {
    const said = deploys.map(({ path, environment, registration }) => ({
      path,
      environment,
      command: registration.deploy_command!,
    }));
    if ((await guide.confirmUpdate(step, changes, said)) !== true) {
      const next = `${whatToApply(changes.length, said)}: knox rotate ${rotation.secrets[0]!.base} --yes`;
      return { kind: 'waits', needs: { kind: 'confirm', until: null, environments, next } };
    }
  }
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

/** Where the files are written already, only a deploy command is left. */
function whatToApply(
  changes: number,
  deploys: readonly { readonly path: string; readonly environment: string }[],
): string {
  if (changes > 0) return 'Review the changes above and apply them';
  const places = deploys.map(({ path, environment }) => `${path} (${environment})`).join(', ');
  return `Run the deploy command${deploys.length === 1 ? '' : 's'} of ${places}`;
}

function planFor(work: Work, routes: readonly Concerned[], environments: readonly string[]): Plan[] {
  const own = routes.filter(({ environment }) => environments.includes(environment));
  const keys = [...new Set(own.map(placeOf))];
  return keys.map((key) => {
    const together = routes.filter((route) => placeOf(route) === key);
    requireMoved(work, together);
    return planOf(work, together);
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
  const to = rotation.secrets[0]!.to_name;
  throw errors.value_missing(
    `${left.path} is registered for ${left.environment} too, where ${to} has no value`,
    `store the old version's value there before a rotation, or: knox route remove ${left.path} -e ${left.environment}`,
  );
}

function planOf(work: Work, together: readonly Concerned[]): Plan {
  const [{ path, file, template, registration, mine }] = together as [Concerned, ...Concerned[]];
  const targets = new Map<number, string>();
  const originals = mine.map(({ index, placeholder, secret, version }) => {
    if (placeholder.at !== null || placeholder.name === secret.to_name || version === null) return null;
    targets.set(index, secret.to_name);
    return placeholder.name;
  });
  const { output, changed } = rewriteNames(template, (_placeholder, index) => targets.get(index) ?? null);
  const before = file?.bytes ?? Buffer.from(registration.template!, 'utf8');
  const known = storedOriginals(work, together);
  return { path, file, before, after: output, changed, originals: merge(originals, known), routes: together };
}

function storedOriginals({ rotation, project }: Work, together: readonly Concerned[]): (string | null)[] | null {
  for (const { path, environment } of together) {
    const text = rotation.route(project, path, environment)?.originals ?? null;
    if (text !== null) return JSON.parse(text) as (string | null)[];
  }
  return null;
}

/** What a run before this one wrote down still tells what was there: its file may have been written already. */
function merge(found: readonly (string | null)[], known: readonly (string | null)[] | null): (string | null)[] {
  if (known === null) return [...found];
  if (known.length === found.length) return found.map((name, index) => name ?? known[index] ?? null);
  return [...found];
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
        for (const { path, environment } of plan.routes) {
          const {
            entry: _entry,
            tag: _tag,
            ...row
          } = rotation.route(project, path, environment) ?? {
            ...emptyRoute(change, work, path, environment),
          };
          const hasOriginals = plan.originals.some((name) => name !== null);
          const originals = hasOriginals ? JSON.stringify(plan.originals) : null;
          await change.put('rotation_route', { ...row, originals, planned_at: row.planned_at ?? change.at });
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
    ({ path, environment }) => (rotation.route(project, path, environment)?.planned_at ?? null) !== null,
  );
}

/** The row of a route that the rotation had nothing to do with so far. */
export function emptyRoute(
  change: Change,
  { rotation, project }: Pick<Work, 'rotation' | 'project'>,
  path: string,
  environment: string,
) {
  return {
    id: change.newId(),
    rotation: rotation.id,
    environment,
    project,
    path,
    originals: null,
    planned_at: null,
    written_at: null,
    deploy_started_at: null,
    deployed_at: null,
    tested_at: null,
    detail: null,
    entry: 0,
    tag: new Uint8Array(),
  };
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
    ({ path, environment }) => (rotation.route(project, path, environment)?.written_at ?? null) !== null,
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
      for (const secret of rotation.secrets) {
        const record = rotation.record(secret.lineage, environment);
        if (record === null || record.updated_at !== null) continue;
        const { entry: _entry, tag: _tag, ...row } = record;
        await change.put('rotation_environment', { ...row, updated_at: change.at });
        const current = (await change.findOne('current', { lineage: secret.lineage, environment }))!;
        const { entry: _e, tag: _t, ...kept } = current;
        await change.put('current', {
          ...kept,
          secret: secret.to_secret,
          previous: secret.from_secret,
          moved_at: change.at,
          name: secret.to_name,
        });
      }
    }
  });
}

async function moveRoutes(
  { rotation, project }: Work,
  change: Change,
  plan: Plan,
  environments: readonly string[],
): Promise<void> {
  const live = await newNames(change, rotation);
  const after = parseTemplate(plan.after);
  for (const { registration, path, environment, file } of plan.routes) {
    const { entry: _entry, tag: _tag, ...row } = registration;
    const template = file === null ? Buffer.from(plan.after).toString('utf8') : row.template;
    const isOwn = environments.includes(environment);
    const settings = isOwn ? rewriteSettings(row, (name) => live.get(name) ?? null) : {};
    await change.put('registration', withReferences({ ...row, template, ...settings }, after));
    if (!isOwn) continue;
    const { entry: _e, tag: _t, ...route } = rotation.route(project, path, environment)!;
    await change.put('rotation_route', { ...route, written_at: change.at });
  }
}

/** For each name of a version that lives, the name of the version to come. */
async function newNames(change: Change, rotation: Work['rotation']): Promise<Map<string, string>> {
  const names = [...(await namesOf(change, rotation))].filter(([, { version }]) => version !== null);
  return new Map(names.map(([name, { secret }]) => [name, secret.to_name]));
}
