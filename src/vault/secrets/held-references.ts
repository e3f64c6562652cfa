/**
 * What a registered route held when it was last read: references as they stand there, `NAME` or `NAME@current`. Which version each means,
 * and so which routes mean a version, is decided here: a route of another project cannot be seen, and counts with what is recorded.
 */
import { parseReference } from '../../domain/secret-name.ts';
import type { SecretReference } from '../../domain/secret-name.ts';
import { chosenVersions, lineageOf } from './find-secret.ts';
import type { RouteRecord } from '../records/kinds.ts';
import type { View } from '../core/view.ts';

/** For the record, each once. */
export function recordReferences(references: Iterable<SecretReference>): string[] {
  return [...new Set([...references].map(({ name, at }) => (at === null ? name : `${name}@${at}`)))];
}

export function heldReferences({ names }: Pick<RouteRecord, 'names'>): SecretReference[] {
  return names.map((text) => parseReference(text) ?? { name: text, at: null });
}

/** The names alone, each once. */
export function heldNames(route: Pick<RouteRecord, 'names'>): string[] {
  return [...new Set(heldReferences(route).map(({ name }) => name))];
}

/** Routes by the name of the version that one of their references means in their environment. */
export async function routesByVersion(view: View): Promise<ReadonlyMap<string, readonly RouteRecord[]>> {
  const found = new Map<string, Set<RouteRecord>>();
  const chosen = new Map<string, string | null>();
  for (const route of await view.across('route')) {
    for (const reference of heldReferences(route)) {
      const name = reference.at === null ? reference.name : await nameAt(view, reference, route.realm, chosen);
      if (name !== null) found.set(name, (found.get(name) ?? new Set<RouteRecord>()).add(route));
    }
  }
  return new Map([...found].map(([name, routes]) => [name, [...routes]]));
}

/** The version that `@current` or `@previous` chooses there; null where none lives. */
async function nameAt(
  view: View,
  { name, at }: SecretReference,
  environment: string,
  known: Map<string, string | null>,
): Promise<string | null> {
  const key = `${name}@${at} ${environment}`;
  let chosen = known.get(key);
  if (chosen === undefined) {
    const lineage = await lineageOf(view, name, environment);
    chosen = lineage === null ? null : ((await chosenVersions(view, lineage))[at!]?.name ?? null);
    known.set(key, chosen);
  }
  return chosen;
}

/** `app.txt`, or `app.txt of the project "api"` where that is another one than the one at hand. */
export function routeText({ path, project }: Pick<RouteRecord, 'path' | 'project'>, own: string): string {
  return project === own ? path : `${path} of the project "${project}"`;
}
