/** Step 4: pre-production moves to the new version. */
import { otherProjects } from '../concerned.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { hasRoute, leftovers, placesText } from '../leftovers.ts';
import { updateEnvironments } from '../update.ts';

export const updateStaging: Step = { id: 'update-staging', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation } = work;
  const environments = rotation.preProduction;
  if (environments.length === 0) return { kind: 'skipped', detail: 'no pre-production environment has a value of it' };
  const stopped = await updateEnvironments(work, 'update-staging', environments);
  if (stopped !== null) return stopped;
  return (await waitsForProjects(work, environments)) ?? updated(work, environments);
}

/** Routes of other projects can be rewritten there only. */
export async function waitsForProjects(work: Work, environments: readonly string[]): Promise<Outcome | null> {
  const { rotation, vault, project } = work;
  const routes = await vault.read((view) => otherProjects(view, rotation, project, environments));
  const open = routes.filter(
    (route) => (rotation.route(route.project, route.path, route.environment)?.written_at ?? null) === null,
  );
  if (open.length === 0) return null;
  const names = [...new Set(open.map((route) => `"${route.project}"`))].join(', ');
  const next = `Routes of the project ${names} name it too: run knox rotate ${rotation.secrets[0]!.base} there`;
  return { kind: 'waits', needs: { kind: 'project', until: null, environments, next } };
}

/** The step is done; where no route names the secret nothing was, which is said. */
export async function updated(work: Work, environments: readonly string[]): Promise<Outcome> {
  if (await hasRoute(work, environments)) return { kind: 'done', detail: summary(work, environments) };
  const files = (await leftovers(work)).files.filter(({ kind }) => kind !== 'name');
  const holds = files.length === 0 ? '' : `; still with the old value: ${placesText(files)}`;
  const detail = `${environments.join(', ')}: nothing was rewritten, no registered file names it${holds}`;
  return { kind: 'done', detail, isDoubtful: true };
}

/** What was done, for the record. */
function summary({ rotation, project }: Work, environments: readonly string[]): string {
  const routes = rotation.rows.routes.filter(
    (row) => row.project === project && environments.includes(row.environment) && row.written_at !== null,
  );
  const rewritten = new Set(routes.filter(({ originals }) => originals !== null).map(({ path }) => path)).size;
  const deployed = routes.filter(({ deploy_started_at: at }) => at !== null).length;
  const files = `${rewritten} ${rewritten === 1 ? 'file' : 'files'} rewritten`;
  return `${environments.join(', ')}: ${files}${deployed === 0 ? '' : `, ${deployed} deployed`}`;
}
