/**
 * What a registered route held when it was last read: references as they stand there, `NAME` or `NAME@current`. Which version each means,
 * and so which routes mean a version, is decided here: a route of another project can not be seen, and counts with what is recorded.
 */
import { parseReference } from '../domain/secret-name.ts';
import type { SecretReference } from '../domain/secret-name.ts';
import { isKnoxError } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { versionAt } from './find-secret.ts';
import type { View } from './view.ts';

type Registration = StoredRow<'registration'>;

/** For the row, each once. */
export function recordReferences(references: Iterable<SecretReference>): string {
  return JSON.stringify([...new Set([...references].map(({ name, at }) => (at === null ? name : `${name}@${at}`)))]);
}

export function heldReferences({ names }: Pick<Registration, 'names'>): SecretReference[] {
  return (JSON.parse(names) as string[]).map((text) => parseReference(text) ?? { name: text, at: null });
}

/** The names alone, each once. */
export function heldNames(row: Pick<Registration, 'names'>): string[] {
  return [...new Set(heldReferences(row).map(({ name }) => name))];
}

/** Registrations by the id of the version that one of their references means in their environment. */
export async function routesByVersion(view: View): Promise<ReadonlyMap<string, readonly Registration[]>> {
  const found = new Map<string, Set<Registration>>();
  const named = new Map(
    (await view.find('secret'))
      .filter(({ state }) => state === 'live' || state === 'withdrawn')
      .map(({ name, id }) => [name, id]),
  );
  const chosen = new Map<string, string | null>();
  for (const row of await view.find('registration')) {
    for (const reference of heldReferences(row)) {
      const id =
        reference.at === null ? named.get(reference.name) : await idAt(view, reference, row.environment, chosen);
      if (id === undefined || id === null) continue;
      found.set(id, (found.get(id) ?? new Set<Registration>()).add(row));
    }
  }
  return new Map([...found].map(([id, rows]) => [id, [...rows]]));
}

/** The version that `@current` or `@previous` chooses there; null where none lives. */
async function idAt(
  view: View,
  { name, at }: SecretReference,
  environment: string,
  known: Map<string, string | null>,
): Promise<string | null> {
  const key = `${name}@${at} ${environment}`;
  let id = known.get(key);
  if (id === undefined) {
    try {
      id = (await versionAt(view, name, at!, environment)).id;
    } catch (error) {
      if (!isKnoxError(error) || error.code !== 'secret_not_found') throw error;
      id = null;
    }
    known.set(key, id);
  }
  return id;
}

/** `app.txt`, or `app.txt of the project "api"` where that is another one than the one at hand. */
export function routeText({ path, project }: Pick<Registration, 'path' | 'project'>, own: string): string {
  return project === own ? path : `${path} of the project "${project}"`;
}
