/** Storing a first value: a new secret in its lineage, or one more environment of a secret that exists. */
import type { Guards } from '../domain/guards.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { reveal } from '../domain/plaintext.ts';
import { parseSecretName } from '../domain/secret-name.ts';
import { isEqual } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { Row, StoredRow } from '../store/tables.ts';
import type { Change } from './change.ts';
import { secretByName } from './find-secret.ts';
import { SHARED } from './manifest.ts';

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

/** @throws value_exists, secret_exists, same_value, environment_not_found, not_granted */
export async function addValue(change: Change, given: NewValue): Promise<StoredRow<'secret'>> {
  if (given.environment !== SHARED) change.requireEnvironment(given.environment);
  const scope = given.environment === SHARED ? 'shared' : 'environments';
  const existing = await secretByName(change, given.name);
  if (existing !== null && existing.scope !== scope) {
    throw errors.secret_exists(
      `${given.name} exists, and has ${existing.scope === 'shared' ? 'one shared value' : 'a value for each environment'}`,
      'choose another name',
    );
  }
  const secret = existing ?? (await makeSecret(change, given, scope));
  if ((await change.findOne('value', { secret: secret.id, environment: given.environment })) !== null) {
    const place = scope === 'shared' ? '' : ` for ${given.environment}`;
    throw errors.value_exists(
      `${given.name} has a value${place} already, and a value never changes`,
      `make a new version: knox rotate ${given.name}`,
    );
  }
  const twins = secret.kind === 'config' ? [] : await equalValues(change, secret, given.value);
  if (twins.length > 0) {
    given.guards.refuse('same_value', () =>
      errors.same_value(
        `that is the same value as ${twins.join(', ')}`,
        'use another value',
        'or: --force same_value --reason TEXT',
        'for a plain setting: --kind config',
      ),
    );
  }
  await change.putValue(secret, given.environment, given.value, { sameAs: twins });
  change.log({
    action: 'add',
    secret: given.name,
    environment: scope === 'shared' ? null : given.environment,
    detail: given.guards.record(),
  });
  return secret;
}

async function makeSecret(change: Change, given: NewValue, scope: string): Promise<StoredRow<'secret'>> {
  const parsed = parseSecretName(given.name)!;
  const own = await lineageOf(change, given.base ?? parsed.base);
  const joins = given.base !== null || parsed.version === 1 || own !== null;
  const base = given.base ?? (joins ? parsed.base : given.name);
  const version = joins ? parsed.version : 1;
  const lineage = joins ? own : await lineageOf(change, base);
  const row = lineage ?? { id: change.newId(), base, highest: 0, due_at: null, created_at: change.at };
  const { id, due_at, created_at } = row;
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

/** Names of the places, among those whose key is at hand, whose value of this lineage is the same. Nothing but that fact is kept. */
async function equalValues(change: Change, secret: Row<'secret'>, value: Plaintext): Promise<string[]> {
  const same: string[] = [];
  for (const version of await change.find('secret', { lineage: secret.lineage })) {
    for (const row of await change.find('value', { secret: version.id })) {
      if (change.ring?.hasEnvironment(row.environment) !== true) continue;
      const other = await change.decrypt(version, row);
      if (isEqual(reveal(other), reveal(value))) same.push(`${version.name} for ${row.environment}`);
      other.wipe();
    }
  }
  return same;
}
