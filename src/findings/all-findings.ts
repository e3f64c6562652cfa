/** Everything that `check` looks for, in one list: the worst first. Adding a finding is a function in a file of this room, and a line here. */
import { UTC } from '../domain/moments.ts';
import type { Moments } from '../domain/moments.ts';
import { activeRotations } from '../rotation/describe-rotation.ts';
import { listSecrets } from '../vault/secrets/describe-secret.ts';
import type { ListedSecret } from '../vault/secrets/describe-secret.ts';
import { isStanding } from '../vault/secrets/find-secret.ts';
import { servedNames } from '../vault/secrets/served.ts';
import type { View } from '../vault/core/view.ts';
import { disagreements } from './disagreements.ts';
import type { Finding } from './finding.ts';
import { nameFindings } from './name-findings.ts';
import { rotationFindings } from './rotation-findings.ts';
import { routeFindings } from './route-findings.ts';
import { scheduleFindings } from './schedule-findings.ts';
import { useFindings } from './use-findings.ts';
import { failureFindings, valueFindings } from './value-findings.ts';
import { exposedVersions, staleVersions } from './version-findings.ts';

export interface Found {
  readonly findings: readonly Finding[];
  readonly secrets: readonly ListedSecret[];
}

/** @param root where the files of the project's routes are @param project whose routes can be seen from here @param moments how messages write times */
export async function allFindings(
  view: View,
  { root, project, moments = UTC }: { readonly root: string; readonly project: string; readonly moments?: Moments },
): Promise<Found> {
  const secrets = await listSecrets(view);
  const standing = (await view.across('name')).filter(isStanding);
  const live = standing.filter(({ state }) => state === 'live');
  const served = await servedNames(view);
  const newest = newestOf(secrets.filter(({ state, name }) => state === 'live' && served.has(name)));
  const routes = await view.across('route');
  const active = await activeRotations(view);
  const routed = new Set(secrets.flatMap(({ base, routes: count }) => (count > 0 ? [base] : [])));
  const expected = new Set(live.filter(({ expectUnused }) => expectUnused).map(({ name }) => name));
  const findings = [
    ...scheduleFindings(secrets, served, view.now),
    ...exposedVersions(view, live),
    ...(await failureFindings(view, live)),
    ...(await valueFindings(view, live)),
    ...(await routeFindings(
      view,
      root,
      routes.filter((route) => route.project === project),
      active,
    )),
    ...(await rotationFindings(view, active, moments)),
    ...(await staleVersions(view, live)),
    ...useFindings(newest, expected, { routed, now: view.now }),
    ...disagreements(view, standing),
    ...nameFindings(newest, view.environmentNames()),
  ];
  return { findings: findings.toSorted((left, right) => RANK[left.severity] - RANK[right.severity]), secrets };
}

const RANK = { error: 0, warning: 1, info: 2 } as const;

/** The newest one of each lineage. */
function newestOf(secrets: readonly ListedSecret[]): ListedSecret[] {
  const newest = new Map<string, ListedSecret>();
  for (const secret of secrets)
    if ((newest.get(secret.base)?.version ?? 0) < secret.version) newest.set(secret.base, secret);
  return [...newest.values()];
}
