/** The routes that a rotation has to do with: which registered files name one of its secrets, in any version, and where. */
import { errors, isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { findRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import type { Registration } from '../routes/registrations.ts';
import type { StoredRow } from '../store/tables.ts';
import { parseTemplate } from '../templates/template.ts';
import type { Placeholder, Template } from '../templates/template.ts';
import { heldNames } from '../vault/held-references.ts';
import type { View } from '../vault/view.ts';
import { namesInSettings } from './rewrite-settings.ts';
import type { Rotation } from './rotation.ts';

/** A placeholder of the rotation's secrets. */
export interface Mine {
  /** Its place among all placeholders of the template. */
  readonly index: number;
  readonly placeholder: Placeholder;
  readonly secret: StoredRow<'rotation_secret'>;
  /** The version that it names; null for a name that is known of the lineage but is no version that lives. */
  readonly version: StoredRow<'secret'> | null;
}

export interface Concerned {
  readonly registration: Registration;
  readonly path: string;
  readonly environment: string;
  /** Null for an inline route. */
  readonly file: RootFile | null;
  readonly template: Template;
  readonly mine: readonly Mine[];
}

/** A registered file that named one of the secrets when it was last read, and can not be read now. */
export interface Unreadable {
  readonly path: string;
  readonly environment: string;
  readonly error: KnoxError;
  readonly isGone: boolean;
}

/**
 * Routes of the project at hand, in the order of the vault's environments. A registered file that is gone counts where it was
 * last seen to name one of the secrets.
 * @throws io (a file that is gone or can not be read), template_invalid
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

/** The same, with what can not be read beside it. */
export async function readableRoutes(
  view: View,
  rotation: Rotation,
  root: string,
  project: string,
): Promise<{ readonly routes: Concerned[]; readonly unreadable: Unreadable[] }> {
  const names = await namesOf(view, rotation);
  const registrations = (await view.find('registration', { project })).toSorted((left, right) =>
    left.path < right.path ? -1 : 1,
  );
  const routes: Concerned[] = [];
  const unreadable: Unreadable[] = [];
  for (const environment of view.environmentNames()) {
    for (const registration of registrations.filter((known) => known.environment === environment)) {
      const { path } = registration;
      const places = registrations.filter((known) => known.path === path).map((known) => known.environment);
      const order = view.environmentNames().filter((name) => places.includes(name));
      const found = concern(registration, root, names);
      if (found === 'gone') unreadable.push({ path, environment, error: missing(path, order), isGone: true });
      else if (isKnoxError(found)) unreadable.push({ path, environment, error: found, isGone: false });
      else if (found !== null) routes.push(found);
    }
  }
  return { routes, unreadable };
}

export type LineageNames = ReadonlyMap<
  string,
  { readonly secret: StoredRow<'rotation_secret'>; readonly version: StoredRow<'secret'> | null }
>;

/** Every name of the rotation's lineages; a name that was given twice counts as the version that lives. */
export async function namesOf(view: View, rotation: Rotation): Promise<LineageNames> {
  const names = new Map<string, { secret: StoredRow<'rotation_secret'>; version: StoredRow<'secret'> | null }>();
  for (const secret of rotation.secrets) {
    const versions = await view.find('secret', { lineage: secret.lineage });
    names.set(secret.base, { secret, version: null });
    for (const version of versions) {
      const isThere = version.state === 'live' || version.state === 'pending';
      if (isThere || !names.has(version.name)) names.set(version.name, { secret, version: isThere ? version : null });
    }
  }
  return names;
}

/** @returns null where it has nothing to do with the secrets, `gone` where its file is not there */
function concern(registration: Registration, root: string, names: LineageNames): Concerned | KnoxError | 'gone' | null {
  const { path, environment } = registration;
  const wasNamed = heldNames(registration).some((name) => names.has(name));
  try {
    const file = registration.template === null ? findRootFile(root, path) : null;
    if (registration.template === null && file === null) return wasNamed ? 'gone' : null;
    const bytes = file?.bytes ?? Buffer.from(registration.template!, 'utf8');
    // Most routes name other secrets: that is seen without taking them apart.
    const settings = [
      registration.probe,
      registration.headers,
      registration.test_command,
      registration.deploy_command,
    ].join(' ');
    const isMentioned = [...names.keys()].some((name) => bytes.includes(name) || settings.includes(name));
    if (!wasNamed && !isMentioned) return null;
    const isNamedByProbe = namesInSettings(registration).some((name) => names.has(name));
    const template = readTemplate(path, bytes, wasNamed);
    if (template === null) return null;
    const mine = mineOf(template, names);
    return mine.length === 0 && !isNamedByProbe ? null : { registration, path, environment, file, template, mine };
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return error;
  }
}

function missing(path: string, places: readonly string[]): KnoxError {
  return errors.io(
    `${path} is registered for ${places.join(', ')} and named the secret, but is not there`,
    `put it back, or forget it: knox route remove ${path}`,
  );
}

/** The placeholders of the rotation's secrets. */
export function mineOf(template: Template, names: LineageNames): Mine[] {
  return template.placeholders.flatMap((placeholder, index) => {
    const known = names.get(placeholder.name);
    return known === undefined ? [] : [{ index, placeholder, ...known }];
  });
}

/** A file that can not be read as a template matters only where it is known to name the secret. */
function readTemplate(path: string, bytes: Uint8Array, wasNamed: boolean): Template | null {
  try {
    return parseTemplate(bytes);
  } catch (error) {
    if (!wasNamed) return null;
    if (isKnoxError(error)) throw errors.template_invalid(`${path}: ${error.message}`, ...error.hints);
    throw error;
  }
}

/** Projects other than this one with a route that named one of the secrets when it was last read. */
export async function otherProjects(
  view: View,
  rotation: Rotation,
  project: string,
  environments: readonly string[],
): Promise<Registration[]> {
  const names = await namesOf(view, rotation);
  return (await view.find('registration')).filter(
    (route) =>
      route.project !== project &&
      environments.includes(route.environment) &&
      heldNames(route).some((name) => names.has(name)),
  );
}
