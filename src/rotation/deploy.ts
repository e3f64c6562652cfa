/** Deploying and confirming the routes of environments that were moved, and probing what runs in production right after. */
import type { StepId } from '../domain/step-texts.ts';
import type { StoredRow } from '../store/tables.ts';
import { concernedRoutes } from './concerned.ts';
import type { Concerned } from './concerned.ts';
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
    ({ path, environment }) => (rotation.route(project, path, environment)?.deployed_at ?? null) === null,
  );
  for (const route of open) if (route.registration.deploy_command !== null) await deploy(work, route);
  if (step !== 'update-production') return null;
  const byHand = open.filter(({ registration }) => registration.deploy_command === null);
  if (byHand.length > 0) {
    const waiting = await vouch(work, byHand);
    if (waiting !== null) return waiting;
  }
  const { failure } = await probeRoutes(work, routes, step);
  return failure;
}

async function deploy(work: Work, route: Concerned): Promise<void> {
  const { rotation, guide } = work;
  const { registration, path, environment } = route;
  const before = rotation.route(work.project, path, environment)!;
  if (before.deploy_started_at !== null)
    guide.warn('runs_again', `the last deploy of ${path} for ${environment} did not end well: running it again`);
  else guide.note(`Deploying ${path} for ${environment}`);
  await mark(work, path, environment, 'rotation-deploy', (at) => ({ deploy_started_at: at }));
  await hookRoute(work, route, registration.deploy_command!);
  await mark(work, path, environment, 'rotation-deployed', (at) => ({ deployed_at: at }));
}

async function vouch(work: Work, routes: readonly Concerned[]): Promise<Outcome | null> {
  const { rotation, answers, guide } = work;
  const lines = routes.map(({ path, environment }) => `${path} for ${environment}`);
  const isVouched =
    answers.confirm.has('update-production') ||
    (await guide.vouch({
      step: 'update-production',
      question: 'Is production running with the rewritten files now?',
      lines: [
        'These have no deploy command, so only you can say when they are deployed:',
        ...lines.map((line) => `  ${line}`),
      ],
    })) === true;
  if (!isVouched) {
    const next = `Deploy ${lines.join(', ')}, then: knox rotate ${rotation.secrets[0]!.base} --confirm update-production`;
    const environments = [...new Set(routes.map(({ environment }) => environment))];
    return { kind: 'waits', needs: { kind: 'confirm', until: null, environments, next } };
  }
  for (const { path, environment } of routes)
    await mark(work, path, environment, 'rotation-deployed', (at) => ({ deployed_at: at, detail: 'vouched for' }));
  return null;
}

async function mark(
  { rotation, project }: Work,
  path: string,
  environment: string,
  action: string,
  content: (at: string) => Partial<StoredRow<'rotation_route'>>,
): Promise<void> {
  await rotation.change({ action, environment, route: path }, async (change) => {
    const { entry: _entry, tag: _tag, ...row } = rotation.route(project, path, environment)!;
    await change.put('rotation_route', { ...row, ...content(change.at) });
  });
}
