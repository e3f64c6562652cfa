/** The routes that a rotation has to do with: which registered files name one of its secrets, in any version, and where. */
import { errors, isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { findRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import type { RotatedSecret } from '../domain/rotation-record.ts';
import { parseTemplate } from '../templates/template.ts';
import type { Placeholder, Template } from '../templates/template.ts';
import { heldNames } from '../vault/secrets/held-references.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord, RouteRecord } from '../vault/records/kinds.ts';
import { namesInSettings } from './rewrite-settings.ts';
import type { Rotation } from './rotation.ts';

/** A placeholder of the rotation's secrets. */
export interface Mine {
  /** Its place among all placeholders of the template. */
  readonly index: number;
  readonly placeholder: Placeholder;
  readonly secret: RotatedSecret;
  /** The version that it names in the route's environment; null for a name of the lineage that is not a version that lives there. */
  readonly version: NameRecord | null;
}

export interface Concerned {
  readonly record: RouteRecord;
  readonly path: string;
  readonly environment: string;
  /** Null for an inline route. */
  readonly file: RootFile | null;
  readonly template: Template;
  readonly mine: readonly Mine[];
}

/** A registered file that named one of the secrets when it was last read, and cannot be read now. */
export interface Unreadable {
  readonly path: string;
  readonly environment: string;
  readonly error: KnoxError;
  readonly isGone: boolean;
}

/**
 * Routes of the project at hand, in the order of the vault's environments. A registered file that is gone counts where it was
 * last seen to name one of the secrets.
 * @throws io (a file that is gone or cannot be read), template_invalid
 */
export async function concernedRoutes(
  view: View,
  rotation: Rotation,
  root: string,
  project: string,
): Promise<Concerned[]> {
  const { routes, unreadable } = await readableRoutes(view, rotation, root, project);
  const [first] = unreadable;
  if (first !== undefined) throw first.error;
  return routes;
}

/** The same, with what cannot be read beside it. */
export async function readableRoutes(
  view: View,
  rotation: Rotation,
  root: string,
  project: string,
): Promise<{ readonly routes: Concerned[]; readonly unreadable: Unreadable[] }> {
  const registered: RouteRecord[][] = [];
  for (const environment of view.environmentNames()) registered.push(await routesIn(view, environment, project));
  const placesOf = Map.groupBy(registered.flat(), ({ path }) => path);
  const routes: Concerned[] = [];
  const unreadable: Unreadable[] = [];
  for (const [index, environment] of view.environmentNames().entries()) {
    const own = registered[index]!;
    const names = own.length === 0 ? NO_NAMES : await namesOf(view, rotation, environment);
    for (const record of own) {
      const { path } = record;
      const places = placesOf.get(path)!.map(({ realm }) => realm);
      const found = concern(record, root, names);
      if (found === 'gone') unreadable.push({ path, environment, error: missing(path, places), isGone: true });
      else if (isKnoxError(found)) unreadable.push({ path, environment, error: found, isGone: false });
      else if (found !== null) routes.push(found);
    }
  }
  return { routes, unreadable };
}

async function routesIn(view: View, environment: string, project: string): Promise<RouteRecord[]> {
  const own = (await view.all('route', environment)).filter((route) => route.project === project);
  return own.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

/** Registered paths of a project, in any environment. */
export async function pathsOf(view: View, project: string): Promise<string[]> {
  const paths = new Set<string>();
  for (const environment of view.environmentNames())
    for (const { path } of await routesIn(view, environment, project)) paths.add(path);
  return [...paths];
}

export type LineageNames = ReadonlyMap<string, { readonly secret: RotatedSecret; readonly version: NameRecord | null }>;

const NO_NAMES: LineageNames = new Map();

/** Every name of the rotation's lineages as the environment's own records have them; one that was given twice counts as the version that lives. */
export async function namesOf(view: View, rotation: Rotation, environment: string): Promise<LineageNames> {
  const names = new Map<string, { secret: RotatedSecret; version: NameRecord | null }>();
  for (const merged of rotation.secrets) {
    const own = rotation.record(merged.base, environment);
    // Which secrets are rotated here, its own part says.
    if (own === null && rotation.part(environment) !== null) continue;
    const secret = own ?? merged;
    const lineage = await view.get('lineage', environment, secret.base);
    if (!names.has(secret.base)) names.set(secret.base, { secret, version: null });
    for (const name of lineage?.names ?? []) {
      const version = await view.get('name', environment, name);
      if (version !== null && version.base !== secret.base) continue;
      const isThere = version?.state === 'live' || version?.state === 'pending';
      if (isThere || !names.has(name)) names.set(name, { secret, version: isThere ? version : null });
    }
  }
  return names;
}

/** The same of all environments of the rotation: what a file that is registered for none of them may mean. */
export async function allNamesOf(view: View, rotation: Rotation): Promise<LineageNames> {
  const all = new Map<string, { secret: RotatedSecret; version: NameRecord | null }>();
  for (const environment of rotation.environments)
    for (const [name, known] of await namesOf(view, rotation, environment))
      if ((all.get(name)?.version ?? null) === null) all.set(name, known);
  return all;
}

/** @returns null where it has nothing to do with the secrets, `gone` where its file is not there */
function concern(record: RouteRecord, root: string, names: LineageNames): Concerned | KnoxError | 'gone' | null {
  const { path, realm: environment } = record;
  const wasNamed = heldNames(record).some((name) => names.has(name));
  try {
    const file = record.template === null ? findRootFile(root, path) : null;
    if (record.template === null && file === null) return wasNamed ? 'gone' : null;
    const bytes = file?.bytes ?? Buffer.from(record.template!, 'utf8');
    // Most routes name other secrets: that is seen without taking them apart.
    const settings = [record.probe ?? '', ...record.headers, record.testCommand ?? '', record.deployCommand ?? ''].join(
      ' ',
    );
    const isMentioned = [...names.keys()].some((name) => bytes.includes(name) || settings.includes(name));
    if (!wasNamed && !isMentioned) return null;
    const isNamedByProbe = namesInSettings(record).some((name) => names.has(name));
    const template = readTemplate(path, bytes, wasNamed);
    if (template === null) return null;
    const mine = mineOf(template, names);
    return mine.length === 0 && !isNamedByProbe ? null : { record, path, environment, file, template, mine };
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return error;
  }
}

function missing(path: string, places: readonly string[]): KnoxError {
  return errors.io(
    `${path} is registered for ${places.join(', ')} and named the secret, but is missing`,
    `restore it, or: knox route remove ${path}`,
  );
}

/** The placeholders of the rotation's secrets. */
export function mineOf(template: Template, names: LineageNames): Mine[] {
  return template.placeholders.flatMap((placeholder, index) => {
    const known = names.get(placeholder.name);
    return known === undefined ? [] : [{ index, placeholder, ...known }];
  });
}

/** A file that cannot be read as a template matters only where it is known to name the secret. */
function readTemplate(path: string, bytes: Uint8Array, wasNamed: boolean): Template | null {
  try {
    return parseTemplate(bytes);
  } catch (error) {
    if (!wasNamed) return null;
    if (isKnoxError(error)) throw errors.template_invalid(`${path}: ${error.message}`, ...error.hints);
    throw error;
  }
}

/** Routes of projects other than this one that named one of the secrets when they were last read, in the order of the environments. */
export async function otherProjects(
  view: View,
  rotation: Rotation,
  project: string,
  environments: readonly string[],
): Promise<RouteRecord[]> {
  const found: RouteRecord[] = [];
  for (const environment of view.environmentNames().filter((name) => environments.includes(name))) {
    const others = (await view.all('route', environment)).filter((route) => route.project !== project);
    if (others.length === 0) continue;
    const names = await namesOf(view, rotation, environment);
    found.push(...others.filter((route) => heldNames(route).some((name) => names.has(name))));
  }
  return found;
}
