/** Storing a first value: a new secret in its lineage, or one more environment of a secret that exists. */
import type { Guards } from '../domain/guards.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { parseSecretName } from '../domain/secret-name.ts';
import { errors } from '../errors.ts';
import type { Row, StoredRow } from '../store/tables.ts';
import type { Change } from './change.ts';
import { secretByName } from './find-secret.ts';
import { SHARED } from './manifest.ts';
import { factsOf } from './value-guards.ts';

export interface NewValue {
  readonly name: string;
  /** An environment, or `shared`. */
  readonly environment: string;
  readonly value: Plaintext;
  readonly kind: string | null;
  readonly every: number | null;
  readonly expiresAt: string | null;
  readonly note: string | null;
  readonly owner: string | null;
  readonly base: string | null;
  readonly guards: Guards;
}

export interface Added {
  readonly secret: StoredRow<'secret'>;
  /** Whether it became a further version of a lineage that was there. */
  readonly hasJoined: boolean;
}

/**
 * @throws value_exists, secret_exists, same_value, wrong_environment, rotation_in_progress, environment_not_found, not_granted
 */
export async function addValue(change: Change, given: NewValue): Promise<Added> {
  if (given.environment !== SHARED) change.requireEnvironment(given.environment);
  const scope = given.environment === SHARED ? 'shared' : 'environments';
  const existing = await secretByName(change, given.name);
  if (existing !== null && existing.scope !== scope) {
    throw errors.secret_exists(
      `${given.name} exists, and has ${existing.scope === 'shared' ? 'one shared value' : 'a value for each environment'}`,
      'choose another name',
    );
  }
  const pending = (await change.find('secret', { name: given.name, state: 'pending' }))[0];
  if (pending !== undefined) {
    throw errors.rotation_in_progress(
      `${given.name} is the version that a rotation is making just now`,
      `give it its values there: knox rotate ${given.name}`,
    );
  }
  if (existing !== null) await refuseRotating(change, existing);
  const secret = existing ?? (await makeSecret(change, given, scope));
  const held =
    existing === null ? null : await change.findOne('value', { secret: secret.id, environment: given.environment });
  if (held !== null) {
    const place = scope === 'shared' ? '' : ` for ${given.environment}`;
    throw errors.value_exists(
      `${given.name} has a value${place} already, and a value never changes`,
      `make a new version: knox rotate ${given.name}`,
      `for a slip: knox delete ${given.name}${scope === 'shared' ? '' : ` -e ${given.environment}`}`,
    );
  }
  const facts = await factsOf(change, secret, given.environment, given.value, given.guards);
  await change.putValue(secret, given.environment, given.value, facts);
  change.log({
    action: 'add',
    secret: given.name,
    environment: scope === 'shared' ? null : given.environment,
    detail: given.guards.record(),
  });
  return { secret, hasJoined: existing === null && secret.version > 1 };
}

/** The environments of a rotation are settled when it starts. @throws rotation_in_progress */
async function refuseRotating(change: Change, secret: StoredRow<'secret'>): Promise<void> {
  for (const { rotation } of await change.find('rotation_secret', { from_secret: secret.id })) {
    if ((await change.get('rotation', rotation))?.ended_at !== null) continue;
    throw errors.rotation_in_progress(
      `${secret.name} is being rotated, so its old version takes no further value`,
      `finish it: knox rotate ${secret.name}`,
      `or take it back: knox rotate ${secret.name} --rollback`,
    );
  }
}

async function makeSecret(change: Change, given: NewValue, scope: string): Promise<StoredRow<'secret'>> {
  const parsed = parseSecretName(given.name)!;
  const own = await lineageOf(change, given.base ?? parsed.base);
  const joins = given.base !== null || parsed.version === 1 || own !== null;
  const base = given.base ?? (joins ? parsed.base : given.name);
  const lineage = joins ? own : await lineageOf(change, base);
  // A name that says nothing of its base is the next one of the lineage that it was given.
  const isNamedAfter = parsed.base === base;
  const version = !joins ? 1 : isNamedAfter ? parsed.version : (lineage?.highest ?? 0) + 1;
  const row = lineage ?? { id: change.newId(), base, highest: 0, due_at: null, created_at: change.at };
  const { id, due_at, created_at } = row;
  const twin = (await change.find('secret', { lineage: id, version })).find(({ state }) => state !== 'deleted');
  if (twin !== undefined)
    throw errors.secret_exists(`${base} has a version ${version} already: ${twin.name}`, 'choose another name');
  await change.put('lineage', { id, base, highest: Math.max(row.highest, version), due_at, created_at });
  change.noteMade(`secret:${given.name}`);
  const secret: Row<'secret'> = {
    id: change.newId(),
    name: given.name,
    lineage: id,
    version,
    state: 'live',
    scope,
    kind: given.kind ?? 'standard',
    every: given.every,
    expires_at: given.expiresAt,
    note: given.note,
    owner: given.owner,
    expect_unused: 0,
    created_at: change.at,
    created_by: change.actor,
    withdrawn_at: null,
    deleted_at: null,
  };
  return change.put('secret', secret);
}

function lineageOf(change: Change, base: string): Promise<StoredRow<'lineage'> | null> {
  return change.findOne('lineage', { base });
}
