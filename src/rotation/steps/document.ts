/** Step 1: which registered routes name the secret, and what else might: recorded before anything changes. */
import { providerForName } from '../../domain/providers.ts';
import { concernedRoutes, namesOf, otherProjects } from '../concerned.ts';
import { findMentions, MOST_FILES } from '../mentions.ts';
import type { Mention } from '../mentions.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { recordsFolder } from '../write-record.ts';
import { emptyRoute } from '../update.ts';

/** More than these would hide what matters. */
const MOST_SHOWN = 20;

export const document: Step = { id: 'document', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault, guide, root, project } = work;
  const found = await vault.read(async (view) => ({
    routes: await concernedRoutes(view, rotation, root, project),
    names: [...(await namesOf(view, rotation)).keys()],
    registered: new Set((await view.find('registration', { project })).map(({ path }) => path)),
    elsewhere: await otherProjects(view, rotation, project, rotation.environments),
  }));
  const routes = found.routes.filter(({ environment }) => rotation.environments.includes(environment));
  for (const { path, environment } of found.routes.filter((route) => !routes.includes(route)))
    guide.warn('missing_value', `${path} is registered for ${environment}, where the old version has no value`);
  for (const { project: name, path } of found.elsewhere)
    guide.warn('other_project', `${path} of the project "${name}" names it too: run this rotation there as well`);
  const mentions = findMentions(root, found.names, found.registered);
  // The records of rotations before tell of it; nothing reads them.
  const records = `${recordsFolder(work)}/`;
  sayMentions(
    work,
    mentions.found.filter(({ path }) => !path.startsWith(records)),
  );
  if (!mentions.isComplete)
    guide.warn('search_incomplete', `only the first ${MOST_FILES} files under ${root} were searched for the name`);
  sayOverlap(work);
  await rotation.change(
    { action: 'rotation-document', detail: { routes: [...new Set(routes.map(({ path }) => path))] } },
    async (change) => {
      for (const { path, environment } of routes) {
        if (rotation.route(project, path, environment) !== null) continue;
        const { entry: _entry, tag: _tag, ...row } = emptyRoute(change, work, path, environment);
        await change.put('rotation_route', row);
      }
    },
  );
  const paths = [...new Set(routes.map(({ path }) => path))];
  if (paths.length === 0) return { kind: 'done', detail: 'no registered file names it' };
  return { kind: 'done', detail: `${paths.length} ${paths.length === 1 ? 'route' : 'routes'}: ${paths.join(', ')}` };
}

function sayMentions({ guide, rotation }: Work, mentions: readonly Mention[]): void {
  const ordered = mentions.toSorted((left, right) => Number(right.isPlaceholder) - Number(left.isPlaceholder));
  for (const { path, line, isPlaceholder } of ordered.slice(0, MOST_SHOWN)) {
    const text = isPlaceholder
      ? `${path}:${line} holds a placeholder of it and is not registered: knox route add ${path} -e ENV`
      : `${path}:${line} names it and is not registered`;
    guide.warn('unregistered_file', text);
  }
  if (ordered.length > MOST_SHOWN)
    guide.warn('unregistered_file', `${ordered.length - MOST_SHOWN} more files name ${rotation.secrets[0]!.base}`);
}

function sayOverlap({ guide, rotation }: Work): void {
  for (const { base } of rotation.secrets) {
    const provider = providerForName(base);
    if (provider?.overlap.kind === 'none')
      guide.warn('no_overlap', `${provider.name}: old and new do not live side by side. ${provider.overlap.note}`);
  }
}
