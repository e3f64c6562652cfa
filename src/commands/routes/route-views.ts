/** Routes as `route list --json` shows them, and as a table. */
import { printable } from '../../domain/printable.ts';
import { formatOfRoute, routesOfProject } from '../../routes/route-records.ts';
import type { TableContent } from '../../terminal/table.ts';
import { heldNames } from '../../vault/secrets/held-references.ts';
import type { View } from '../../vault/core/view.ts';
import type { RouteRecord } from '../../vault/records/kinds.ts';

export interface RouteView {
  readonly path: string;
  readonly project: string;
  readonly format: string;
  readonly environments: readonly {
    readonly environment: string;
    readonly probe: string | null;
    readonly method: string | null;
    readonly headers: readonly string[];
    readonly expect: string | null;
    readonly testCommand: string | null;
    readonly deployCommand: string | null;
  }[];
  readonly secrets: readonly string[];
}

/** @param project null for all projects @param paths only these, where given; sorted by path */
export async function describeRoutes(
  view: View,
  project: string | null,
  paths?: readonly string[],
): Promise<RouteView[]> {
  const rows = (await routesOfProject(view, project)).filter(({ path }) => paths === undefined || paths.includes(path));
  const groups = Map.groupBy(rows, (row) => `${row.project}\0${row.path}`);
  return [...groups.values()]
    .map(viewOf)
    .toSorted((left, right) => (`${left.project}\0${left.path}` < `${right.project}\0${right.path}` ? -1 : 1));
}

/** @param group in the vault's order of environments */
function viewOf(group: readonly RouteRecord[]): RouteView {
  const first = group[0]!;
  return {
    path: first.path,
    project: first.project,
    format: formatOfRoute(first),
    environments: group.map((row) => ({
      environment: row.realm,
      probe: row.probe,
      method: row.probe === null ? null : (row.method ?? 'GET'),
      headers: row.headers,
      expect: row.probe === null ? null : (row.expect ?? '200-399'),
      testCommand: row.testCommand,
      deployCommand: row.deployCommand,
    })),
    secrets: [...new Set(group.flatMap((row) => heldNames(row)))].toSorted(),
  };
}

export function routesTable(routes: readonly RouteView[]): TableContent {
  return {
    head: ['Route', 'Format', 'Environments', 'Secrets', 'Checks'],
    names: [2, 3, 4],
    least: [1],
    rows: routes.map(({ path, format, environments, secrets }) => [
      { text: path, tone: 'path' },
      { text: format, tone: 'dim' },
      environments.map(({ environment }) => environment).join(', '),
      secrets.join(', '),
      checksOf(environments),
    ]),
  };
}

function checksOf(environments: RouteView['environments']): string {
  const has = (key: 'probe' | 'testCommand' | 'deployCommand') => environments.some((entry) => entry[key] !== null);
  return [has('probe') ? 'probe' : '', has('testCommand') ? 'test' : '', has('deployCommand') ? 'deploy' : '']
    .filter((word) => word !== '')
    .join(', ');
}

/** `config/app.env` as it is shown, with its project where it is another one. */
export function routeTitle({ path, project }: RouteView, own: string): string {
  return project === own ? printable(path) : `${printable(path)} (project ${printable(project)})`;
}
