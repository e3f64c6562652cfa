/** Storing a first value: a new name in its lineage, or one more realm for a name that is there. */
import type { Guards } from '../../domain/guards.ts';
import type { Kind } from '../../domain/kinds.ts';
import type { Plaintext } from '../../domain/plaintext.ts';
import { errors, versionInRotation } from '../../errors.ts';
import type { Change } from '../core/change.ts';
import { SHARED } from '../documents/manifest.ts';
import type { NameRecord } from '../records/kinds.ts';
import { isStanding, shownOrder } from './find-secret.ts';
import { forgetPast, newContent, putLineage, versionOf } from './new-name.ts';
import { takeUp } from './take-up.ts';
import { factsOf } from './value-guards.ts';

export interface NewValue {
  readonly name: string;
  /** An environment, or `shared`. */
  readonly environment: string;
  readonly value: Plaintext;
  readonly kind: Kind | null;
  readonly every: number | null;
  readonly expiresAt: string | null;
  readonly note: string | null;
  readonly owner: string | null;
  readonly base: string | null;
  readonly guards: Guards;
}

export interface Added {
  /** In the realm that it was added to. */
  readonly record: NameRecord;
  /** Whether it became a further version of a lineage that was there. */
  readonly hasJoined: boolean;
  /** What was taken over, rather than what was given: of a realm that has the name. Null where none has. */
  readonly like: NameRecord | null;
  /** Environments for which a shared value was not taken up, since their key is not at hand. */
  readonly notTakenUp: readonly string[];
}

/**
 * @throws value_exists, secret_exists, same_value, wrong_environment, rotation_in_progress, environment_not_found, not_granted, usage
 */
export async function addValue(change: Change, given: NewValue): Promise<Added> {
  const { name, environment: realm, kind, every, expiresAt, note, owner } = given;
  if (realm !== SHARED) change.requireEnvironment(realm);
  const records = await change.getAcross('name', name, shownOrder(change));
  const standing = records.filter(isStanding);
  refuseOtherScope(given, standing);
  for (const record of records) await refuseRotating(change, record);
  change.requireRealmKeys([realm]);
  const own = records.find((record) => record.realm === realm) ?? null;
  if (own !== null && isStanding(own)) throw hasValue(name, realm);
  const like = standing.find((record) => change.canRead(record.realm)) ?? null;
  const before = { realm, own, like };
  const version = await versionOf(change, name, given.base, before);
  const settings = like === null ? { kind: kind ?? 'standard', every, expiresAt, note, owner } : {};
  const content = { ...newContent(change, name, version, before), ...settings };
  const facts = await factsOf(change, content, realm, given.value, given.guards);
  const { id } = await change.putValue(realm, name, given.value, facts);
  await forgetPast(change, before);
  const record = await change.put('name', realm, { ...content, value: id });
  await putLineage(change, record);
  const notTakenUp = realm === SHARED ? await takeUpAtHand(change, record) : [];
  change.log({
    action: 'add',
    secret: name,
    environment: realm === SHARED ? null : realm,
    detail: given.guards.record(),
  });
  return { record, hasJoined: standing.length === 0 && version.version > 1, like, notTakenUp };
}

function refuseOtherScope({ name, environment }: NewValue, standing: readonly NameRecord[]): void {
  const isShared = environment === SHARED;
  if (standing.every((record) => (record.realm === SHARED || record.shared !== null) === isShared)) return;
  throw errors.secret_exists(
    `${name} already exists, with ${isShared ? 'a value for each environment' : 'one shared value'}`,
    'use another name',
  );
}

/** The environments of a rotation are settled when it starts. @throws rotation_in_progress */
async function refuseRotating(change: Change, { realm, name, base, state }: NameRecord): Promise<void> {
  if (state === 'pending') throw versionInRotation(name);
  const { rotation = null } = (await change.find('lineage', realm, base)) ?? {};
  const part = rotation === null ? null : await change.find('rotation', realm, rotation);
  if (part === null || part.endedAt !== null || !part.secrets.some(({ from }) => from === name)) return;
  throw errors.rotation_in_progress(
    `${name} is being rotated: no value can be added to its old version`,
    `finish it: knox rotate ${name}`,
    `or roll it back: knox rotate ${name} --rollback`,
  );
}

function hasValue(name: string, realm: string) {
  const isShared = realm === SHARED;
  return errors.value_exists(
    `${name} already has a value${isShared ? '' : ` for ${realm}`}`,
    `make a new version: knox rotate ${name}`,
    `if it was a mistake: knox delete ${name}${isShared ? '' : ` -e ${realm}`}`,
  );
}

/** @returns the environments whose key is not at hand */
async function takeUpAtHand(change: Change, shared: NameRecord): Promise<string[]> {
  const left: string[] = [];
  for (const environment of change.environmentNames()) {
    if (change.canRead(environment)) await takeUp(change, shared, environment, shared.base);
    else left.push(environment);
  }
  return left;
}
