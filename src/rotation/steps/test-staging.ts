/** Step 5: every pre-production route is probed and tested with the new value; what has neither is for a person to vouch. */
import { beginCommand } from '../begin-command.ts';
import { concernedRoutes } from '../concerned.ts';
import type { Concerned } from '../concerned.ts';
import { hookRoute } from '../hook-route.ts';
import { probeRoutes } from '../probe-routes.ts';
import { isKept } from '../try-values.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const testStaging: Step = { id: 'test-staging', run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault, root, project } = work;
  if (rotation.preProduction.length === 0)
    return { kind: 'skipped', detail: 'no pre-production environment has a value of it' };
  const routes = (await vault.read((view) => concernedRoutes(view, rotation, root, project))).filter(
    ({ environment }) => rotation.preProduction.includes(environment),
  );
  const open = routes.filter(
    (route) => (rotation.route(project, route.path, route.environment)?.tested_at ?? null) === null,
  );
  const { failure } = await probeRoutes(work, open, 'test-staging');
  if (failure !== null) return failure;
  for (const route of open) {
    const command = route.registration.test_command;
    if (command === null) continue;
    await beginCommand(work, route, 'test');
    await hookRoute(work, route, command);
  }
  const unproved = open.filter(({ registration }) => registration.probe === null && registration.test_command === null);
  // Where the value was kept nothing is new that could be seen.
  const untested = unproved.filter(({ environment }) => !isKept(work, environment));
  if (untested.length > 0) {
    const waiting = await vouch(work, untested);
    if (waiting !== null) return waiting;
  }
  await markTested(work, open);
  if (routes.length === 0) return { kind: 'done', detail: 'no pre-production file names it: nothing to test' };
  const passed = routes.length - unproved.length;
  const kept = unproved.length - untested.length;
  const parts = [
    ...(passed === 0 ? [] : [`${passed} passed`]),
    ...(untested.length === 0 ? [] : [`${untested.length} vouched for`]),
    ...(kept === 0 ? [] : [`${kept} with the value that was kept`]),
  ];
  return { kind: 'done', detail: parts.join(', ') };
}

async function vouch({ rotation, answers, guide }: Work, routes: readonly Concerned[]): Promise<Outcome | null> {
  if (answers.confirm.has('test-staging')) return null;
  const lines = routes.map(({ path, environment }) => `${path} for ${environment}`);
  const answer = await guide.vouch({
    step: 'test-staging',
    question: 'Did you see that they work with the new value?',
    lines: ['These have neither a probe nor a test command:', ...lines.map((line) => `  ${line}`)],
  });
  if (answer === true) return null;
  const next = `Try ${lines.join(', ')} with the new value, then: knox rotate ${rotation.secrets[0]!.base} --confirm test-staging`;
  const environments = [...new Set(routes.map(({ environment }) => environment))];
  return { kind: 'waits', needs: { kind: 'confirm', until: null, environments, next } };
}

async function markTested({ rotation, project }: Work, routes: readonly Concerned[]): Promise<void> {
  await rotation.change({ action: 'rotation-tested' }, async (change) => {
    for (const { path, environment } of routes) {
      const known = rotation.route(project, path, environment);
      if (known === null) continue;
      const { entry: _entry, tag: _tag, ...row } = known;
      await change.put('rotation_route', { ...row, tested_at: change.at, detail: null });
    }
    for (const known of rotation.rows.environments) {
      if (rotation.isProduction(known.environment)) continue;
      const { entry: _entry, tag: _tag, ...row } = known;
      await change.put('rotation_environment', { ...row, tested_at: change.at });
    }
  });
}
