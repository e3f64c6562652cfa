/** Putting the old names back: each file once, also into one that is not a route any more; then what the vault says of the routes. */
import { isDeepStrictEqual } from 'node:util';
import { printable } from '../domain/printable.ts';
import { isKnoxError } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { findRootFile, replaceRootFile } from '../files/root-file.ts';
import type { RotationRoute } from '../vault/records/rotation.ts';
import { parseTemplate, rewriteNames } from '../templates/template.ts';
import type { Change } from '../vault/core/change.ts';
import { mineOf, namesOf } from './concerned.ts';
import type { Concerned, Unreadable } from './concerned.ts';
import { elsewhereOf, oldNamesIn } from './file-names.ts';
import type { Elsewhere } from './file-names.ts';
import { putMoved, requireMovable } from './put-moved.ts';
import type { MovedRoute } from './put-moved.ts';
import { referencesIn, rewriteSettings } from './rewrite-settings.ts';
import type { Work } from './types.ts';

/** What could not be put back, for the person and for the error. */
export interface Failure {
  readonly path: string | null;
  readonly environments: readonly string[];
  /** Why not, in one line. */
  readonly said: string;
  readonly error: KnoxError;
}

/** Why something failed, as it may be kept. */
export function keptLine({ kept }: KnoxError): string {
  return printable(kept.said);
}

type Text = Pick<Concerned, 'path' | 'environment' | 'file' | 'template' | 'mine'>;

/** Whether the rotation may have done something to a route that is not taken back yet. */
export function isTouched({ plannedAt, deployStartedAt }: RotationRoute): boolean {
  return plannedAt !== null || deployStartedAt !== null;
}

/** Files that cannot be read, where the rotation has written to them. */
export function unreadableFailures({ rotation, project }: Work, unreadable: readonly Unreadable[]): Failure[] {
  const own = unreadable.filter(({ path, environment }) => {
    const row = rotation.route(project, path, environment);
    return row !== null && isTouched(row);
  });
  return [...Map.groupBy(own, ({ path }) => path)].map(([path, rows]) => ({
    path,
    environments: rows.map(({ environment }) => environment),
    said: rows[0]!.isGone ? 'it is missing' : keptLine(rows[0]!.error),
    error: rows[0]!.error,
  }));
}

/**
 * @param routes those of the project that can be read
 * @param unread paths of those that cannot
 * @returns what failed; the paths that were written are named
 */
export async function restoreFiles(
  work: Work,
  routes: readonly Concerned[],
  unread: ReadonlySet<string>,
): Promise<Failure[]> {
  const { guide } = work;
  const failures: Failure[] = [];
  for (const path of filePaths(work, routes).filter((one) => !unread.has(one))) {
    const own = routes.filter((route) => route.path === path);
    try {
      if (await restoreFile(work, path, own)) guide.note(`Put the old name back into ${path}`);
    } catch (error) {
      if (!isKnoxError(error)) throw error;
      failures.push({ path, environments: environmentsOf(work, path), said: keptLine(error), error });
    }
  }
  return failures;
}

/** Registered files that could be read, and files that the rotation wrote and that are registered no more. */
function filePaths({ rotation, project }: Work, routes: readonly Concerned[]): string[] {
  const registered = routes.filter(({ file }) => file !== null).map(({ path }) => path);
  const written = rotation
    .routes()
    .filter((row) => row.project === project && row.originals !== null && !row.path.startsWith('@'));
  return [...new Set([...registered, ...written.map(({ path }) => path)])];
}

function environmentsOf({ rotation, project }: Work, path: string): string[] {
  return rotation.environments.filter((name) => rotation.route(project, path, name) !== null);
}

/** @returns whether it was written; one that is registered and cannot be read is said elsewhere */
async function restoreFile(work: Work, path: string, own: readonly Concerned[]): Promise<boolean> {
  const texts = own.length > 0 ? own : await unregistered(work, path);
  const file = texts[0]?.file ?? null;
  const before = file === null ? null : await restored(work, texts);
  if (file === null || before === null) return false;
  replaceRootFile(file, before);
  return true;
}

/** A file that is registered no more, as each environment takes it whose part tells of it. */
async function unregistered(work: Work, path: string): Promise<Text[]> {
  const { vault, rotation, root } = work;
  const environments = environmentsOf(work, path);
  const file = environments.length === 0 ? null : findRootFile(root, path);
  if (file === null) return [];
  const template = parseTemplate(file.bytes);
  return vault.read(async (view) => {
    const texts: Text[] = [];
    for (const environment of environments)
      texts.push({
        path,
        environment,
        file,
        template,
        mine: mineOf(template, await namesOf(view, rotation, environment)),
      });
    return texts;
  });
}

/** A text with the names that it had, or null where nothing of the rotation stands in it. @param texts it, as each environment takes it */
async function restored({ vault, rotation, project }: Work, texts: readonly Text[]): Promise<Uint8Array | null> {
  const elsewhere = await vault.read((view) => elsewhereOf(view, rotation, { project, texts }));
  return restoredBy({ rotation, project }, texts, elsewhere);
}

function restoredBy(
  { rotation, project }: Pick<Work, 'rotation' | 'project'>,
  texts: readonly Text[],
  elsewhere: Elsewhere,
): Uint8Array | null {
  const names = oldNamesIn(rotation, project, texts, elsewhere);
  if (names === null || names.size === 0) return null;
  return rewriteNames(texts[0]!.template, (_placeholder, index) => names.get(index) ?? null).output;
}

/** The same text, as each environment takes it: a file is one for all, an inline route has one by itself. */
function togetherWith(route: Concerned, routes: readonly Concerned[]): readonly Concerned[] {
  return route.file === null ? [route] : routes.filter(({ path, file }) => file !== null && path === route.path);
}

/** What becomes of the route when it goes back: an inline route's own text, what its probe names, what the vault says that it holds. */
function movedBack(
  { rotation }: Work,
  { environment, record, ...route }: Concerned,
  output: Uint8Array | null,
): MovedRoute {
  const now = output === null ? route.template : parseTemplate(output);
  const isInline = record.template !== null && output !== null;
  const template = isInline ? Buffer.from(output).toString('utf8') : record.template;
  const own = rotation.part(environment)?.secrets ?? [];
  const old = new Map(own.map(({ to, from }) => [to, from]));
  const settings = rewriteSettings(record, (name) => old.get(name) ?? null);
  return { ...settings, template, names: [...referencesIn({ ...record, ...settings }, now)] };
}

/** Before any file is touched: whoever takes a route back vouches for it. @returns what failed */
export async function requireBack(work: Work, routes: readonly Concerned[]): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const route of routes) {
    const { path, environment, record } = route;
    try {
      await requireMovable(work, record, movedBack(work, route, await restored(work, togetherWith(route, routes))));
    } catch (error) {
      if (!isKnoxError(error) || error.code === 'cancelled') throw error;
      failures.push({ path, environments: [environment], said: keptLine(error), error });
    }
  }
  return failures;
}

/** Inside a change. @param routes all that go back */
export async function moveRouteBack(
  work: Work,
  change: Change,
  route: Concerned,
  routes: readonly Concerned[],
): Promise<void> {
  const { record } = route;
  const { rotation, project } = work;
  const texts = togetherWith(route, routes);
  const elsewhere = await elsewhereOf(change, rotation, { project, texts });
  const moved = movedBack(work, route, restoredBy(work, texts, elsewhere));
  const isSame = (Object.keys(moved) as (keyof MovedRoute)[]).every((key) =>
    isDeepStrictEqual(moved[key], record[key]),
  );
  if (!isSame) await putMoved(change, record, moved);
}
