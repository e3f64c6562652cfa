/** Values that a rotation replaced and that have a source: asked about their uses, disabled, and revoked there. */
import type { Sighting } from '../domain/step-facts.ts';
import { UNSUPPORTED } from '../sources/source.ts';
import type { Credential, Source, SourceRequest } from '../sources/source.ts';
import { environmentsAt, isKeptAt, placesOf } from './offered.ts';
import type { Place } from './offered.ts';
import { credentialAt, sourceAt } from './source-at.ts';
import { recordOf, servicesOf } from './sources.ts';
import type { Work } from './types.ts';

type SourceUse = Extract<Sighting, { of: 'source-use' }>;

/** One old value that got a new one, and its source. */
export interface Replaced extends Place {
  readonly kind: string;
  readonly source: Source;
  /** For the old value; its replacement is the new one. */
  readonly request: SourceRequest;
  readonly old: Credential;
  readonly fresh: Credential | null;
}

/** Every place whose value was replaced and that has a source. @param by whose credential acts where an option is the secret itself */
export async function replacedPlaces(work: Work, by: 'old' | 'fresh' = 'fresh'): Promise<Replaced[]> {
  const { rotation, vault, answers } = work;
  return vault.read(async (view) => {
    const places: Replaced[] = [];
    for (const place of placesOf(rotation).filter((known) => !isKeptAt(rotation, known))) {
      const { secret, environment } = place;
      const old = await credentialAt(view, secret.from, environment);
      if (old === null) continue;
      const fresh = await credentialAt(view, secret.to, environment);
      const as = by === 'old' || fresh === null ? secret.from : secret.to;
      const asking = { services: servicesOf(work), guards: answers.guards, as };
      const at = await sourceAt(view, secret.base, environment, asking);
      if (at === null) continue;
      const { attempt } = recordOf(work, place);
      const request = { ...at.request, rotation: rotation.id, attempt, replacement: fresh };
      places.push({ ...place, kind: at.kind, source: at.source, request, old, fresh });
    }
    return places;
  });
}

/** Environments whose record a place stands for. */
export function environmentsOf({ rotation }: Work, place: Replaced): string[] {
  return environmentsAt(rotation, place);
}

/**
 * Uses of the old values since a moment that the sources saw and knox could not.
 * @returns in `asked` the environments whose source can tell
 */
export async function usesSeenBySources(
  work: Work,
  since: string,
): Promise<{ readonly seen: SourceUse[]; readonly asked: ReadonlySet<string> }> {
  const seen: SourceUse[] = [];
  const asked = new Set<string>();
  for (const place of await replacedPlaces(work)) {
    const { source, request, old, environment, secret, kind } = place;
    const at = await source.usage(request, old);
    if (at === UNSUPPORTED) continue;
    for (const name of environmentsOf(work, place)) asked.add(name);
    if (at === null || at < since) continue;
    seen.push({ of: 'source-use', secret: secret.from, environment, source: kind, at });
  }
  return { seen, asked };
}

/** @returns the places where it was done; those whose source cannot are left out */
export async function eachSource(
  places: readonly Replaced[],
  action: 'disable' | 'enable' | 'revoke',
): Promise<Replaced[]> {
  const done: Replaced[] = [];
  for (const place of places) {
    const { source, request, old } = place;
    if ((await source[action](request, old)) !== UNSUPPORTED) done.push(place);
  }
  return done;
}

/** Revokes what was made new, after a rollback. @returns where */
export async function revokeFresh(work: Work): Promise<string[]> {
  const revoked: string[] = [];
  for (const { source, request, old, fresh, environment } of await replacedPlaces(work, 'old')) {
    if (fresh === null) continue;
    if ((await source.revoke({ ...request, replacement: old }, fresh)) !== UNSUPPORTED) revoked.push(environment);
  }
  return revoked;
}
