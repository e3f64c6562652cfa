/** Registered routes: a file, or a text that the vault keeps, for one environment. */
import { closest } from '../domain/lookalike.ts';
import { printable } from '../domain/printable.ts';
import { errors } from '../errors.ts';
import { readRootFile, routePathOf, targetInRoot } from '../files/root-file.ts';
import { formatOf } from '../templates/template.ts';
import type { FormatName } from '../templates/template.ts';
import type { View } from '../vault/core/view.ts';
import type { RouteRecord } from '../vault/records/kinds.ts';
import type { RouteContent } from '../vault/records/route.ts';

/** A route's records, in the vault's order of environments. */
async function recordsOf(
  view: View,
  { project, path }: { readonly project: string; readonly path: string },
): Promise<RouteRecord[]> {
  return (await routesOfProject(view, project)).filter((route) => route.path === path);
}

/** The records of a project, in the vault's order of environments. @param project null for all */
export async function routesOfProject(view: View, project: string | null): Promise<RouteRecord[]> {
  const routes = await view.across('route');
  return project === null ? routes : routes.filter((route) => route.project === project);
}

/** A route in one environment, or null. */
export async function routeIn(
  view: View,
  environment: string,
  { project, path }: { readonly project: string; readonly path: string },
): Promise<RouteRecord | null> {
  const routes = await view.all('route', environment);
  return routes.find((route) => route.project === project && route.path === path) ?? null;
}

/** The file's bytes, or the inline text's. @throws io */
export function routeBytes(root: string, { path, template }: Pick<RouteContent, 'path' | 'template'>): Buffer {
  return template === null ? readRootFile(root, path).bytes : Buffer.from(template, 'utf8');
}

export function formatOfRoute({
  path,
  format,
  template,
}: Pick<RouteContent, 'path' | 'format' | 'template'>): FormatName {
  if (format !== null) return format;
  return template === null ? formatOf(path) : 'text';
}

/** The registered files of a project. A link and the file that it leads to are one route. */
export class RouteFiles {
  readonly #root: string;
  /** By path. */
  readonly #rows: ReadonlyMap<string, readonly RouteRecord[]>;
  #byTarget: Map<string, string> | null = null;

  private constructor(root: string, rows: readonly RouteRecord[]) {
    this.#root = root;
    this.#rows = Map.groupBy(rows, ({ path }) => path);
  }

  /** @param environment those of this one alone, which decides for itself */
  static async of(view: View, root: string, project: string, environment?: string): Promise<RouteFiles> {
    const all = await (environment === undefined ? view.across('route') : view.all('route', environment));
    const rows = all.filter((route) => route.project === project);
    return new RouteFiles(
      root,
      rows.filter(({ template }) => template === null),
    );
  }

  /** The name under which this file is registered: its own where it is, or where none is. */
  nameOf(path: string): string {
    if (this.#rows.size === 0 || this.#rows.has(path)) return path;
    const target = targetInRoot(this.#root, path);
    return (target === null ? undefined : this.#targets().get(target)) ?? path;
  }

  find(path: string, environment: string): RouteRecord | null {
    return this.#rows.get(path)?.find(({ realm }) => realm === environment) ?? null;
  }

  #targets(): Map<string, string> {
    if (this.#byTarget !== null) return this.#byTarget;
    const found = [...this.#rows.keys()].toReversed().flatMap((path) => {
      const target = targetInRoot(this.#root, path);
      return target === null ? [] : [[target, path] as const];
    });
    return (this.#byTarget = new Map(found));
  }
}

/**
 * The records of a route of the project at hand, named as it is registered or as a path from the working directory.
 * @throws route_not_found
 */
export async function requireRoute(
  view: View,
  { root, cwd, project, given }: { root: string; cwd: string; project: string; given: string },
): Promise<RouteRecord[]> {
  const path = routePathOf(root, cwd, given);
  const rows = await recordsOf(view, { project, path });
  if (rows.length > 0) return rows;
  const asGiven = path === given ? [] : await recordsOf(view, { project, path: given });
  if (asGiven.length > 0) return asGiven;
  const same = path.startsWith('@') ? path : (await RouteFiles.of(view, root, project)).nameOf(path);
  if (same !== path) return recordsOf(view, { project, path: same });
  const near = closest(
    path,
    (await routesOfProject(view, project)).map((row) => row.path),
  );
  throw errors.route_not_found(
    `${printable(path)} is not a registered route`,
    near === null ? `register it: knox route add ${path} -e ENV` : `did you mean ${near}?`,
    'see them: knox route list',
  );
}
