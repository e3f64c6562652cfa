/** Step 5: every pre-production route is probed and tested with the new value; what has neither is for a person to vouch. */
import { beginCommand } from '../begin-command.ts';
import { concernedRoutes } from '../concerned.ts';
import type { Concerned } from '../concerned.ts';
import { routesText } from '../fact-words.ts';
import { hookRoute } from '../hook-route.ts';
import { probeRoutes } from '../probe-routes.ts';
import { isKept } from '../try-values.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const testStaging: Step = { id: 'test-staging', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault, root, project } = work;
  if (rotation.preProduction.length === 0)
    return { kind: 'skipped', facts: { of: 'nothing', why: 'no-pre-production' } };
  const routes = (await vault.read((view) => concernedRoutes(view, rotation, root, project))).filter(
    ({ environment }) => rotation.preProduction.includes(environment),
  );
  const open = routes.filter(
    (route) => (rotation.route(project, route.path, route.environment)?.testedAt ?? null) === null,
  );
  const { failure } = await probeRoutes(work, open);
  if (failure !== null) return failure;
  for (const route of open) {
    if (route.record.testCommand === null) continue;
    await beginCommand(work, route, 'test');
    await hookRoute(work, route, 'test');
  }
  const unproved = open.filter(({ record }) => record.probe === null && record.testCommand === null);
  // Where the value was kept nothing is new that could be seen.
  const untested = unproved.filter(({ environment }) => !isKept(work, environment));
  if (untested.length > 0) {
    const waiting = await vouch(work, untested);
    if (waiting !== null) return waiting;
  }
  await markTested(work, open);
  if (routes.length === 0) return { kind: 'done', facts: { of: 'untested' } };
  const passed = routes.length - unproved.length;
  const kept = unproved.length - untested.length;
  return { kind: 'done', facts: { of: 'tested', passed, vouched: untested.length, kept } };
}

async function vouch({ answers, guide }: Work, routes: readonly Concerned[]): Promise<Outcome | null> {
  if (answers.confirm.has('test-staging')) return null;
  const places = routes.map(({ path, environment }) => ({ path, environment }));
  const answer = await guide.vouch({
    step: 'test-staging',
    question: 'Do they work with the new value?',
    lines: ['These have no probe and no test command:', ...places.map((place) => `  ${routesText([place])}`)],
  });
  if (answer === true) return null;
  const environments = [...new Set(routes.map(({ environment }) => environment))];
  return { kind: 'waits', needs: { kind: 'confirm', until: null, environments, why: { of: 'tried', routes: places } } };
}

async function markTested({ rotation, project }: Work, routes: readonly Concerned[]): Promise<void> {
  await rotation.change({ action: 'rotation-tested' }, async (change) => {
    for (const { path, environment } of routes) {
      if (rotation.route(project, path, environment) === null) continue;
      await rotation.putRoute(change, environment, { project, path }, { testedAt: change.at, begun: null });
    }
    for (const { realm, secrets } of rotation.parts) {
      if (rotation.isProduction(realm)) continue;
      for (const { base } of secrets) await rotation.putSecret(change, realm, base, { testedAt: change.at });
    }
  });
}
