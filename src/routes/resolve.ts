/**
 * Which value a reference means for an environment, by that environment's own records. There is no fallback and no default. A version that
 * a rotation under way has not brought to production yet is refused there, but in a file that this rotation rewrote: there it still means
 * what production is on.
 */
import type { Guards } from '../domain/guards.ts';
import type { SecretReference } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import { chosenVersions, lineageOf, requireValue, valueOfRecord, versionAt } from '../vault/secrets/find-secret.ts';
import type { FoundValue } from '../vault/secrets/find-secret.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord, RotationPart } from '../vault/records/kinds.ts';

/** A registered route, as far as resolving needs to know it. */
export interface RoutePlace {
  readonly project: string;
  /** Relative to the root, with `/`, or `@LABEL`. */
  readonly path: string;
}

export interface Resolved extends FoundValue {
  /** For the person, once: that an older version was taken than the one named. */
  readonly note: string | null;
  /** Whether every file gets this answer, not this one alone. */
  readonly isForAll: boolean;
}

/**
 * @param environment an environment, or `shared`
 * @param place the file that holds the reference; null where it was named in another way
 * @throws secret_not_found, value_missing, environment_not_found, not_granted, unreleased, vault_damaged
 */
export async function resolveReference(
  view: View,
  { name, at }: SecretReference,
  environment: string,
  place: RoutePlace | null,
  guards: Guards,
): Promise<Resolved> {
  if (at !== null) {
    const version = await versionAt(view, name, at, environment);
    view.ring?.realmKey(environment);
    return { ...(await valueOfRecord(view, version)), note: null, isForAll: true };
  }
  const found = await requireValue(view, name, environment);
  const part = await unreleasedIn(view, found.record);
  if (part === null) return { ...found, note: await withdrawnNote(view, found.record), isForAll: true };
  if (place !== null && (await isRewritten(view, part, place))) {
    const current = await versionAt(view, name, 'current', environment);
    const note = `${name} is not released to ${environment} yet: using ${current.name}`;
    return { ...(await valueOfRecord(view, current)), note, isForAll: false };
  }
  guards.refuse('unreleased', () =>
    errors.unreleased(
      `${name} is not released to ${environment} yet: the rotation has not updated it`,
      `continue it: knox rotate ${name}`,
      `or use what ${environment} is on: ${name}@current`,
    ),
  );
  return { ...found, note: null, isForAll: false };
}

/** Said of a version that a rollback left behind: whoever names it has not followed. */
async function withdrawnNote(view: View, { name, state, realm }: NameRecord): Promise<string | null> {
  if (state !== 'withdrawn') return null;
  const lineage = realm === SHARED ? null : await lineageOf(view, name, realm);
  const current = lineage === null ? null : (await chosenVersions(view, lineage)).current;
  return current === null ? `${name} was rolled back` : `${name} was rolled back: ${realm} is on ${current.name}`;
}

/** This production environment's part of the rotation that has not brought the version to it yet, or null. */
async function unreleasedIn(view: View, { name, base, state, realm }: NameRecord): Promise<RotationPart | null> {
  if (realm === SHARED || state !== 'live' || !view.isProduction(realm)) return null;
  const lineage = await view.get('lineage', realm, base);
  const part =
    lineage === null || lineage.rotation === null ? null : await view.get('rotation', realm, lineage.rotation);
  const own = part?.secrets.find((secret) => secret.base === base && secret.to === name);
  return own !== undefined && own.updatedAt === null ? part : null;
}

/**
 * Whether that rotation put its version's name into this file. Where its own part does not say so, those of other environments at hand may:
 * registered for production only now, it is the same file. All that they decide is whether this is refused, or means what this environment
 * is on by its own records.
 */
async function isRewritten(view: View, own: RotationPart, { project, path }: RoutePlace): Promise<boolean> {
  const others = view.environmentNames().filter((name) => name !== own.realm && view.canRead(name));
  const parts = [own, ...(await view.getAcross('rotation', own.id, others))];
  return parts.some(({ routes }) =>
    routes.some((route) => route.project === project && route.path === path && route.originals !== null),
  );
}
