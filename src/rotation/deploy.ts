/** Deploying and confirming the routes of environments that were moved, and probing what runs in production right after. */
import type { StepId } from '../domain/step-texts.ts';
import type { RotationRoute } from '../vault/records/rotation.ts';
import { requireHook } from '../routes/hook.ts';
import { concernedRoutes } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { routesText } from './fact-words.ts';
import { hookRoute } from './hook-route.ts';
import { probeRoutes } from './probe-routes.ts';
import type { Outcome, Work } from './types.ts';

/** @returns null when all is deployed, or vouched for where a production route has no command, and production answers */
export async function deployRoutes(work: Work, step: StepId, environments: readonly string[]): Promise<Outcome | null> {
  const { rotation, vault, project } = work;
  const routes = (await vault.read((view) => concernedRoutes(view, rotation, work.root, project))).filter(
    ({ environment }) => environments.includes(environment),
  );
  const open = routes.filter(
    ({ path, environment }) => (rotation.route(project, path, environment)?.deployedAt ?? null) === null,
  );
  for (const route of open) if (route.record.deployCommand !== null) await deploy(work, route);
  if (step !== 'update-production') return null;
  const byHand = open.filter(({ record }) => record.deployCommand === null);
  if (byHand.length > 0) {
    const waiting = await vouch(work, byHand);
    if (waiting !== null) return waiting;
  }
  const { failure } = await probeRoutes(work, routes);
  return failure;
}

async function deploy(work: Work, route: Concerned): Promise<void> {
  const { rotation, guide, services } = work;
  const { path, environment, record } = route;
  await requireHook(record, 'deploy', services.gate);
  const before = rotation.route(work.project, path, environment)!;
  if (before.deployStartedAt !== null)
    guide.warn('runs_again', `the last deploy of ${path} (${environment}) failed or was cut off; running it again`);
  else guide.note(`Deploying ${path} for ${environment}`);
  await mark(work, path, environment, 'rotation-deploy', (at) => ({ deployStartedAt: at }));
  await hookRoute(work, route, 'deploy');
  await mark(work, path, environment, 'rotation-deployed', (at) => ({ deployedAt: at }));
}

async function vouch(work: Work, routes: readonly Concerned[]): Promise<Outcome | null> {
  const { answers, guide } = work;
  const places = routes.map(({ path, environment }) => ({ path, environment }));
  const isVouched =
    answers.confirm.has('update-production') ||
    (await guide.vouch({
      step: 'update-production',
      question: 'Is production running with the rewritten files now?',
      lines: [
        'These have no deploy command, so only you can tell when they are deployed:',
        ...places.map((place) => `  ${routesText([place])}`),
      ],
    })) === true;
  if (!isVouched) {
    const environments = [...new Set(routes.map(({ environment }) => environment))];
    const why = { of: 'deployed', routes: places } as const;
    return { kind: 'waits', needs: { kind: 'confirm', until: null, environments, why } };
  }
  for (const { path, environment } of routes)
    await mark(work, path, environment, 'rotation-deployed', (at) => ({ deployedAt: at, isVouched: true }));
  return null;
}

async function mark(
  { rotation, project }: Work,
  path: string,
  environment: string,
  action: string,
  content: (at: string) => Partial<RotationRoute>,
): Promise<void> {
  await rotation.change({ action, environment, route: path }, (change) =>
    rotation.putRoute(change, environment, { project, path }, content(change.at)),
  );
}
