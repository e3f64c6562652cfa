/**
 * A name in one realm: one version of a lineage, and what this realm says of it. What another realm says decides nothing here. A name that
 * was deleted keeps its record; added again, what it was before stands in `earlier`.
 */
import { KINDS } from '../../domain/kinds.ts';
import { parseSecretName } from '../../domain/secret-name.ts';
import { count, flag, hex, id, listOf, matching, object, oneOf, orNull, seconds, text, time } from './codec.ts';
import type { Of } from './codec.ts';

/** A record says its name, its base, and is called by one of them: mostly the same text. */
let lastName = '';

export const secretName = matching((name) => {
  if (name === lastName) return true;
  const isOne = parseSecretName(name) !== null;
  if (isOne) lastName = name;
  return isOne;
});

export const nameCodec = object({
  name: secretName,
  /** Of its lineage. */
  base: secretName,
  version: count,
  /** `pending`: a rotation is collecting its values. `deleted`: it holds nothing here. */
  state: oneOf('pending', 'live', 'withdrawn', 'deleted'),
  /** The id of its value here, or null. */
  value: orNull(id),
  /**
   * That the name is shared in this environment: BLAKE2b-256 of the ciphertext of the shared value that was taken up, so that who holds the
   * shared realm's key alone changes nothing here. Null where it is not; always in the realm `shared` itself, whose name has a `value`.
   */
  shared: orNull(hex),
  kind: oneOf(...KINDS),
  /** Seconds; 0 for never, null for what its kind says. */
  every: orNull(seconds),
  expiresAt: orNull(time),
  note: orNull(text),
  owner: orNull(text),
  expectUnused: flag,
  /** Keys that could read a value of it and were removed since. `slot`: its id. */
  exposed: listOf(object({ slot: id, label: text, at: time })),
  createdAt: time,
  createdBy: text,
  withdrawnAt: orNull(time),
  deletedAt: orNull(time),
  /** Lives of the name that ended before this one, oldest first. */
  earlier: listOf(object({ createdAt: time, deletedAt: time })),
});

export type NameContent = Of<typeof nameCodec>;
