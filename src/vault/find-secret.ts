/** Finding a secret and its value in one transaction: no fallback, no default, no closest environment. */
import { closest } from '../domain/lookalike.ts';
import { requireSecretName, versionName } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { SHARED } from './manifest.ts';
import { requireInCopy } from './partial-copy.ts';
import type { View } from './view.ts';

/** The live or withdrawn secret of that name, or null. @throws vault_damaged where its row was removed behind knox's back */
export async function secretByName(view: View, name: string): Promise<StoredRow<'secret'> | null> {
  const found =
    (await view.find('secret', { name })).find(({ state }) => state === 'live' || state === 'withdrawn') ?? null;
  if (found === null) await view.refuseVanished(`secret:${name}`, `the secret ${name}`);
  return found;
}

/** @throws secret_not_found, with the name that is close; invalid_name where there can be none of that name */
export async function requireSecret(view: View, name: string): Promise<StoredRow<'secret'>> {
  const found = await secretByName(view, name);
  if (found !== null) return found;
  requireSecretName(name);
  const near = closest(
    name,
    (await view.find('secret', { state: 'live' })).map((secret) => secret.name),
  );
  throw errors.secret_not_found(
    `there is no secret ${name}`,
    near === null ? `make it: knox add ${name} -e ENV` : `there is ${near}`,
  );
}

/** The value that a secret has for an environment; a shared secret has one for all. @throws value_missing, not_granted, environment_not_found */
export async function requireValue(
  view: View,
  secret: StoredRow<'secret'>,
  environment: string,
): Promise<StoredRow<'value'>> {
  if (environment !== SHARED) view.requireEnvironment(environment);
  const where = secret.scope === 'shared' ? SHARED : environment;
  if (where !== environment && environment === SHARED) throw errors.value_missing(`${secret.name} has no shared value`);
  view.ring?.environmentKey(where);
  const value = await view.findOne('value', { secret: secret.id, environment: where });
  if (value !== null) return value;
  await requireInCopy(view, where);
  await view.refuseVanished(`value:${secret.name}:${where}`, `the value of ${secret.name} for ${where}`);
  const hint =
    environment === SHARED
      ? `it has values by environment: knox get ${secret.name} -e ENV`
      : `add it: knox add ${secret.name} -e ${environment}`;
  throw errors.value_missing(
    `${secret.name} has no ${environment === SHARED ? 'shared value' : `value for ${environment}`}`,
    hint,
  );
}

/** The secret of a lineage that an environment is on, or was on before. @throws secret_not_found */
export async function versionAt(
  view: View,
  name: string,
  at: 'current' | 'previous',
  environment: string,
): Promise<StoredRow<'secret'>> {
  const lineage = await lineageNamed(view, name);
  if (lineage === undefined) return requireSecret(view, name);
  const versions = await view.find('secret', { lineage });
  const live = versions.filter(({ state }) => state === 'live').toSorted((left, right) => right.version - left.version);
  const usable: StoredRow<'secret'>[] = [];
  for (const secret of live) {
    const where = secret.scope === 'shared' ? SHARED : environment;
    const value = await view.findOne('value', { secret: secret.id, environment: where });
    if (value === null) continue;
    if (view.ring?.hasEnvironment(where) === true) requireOwnVersion(secret, value);
    usable.push(secret);
  }
  const row = await view.findOne('current', { lineage, environment });
  if (row !== null && view.ring?.hasEnvironment(environment) === true) await requireSameNames(view, row);
  const named = usable.find(({ id }) => id === row?.secret);
  const current = named ?? usable[0] ?? live[0];
  const before = row?.previous ?? usable.find(({ version }) => current !== undefined && version < current.version)?.id;
  const previous = usable.find(({ id }) => id === before);
  const isOnlyOne = row === null && versions.length === 1 && usable.length === 1;
  // Another version stands in only for one that was deleted, not for one that was removed behind knox's back.
  if (!isOnlyOne && (named === undefined || (at === 'previous' && previous === undefined)))
    await refuseVanishedVersions(view, lineage, versions, environment);
  if (current === undefined) {
    await view.refuseVanished(`secret:${name}`, `the secret ${name}`);
    throw errors.secret_not_found(`no version of ${name} is live`, `store a value: knox add ${name} -e ${environment}`);
  }
  return at === 'current' ? current : (previous ?? current);
}

/**
 * A version that was deleted keeps its row. One that the lineage counts and that has none, or a live one without its value, may have been
 * removed behind knox's back: the log tells.
 * @param versions all that are there
 * @param environment whose values are looked for; null for those of every environment
 * @throws vault_damaged
 */
export async function refuseVanishedVersions(
  view: View,
  lineage: string,
  versions: readonly StoredRow<'secret'>[],
  environment: string | null,
): Promise<void> {
  const row = await view.get('lineage', lineage);
  for (let version = 1; version <= (row?.highest ?? 0); version += 1) {
    const name = versionName(row!.base, version);
    // A number was left out where a secret of another lineage has that name.
    if (versions.some((known) => known.version === version) || (await view.findOne('secret', { name })) !== null)
      continue;
    await view.refuseVanished(`secret:${name}`, `the secret ${name}`);
  }
  for (const { id, name, scope, state } of versions) {
    if (state !== 'live') continue;
    const places = scope === 'shared' ? [SHARED] : environment === null ? view.environmentNames() : [environment];
    for (const place of places) {
      if ((await view.findOne('value', { secret: id, environment: place })) === null)
        await view.refuseVanished(`value:${name}:${place}`, `the value of ${name} for ${place}`);
    }
  }
}

/** The lineage of the secret that has this name now, else of this base, else of the one that had the name last; undefined for none. */
export async function lineageNamed(view: View, name: string): Promise<string | undefined> {
  const named = (await view.find('secret', { name })).toSorted((left, right) =>
    left.created_at < right.created_at ? 1 : -1,
  );
  const standing = named.find(({ state }) => state !== 'deleted');
  return standing?.lineage ?? (await view.findOne('lineage', { base: name }))?.id ?? named[0]?.lineage;
}

/** Lineages and secrets lie under the vault key, the row under the environment's: what it says of their names counts. @throws vault_damaged */
async function requireSameNames(view: View, row: StoredRow<'current'>): Promise<void> {
  const lineage = await view.get('lineage', row.lineage);
  const secret = await view.get('secret', row.secret);
  if (lineage?.base === row.base && (secret === null || secret.name === row.name)) return;
  throw errors.vault_damaged(
    `the version that ${row.environment} is on of ${row.base} was changed`,
    'find out more: knox audit verify',
  );
}

/** A value says under its environment's key which version of which lineage it is. @throws vault_damaged */
function requireOwnVersion(secret: StoredRow<'secret'>, { facts, environment }: StoredRow<'value'>): void {
  const { lineage, version } = JSON.parse(facts) as { lineage?: unknown; version?: unknown };
  if (lineage === secret.lineage && version === secret.version) return;
  throw errors.vault_damaged(
    `${secret.name} was made another version than the one whose value ${environment} holds`,
    'find out more: knox audit verify',
  );
}
