/** Step 6: production moves, one environment after the other in the vault's order; the first that fails stops the rest. */
import type { Outcome, Step, Work } from '../types.ts';
import { updateEnvironments } from '../update.ts';
import { updated, waitsForProjects } from './update-staging.ts';

export const updateProduction: Step = { id: 'update-production', changesProduction: true, run };

async function run(work: Work): Promise<Outcome> {
  const { rotation } = work;
  const environments = rotation.production;
  if (environments.length === 0) return { kind: 'skipped', facts: { of: 'nothing', why: 'no-production' } };
  // A pre-production route that was registered since step 4 still names the old version.
  const late = await updateEnvironments(work, 'update-staging', rotation.preProduction);
  if (late !== null) return late;
  for (const environment of environments) {
    const stopped = await updateEnvironments(work, 'update-production', [environment]);
    if (stopped !== null) return stopped;
  }
  return (await waitsForProjects(work, environments)) ?? updated(work, environments);
}
