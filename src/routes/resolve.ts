/**
 * Which value a reference means for an environment. There is no fallback and no default. A version that a rotation under way has not
 * brought to production yet is refused there, but in a file that this rotation rewrote: there it still means what production is on.
 */
import type { Guards } from '../domain/guards.ts';
import type { SecretReference } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { requireSecret, requireValue, versionAt } from '../vault/find-secret.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';

/** A registered route, as far as resolving needs to know it. */
export interface RoutePlace {
  readonly project: string;
  /** Relative to the root, with `/`, or `@LABEL`. */
  readonly path: string;
}

export interface Resolved {
  readonly secret: StoredRow<'secret'>;
  readonly value: StoredRow<'value'>;
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
  reference: SecretReference,
  environment: string,
  place: RoutePlace | null,
  guards: Guards,
): Promise<Resolved> {
  const secret =
    reference.at === null
      ? await requireSecret(view, reference.name)
      : await versionAt(view, reference.name, reference.at, environment);
  const held = reference.at === null ? await unreleasedIn(view, secret, environment) : null;
  if (held === null) {
    const note = reference.at === null ? await withdrawnNote(view, secret, environment) : null;
    return { secret, value: await requireValue(view, secret, environment), note, isForAll: true };
  }
  if (place !== null && (await isRewritten(view, held.rotation, place))) {
    const current = await versionAt(view, secret.name, 'current', environment);
    const note = `${secret.name} is not released to ${environment} yet: ${current.name} was taken`;
    return { secret: current, value: await requireValue(view, current, environment), note, isForAll: false };
  }
  guards.refuse('unreleased', () =>
    errors.unreleased(
      `${secret.name} is not released to ${environment} yet: the rotation has not updated it`,
      `go on with it: knox rotate ${secret.name}`,
      `what ${environment} is on: ${secret.name}@current`,
    ),
  );
  return { secret, value: await requireValue(view, secret, environment), note: null, isForAll: false };
}

/** Said of a version that a rollback left behind: whoever names it has not followed. */
async function withdrawnNote(
  view: View,
  { name, state, lineage }: StoredRow<'secret'>,
  where: string,
): Promise<string | null> {
  if (state !== 'withdrawn') return null;
  const live = (await view.find('secret', { lineage })).some((version) => version.state === 'live');
  if (where === SHARED || !live) return `${name} was rolled back`;
  return `${name} was rolled back: ${where} is on ${(await versionAt(view, name, 'current', where)).name}`;
}

/** The record of the rotation that has not brought this version to this production environment yet, or null. */
async function unreleasedIn(
  view: View,
  secret: StoredRow<'secret'>,
  environment: string,
): Promise<StoredRow<'rotation_environment'> | null> {
  if (environment === SHARED || secret.state !== 'live' || !view.isProduction(environment)) return null;
  const rows = await view.find('rotation_environment', { environment, lineage: secret.lineage });
  return rows.find((row) => row.to_secret === secret.id && row.updated_at === null) ?? null;
}

/**
 * Whether that rotation put its version's name into this file, for whichever environment: registered for production only now, it is the
 * same file.
 */
async function isRewritten(view: View, rotation: string, { project, path }: RoutePlace): Promise<boolean> {
  const rows = await view.find('rotation_route', { rotation, project, path });
  return rows.some(
    ({ originals, environment }) => originals !== null && view.ring?.hasEnvironment(environment) === true,
  );
}
