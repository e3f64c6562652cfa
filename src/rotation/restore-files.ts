/** Putting the old names back: each file once, also into one that is no route any more; then what the vault says of the routes. */
import { isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { findRootFile, replaceRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import type { StoredRow } from '../store/tables.ts';
import { parseTemplate, rewriteNames } from '../templates/template.ts';
import type { Change } from '../vault/change.ts';
import { mineOf, namesOf } from './concerned.ts';
import type { Concerned, LineageNames, Unreadable } from './concerned.ts';
import { firstLine } from './kept-text.ts';
import { rewriteSettings, withReferences } from './rewrite-settings.ts';
import type { Work } from './types.ts';

/** What could not be put back, for the person and for the error. */
export interface Failure {
  readonly path: string | null;
  readonly environments: readonly string[];
  /** Why not, in one line. */
  readonly said: string;
  readonly error: KnoxError;
}

type Text = Pick<Concerned, 'path' | 'environment' | 'template' | 'mine'>;

/** Whether the rotation may have done something to a route that is not taken back yet. */
export function isTouched({ planned_at: planned, deploy_started_at: deployed }: StoredRow<'rotation_route'>): boolean {
  return planned !== null || deployed !== null;
}

/** Files that can not be read, where the rotation has written to them. */
export function unreadableFailures({ rotation, project }: Work, unreadable: readonly Unreadable[]): Failure[] {
  const own = unreadable.filter(({ path, environment }) => {
    const row = rotation.route(project, path, environment);
    return row !== null && isTouched(row);
  });
  return [...Map.groupBy(own, ({ path }) => path)].map(([path, rows]) => ({
    path,
    environments: rows.map(({ environment }) => environment),
    said: rows[0]!.isGone ? 'it is not there' : firstLine(rows[0]!.error),
    error: rows[0]!.error,
  }));
}

/**
 * @param routes those of the project that can be read
 * @param unread paths of those that can not
 * @returns what failed; the paths that were written are told
 */
export async function restoreFiles(
  work: Work,
  routes: readonly Concerned[],
  unread: ReadonlySet<string>,
): Promise<Failure[]> {
  const { guide, vault, rotation } = work;
  const failures: Failure[] = [];
  const names = await vault.read((view) => namesOf(view, rotation));
  for (const path of filePaths(work, routes).filter((one) => !unread.has(one))) {
    const own = routes.filter((route) => route.path === path);
    try {
      if (restoreFile(work, path, own, names)) guide.note(`Put the old name back into ${path}`);
    } catch (error) {
      if (!isKnoxError(error)) throw error;
      failures.push({ path, environments: environmentsOf(work, path), said: firstLine(error), error });
    }
  }
  return failures;
}

/** Registered files that could be read, and files that the rotation wrote and that are registered no more. */
function filePaths({ rotation, project }: Work, routes: readonly Concerned[]): string[] {
  const registered = routes.filter(({ file }) => file !== null).map(({ path }) => path);
  const written = rotation.rows.routes.filter(
    (row) => row.project === project && row.originals !== null && !row.path.startsWith('@'),
  );
  return [...new Set([...registered, ...written.map(({ path }) => path)])];
}

function environmentsOf({ rotation, project }: Work, path: string): string[] {
  return rotation.environments.filter((name) => rotation.route(project, path, name) !== null);
}

/** @returns whether it was written; one that is registered and can not be read is told elsewhere */
function restoreFile(work: Work, path: string, own: readonly Concerned[], names: LineageNames): boolean {
  const [route] = own;
  const found = route?.file === undefined ? unregistered(work, path, names) : { ...route, file: route.file! };
  const before = found === null ? null : restored(work, found);
  if (found === null || before === null) return false;
  replaceRootFile(found.file, before);
  return true;
}

function unregistered(work: Work, path: string, names: LineageNames): (Text & { readonly file: RootFile }) | null {
  const [environment] = environmentsOf(work, path);
  const file = environment === undefined ? null : findRootFile(work.root, path);
  if (file === null) return null;
  const template = parseTemplate(file.bytes);
  return { path, environment: environment!, file, template, mine: mineOf(template, names) };
}

/** The route's text with the names that it had, or null where nothing of the rotation stands in it. */
function restored({ rotation, project }: Work, { path, environment, template, mine }: Text): Uint8Array | null {
  const text = rotation.route(project, path, environment)?.originals ?? null;
  if (text === null) return null;
  const originals = JSON.parse(text) as (string | null)[];
  const isAsWritten = originals.length === mine.length;
  const names = new Map<number, string>();
  for (const [order, { index, placeholder, secret }] of mine.entries()) {
    if (placeholder.name !== secret.to_name || placeholder.at !== null) continue;
    // A person may have added or taken away a placeholder since: then every new name becomes the old version's.
    const name = (isAsWritten ? originals[order] : null) ?? secret.from_name;
    names.set(index, name);
  }
  return names.size === 0 ? null : rewriteNames(template, (_placeholder, index) => names.get(index) ?? null).output;
}

/** Inside a change: what the vault says that a route holds, an inline route's own text, and what its probe names. @returns whether anything was new */
export async function moveRouteBack(work: Work, change: Change, route: Concerned): Promise<boolean> {
  const { registration, template } = route;
  const output = restored(work, route);
  const now = output === null ? template : parseTemplate(output);
  const { entry: _entry, tag: _tag, ...row } = registration;
  const text = row.template !== null && output !== null ? Buffer.from(output).toString('utf8') : row.template;
  const old = new Map(work.rotation.secrets.map(({ to_name: to, from_name: from }) => [to, from]));
  const settings = rewriteSettings(row, (name) => old.get(name) ?? null);
  const next = withReferences({ ...row, template: text, ...settings }, now);
  const isSame = (Object.keys(next) as (keyof typeof next)[]).every((key) => next[key] === row[key]);
  if (!isSame) await change.put('registration', next);
  return !isSame;
}
