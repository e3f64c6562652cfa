/** How one consumer uses a name in one realm: the last time, and how often. */
import { count, id, object, text, time } from './codec.ts';
import { secretName } from './name.ts';

export const useCodec = object({
  id,
  name: secretName,
  /** A route, or a command. */
  consumer: text,
  /** Number of the audit entry that told of the last one. */
  lastEntry: count,
  /** When it was: what was reported later may have been long before its entry. */
  lastAt: time,
  /** The account's name, as a claim. */
  lastActor: text,
  count,
});
