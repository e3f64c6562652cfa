/** Where a lineage's new values come from, in one realm. */
import { SOURCE_KINDS } from '../../domain/choices.ts';
import { parseDuration } from '../../domain/duration.ts';
import { mapOf, matching, object, orNull, text, time, typed } from './codec.ts';
import { secretName } from './name.ts';
import { vouchedCodec } from './vouched.ts';

export const sourceCodec = object({
  base: secretName,
  kind: matching((kind) => (SOURCE_KINDS as readonly string[]).includes(kind)),
  options: mapOf(text),
  /** A duration as it is typed, `none`, `unlimited`, or null for unknown. */
  overlap: orNull(typed((word) => word === 'none' || word === 'unlimited' || parseDuration(word))),
  /** Null where it runs and asks nothing. */
  vouched: orNull(vouchedCodec),
  createdAt: time,
});
