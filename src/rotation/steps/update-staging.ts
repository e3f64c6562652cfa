/** Step 4: pre-production moves to the new version. */
import type { StepFacts } from '../../domain/step-facts.ts';
import { otherProjects } from '../concerned.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { hasRoute, leftovers } from '../leftovers.ts';
import { someFiles } from '../fact-words.ts';
import { updateEnvironments } from '../update.ts';

export const updateStaging: Step = { id: 'update-staging', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation } = work;
  const environments = rotation.preProduction;
  if (environments.length === 0) return { kind: 'skipped', facts: { of: 'nothing', why: 'no-pre-production' } };
  const stopped = await updateEnvironments(work, 'update-staging', environments);
  if (stopped !== null) return stopped;
  return (await waitsForProjects(work, environments)) ?? updated(work, environments);
}

/** Routes of other projects can be rewritten there only. */
export async function waitsForProjects(work: Work, environments: readonly string[]): Promise<Outcome | null> {
  const { rotation, vault, project } = work;
  const routes = await vault.read((view) => otherProjects(view, rotation, project, environments));
  const open = routes.filter(
    (route) => (rotation.route(route.project, route.path, route.realm)?.writtenAt ?? null) === null,
  );
  if (open.length === 0) return null;
  const projects = [...new Set(open.map((route) => route.project))];
  return { kind: 'waits', needs: { kind: 'project', until: null, environments, why: { of: 'projects', projects } } };
}

/** The step is done; where no route names the secret nothing was, which is said. */
export async function updated(work: Work, environments: readonly string[]): Promise<Outcome> {
  if (await hasRoute(work, environments)) return { kind: 'done', facts: summary(work, environments) };
  const files = (await leftovers(work)).files.filter(({ kind }) => kind !== 'name');
  return { kind: 'done', facts: { of: 'not-rewritten', environments, holders: someFiles(files) }, isDoubtful: true };
}

/** What was done, for the record. */
function summary({ rotation, project }: Work, environments: readonly string[]): StepFacts {
  const routes = rotation
    .routes()
    .filter((row) => row.project === project && environments.includes(row.environment) && row.writtenAt !== null);
  const rewritten = new Set(routes.filter(({ originals }) => originals !== null).map(({ path }) => path)).size;
  const deployed = routes.filter(({ deployStartedAt: at }) => at !== null).length;
  return { of: 'updated', environments, rewritten, deployed };
}
