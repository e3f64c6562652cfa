/** Registered routes: a file, or a text that the vault keeps, for one environment. */
import { closest } from '../domain/lookalike.ts';
import { printable } from '../domain/printable.ts';
import { errors } from '../errors.ts';
import { readRootFile, routePathOf, targetInRoot } from '../files/root-file.ts';
import type { StoredRow } from '../store/tables.ts';
import { formatOf, parseFormatName } from '../templates/template.ts';
import type { FormatName } from '../templates/template.ts';
import type { View } from '../vault/view.ts';

export type Registration = StoredRow<'registration'>;

/** A route's registrations, in the vault's order of environments. */
export async function registrationsOf(
  view: View,
  { project, path }: { readonly project: string; readonly path: string },
): Promise<Registration[]> {
  const rows = await view.find('registration', { project, path });
  const order = view.environmentNames();
  return rows.toSorted((left, right) => order.indexOf(left.environment) - order.indexOf(right.environment));
}

/** The file's bytes, or the inline text's. @throws io */
export function routeBytes(root: string, { path, template }: Registration): Buffer {
  return template === null ? readRootFile(root, path).bytes : Buffer.from(template, 'utf8');
}

export function formatOfRoute({ path, format, template }: Registration): FormatName {
  if (format !== null) return parseFormatName(format);
  return template === null ? formatOf(path) : 'text';
}

/** The registered files of a project. A link and the file that it leads to are one route. */
export class RouteFiles {
  readonly #root: string;
  /** By path. */
  readonly #rows: ReadonlyMap<string, readonly Registration[]>;
  #byTarget: Map<string, string> | null = null;

  private constructor(root: string, rows: readonly Registration[]) {
    this.#root = root;
    this.#rows = Map.groupBy(rows, ({ path }) => path);
  }

  static async of(view: View, root: string, project: string): Promise<RouteFiles> {
    const rows = await view.find('registration', { project });
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

  find(path: string, environment: string): Registration | null {
    return this.#rows.get(path)?.find((row) => row.environment === environment) ?? null;
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
 * The registrations of a route of the project at hand, named as it is registered or as a path from the working directory.
 * @throws route_not_found, vault_damaged where registrations were removed behind knox's back
 */
export async function requireRoute(
  view: View,
  { root, cwd, project, given }: { root: string; cwd: string; project: string; given: string },
): Promise<Registration[]> {
  const path = routePathOf(root, cwd, given);
  const rows = await registrationsOf(view, { project, path });
  if (rows.length > 0) return rows;
  const asGiven = path === given ? [] : await registrationsOf(view, { project, path: given });
  if (asGiven.length > 0) return asGiven;
  const same = path.startsWith('@') ? path : (await RouteFiles.of(view, root, project)).nameOf(path);
  if (same !== path) return registrationsOf(view, { project, path: same });
  if (view.isVerified) await view.requireIntactWhereGiven();
  const near = closest(
    path,
    (await view.find('registration', { project })).map((row) => row.path),
  );
  throw errors.route_not_found(
    `${printable(path)} is no registered route`,
    near === null ? `register it: knox route add ${path} -e ENV` : `there is ${near}`,
    'see them: knox route list',
  );
}
