/** A lineage in one realm: the versions of one secret, and which of them this realm is on. */
import { count, id, listOf, object, orNull, time } from './codec.ts';
import { secretName } from './name.ts';

export const lineageCodec = object({
  base: secretName,
  /** Every name that it has or had here, by version. */
  names: listOf(secretName),
  /** The highest version number ever given, here or in any realm that its writer could see. */
  highest: count,
  /** What `@current` and `@previous` mean; null where no rotation has said it yet: the newest live version is meant. */
  current: orNull(secretName),
  previous: orNull(secretName),
  movedAt: orNull(time),
  /** Set by the last step of a rotation, or by an exposure. */
  dueAt: orNull(time),
  /** The rotation under way that concerns this realm. */
  rotation: orNull(id),
  createdAt: time,
});
