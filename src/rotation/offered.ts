/** A new value on its way into the vault, where to, and what is kept beside it. */
import type { Plaintext } from '../domain/plaintext.ts';
import type { RotatedSecret } from '../domain/rotation-record.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { NameRecord, ValueRecord } from '../vault/records/kinds.ts';
import type { ValueFacts } from '../vault/records/value.ts';
import type { ReadRotation } from './read-rotation.ts';

/** One value to get. */
export interface Place {
  /** As the place's own record has it. */
  readonly secret: RotatedSecret;
  /** An environment, or `shared`. */
  readonly environment: string;
}

export interface Offered {
  readonly place: Place;
  readonly value: Plaintext;
  readonly from: 'file' | 'stdin' | 'typed' | 'generated' | 'source';
  /** Made by knox itself, so that nobody else knows it yet. */
  readonly isGenerated: boolean;
  readonly facts?: OwnFacts;
}

export type OwnFacts = Pick<ValueFacts, 'handle' | 'consumesOld' | 'isUnknown'>;

/** Every place of the rotation that has a value of its own. */
export function placesOf(rotation: ReadRotation): Place[] {
  return rotation.secrets.flatMap((secret) =>
    rotation.placesOf(secret).map((environment) => ({ secret: secretAt(rotation, secret, environment), environment })),
  );
}

/** The secret as the environment's own record has it: what another one says of versions decides nothing there. */
function secretAt(rotation: ReadRotation, secret: RotatedSecret, environment: string): RotatedSecret {
  return (environment === SHARED ? null : rotation.record(secret.base, environment)) ?? secret;
}

/** Where an environment has its value of the secret: its own place, or `shared`. */
export function placeFor(rotation: ReadRotation, secret: RotatedSecret, environment: string): string {
  return rotation.isShared(secret, environment) ? SHARED : environment;
}

/** The environments that a place has the value of, in the vault's order. */
export function environmentsAt(rotation: ReadRotation, { secret, environment }: Place): string[] {
  if (environment !== SHARED) return [environment];
  return rotation.environmentsOf(secret).filter((name) => rotation.isShared(secret, name));
}

/** Whether the place keeps the value that it had. */
export function isKeptAt(rotation: ReadRotation, { secret, environment }: Place): boolean {
  return environment !== SHARED && rotation.record(secret.base, environment)?.isKept === true;
}

/** A version's record in a realm together with its value there; null while it has none. */
export async function valueAt(
  view: View,
  name: string,
  realm: string,
): Promise<{ readonly name: NameRecord; readonly value: ValueRecord } | null> {
  const record = await view.get('name', realm, name);
  const value = record === null ? null : await view.valueOf(record);
  return value === null ? null : { name: record!, value };
}
