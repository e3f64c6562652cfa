/** Step 1: which registered routes name the secret, and what else holds or names it: recorded before anything changes. */
import { printable } from '../../domain/printable.ts';
import { providerForName } from '../../domain/providers.ts';
import { chosenVersions } from '../../vault/secrets/find-secret.ts';
import { concernedRoutes, otherProjects } from '../concerned.ts';
import type { Concerned } from '../concerned.ts';
import { allMentions, hasRoute, leftoverText, warnOfRest } from '../leftovers.ts';
import { someFiles } from '../fact-words.ts';
import type { Leftover } from '../leftovers.ts';
import { takeIn } from '../take-in.ts';
import type { Outcome, Step, Work } from '../types.ts';

/** More than these would hide what matters. */
const MOST_SHOWN = 20;

export const document: Step = { id: 'document', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault, guide, root, project } = work;
  const mentions = await allMentions(work);
  const left = await settleFiles(work, mentions.files);
  warnOfRest(work, mentions);
  const found = await vault.read(async (view) => ({
    routes: await concernedRoutes(view, rotation, root, project),
    elsewhere: await otherProjects(view, rotation, project, rotation.environments),
  }));
  const routes = found.routes.filter(({ environment }) => rotation.environments.includes(environment));
  for (const { path, environment } of found.routes.filter((route) => !routes.includes(route)))
    guide.warn('missing_value', `${path} is registered for ${environment}, where the old version has no value`);
  for (const { project: name, path } of found.elsewhere)
    guide.warn('other_project', `${path} of the project "${name}" names it too: run this rotation there as well`);
  await sayLeft(work);
  sayOverlap(work);
  await recordRoutes(work, routes, left);
  const paths = [...new Set(routes.map(({ path }) => path))];
  const isUnrouted = rotation.production.length > 0 && !(await hasRoute(work, rotation.production));
  const isDoubtful = isUnrouted || left.some(({ kind }) => kind !== 'name' || paths.length === 0);
  return { kind: 'done', facts: { of: 'recorded', routes: paths, isUnrouted, left: someFiles(left) }, isDoubtful };
}

async function recordRoutes(
  { rotation, project }: Work,
  routes: readonly Concerned[],
  left: readonly Leftover[],
): Promise<void> {
  const unregistered = left.map(({ path, line, kind }) => ({ path, line, kind }));
  const detail = {
    routes: [...new Set(routes.map(({ path }) => path))],
    ...(unregistered.length === 0 ? {} : { unregistered }),
  };
  await rotation.change({ action: 'rotation-document', detail }, async (change) => {
    for (const { path, environment } of routes) {
      if (rotation.route(project, path, environment) === null)
        await rotation.putRoute(change, environment, { project, path }, {});
    }
  });
}

/** Tells of each file, and offers to take it in. @returns those that stay as they are */
async function settleFiles(work: Work, files: readonly Leftover[]): Promise<Leftover[]> {
  const { guide, rotation } = work;
  const { base } = rotation.secrets[0]!;
  const left: Leftover[] = [];
  for (const [index, file] of files.entries()) {
    if (index >= MOST_SHOWN) {
      left.push(file);
      continue;
    }
    guide.warn(file.isRegistered ? 'plaintext' : 'unregistered_file', warningOf(file, base));
    if (!(await isTakenIn(work, file))) left.push(file);
  }
  if (files.length > MOST_SHOWN)
    guide.warn('unregistered_file', `${files.length - MOST_SHOWN} more files hold or name ${base}`);
  return left;
}

function warningOf(file: Leftover, base: string): string {
  const text = leftoverText(file, 'it');
  const { kind, environments, secret, isPlain } = file;
  const path = printable(file.path);
  const [environment = 'ENV'] = environments;
  const register = `knox route add ${path} -e ${environment}`;
  if (kind === 'placeholder') return `${text} and is not registered: ${register}`;
  if (kind === 'name') return `${text} and is not registered`;
  if (kind === 'command') return `${text}: a name with @current survives rotations`;
  if (!isPlain) return `${text}, encoded: no rotation rewrites it`;
  const put = `use {{secret:${secret ?? base}}} there`;
  return file.isRegistered ? `${text} itself: ${put}` : `${text} and is not registered: ${put}, then: ${register}`;
}

async function isTakenIn(work: Work, file: Leftover): Promise<boolean> {
  const { guide, rotation } = work;
  const { path, line, kind, secret, isPlain, isRegistered } = file;
  if (isRegistered || kind === 'name' || kind === 'command' || (kind === 'value' && !isPlain)) return false;
  const placeholder = kind === 'value' ? `{{secret:${secret!}}}` : null;
  const environments = kind === 'value' ? file.environments : rotation.environments;
  const environment = await guide.takeIn({ path, line, placeholder, environments });
  if (environment === null || !(await takeIn(work, file, environment))) return false;
  guide.note(`Registered ${printable(path)} for ${environment}`);
  return true;
}

/** Environments that have no part in the rotation, since another version is the newest one there. */
async function sayLeft({ vault, guide, rotation }: Work): Promise<void> {
  const left = await vault.read(async (view) => {
    const found: { base: string; environment: string; name: string }[] = [];
    for (const { base, to } of rotation.secrets) {
      for (const lineage of await view.getAcross('lineage', base, view.environmentNames())) {
        const { current } = await chosenVersions(view, lineage);
        const { realm: environment } = lineage;
        if (current === null || current.name === to || rotation.record(base, environment) !== null) continue;
        found.push({ base, environment, name: current.name });
      }
    }
    return found;
  });
  for (const { base, environment, name } of left)
    guide.warn('other_version', `${environment} is on ${name}: this rotation of ${base} does not change it`);
}

function sayOverlap({ guide, rotation }: Work): void {
  for (const { base } of rotation.secrets) {
    const provider = providerForName(base);
    if (provider?.overlap.kind === 'none')
      guide.warn('no_overlap', `${provider.name}: old and new do not work side by side. ${provider.overlap.note}`);
  }
}
