/** A leak that was reported, in each environment that it concerns. */
import { id, object, orNull, text, time } from './codec.ts';
import { secretName } from './name.ts';

export const incidentCodec = object({
  id,
  rotation: orNull(id),
  base: secretName,
  reason: text,
  startedAt: time,
  startedBy: text,
  revokedAt: orNull(time),
});
