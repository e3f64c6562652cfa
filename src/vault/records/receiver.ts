/** Who is notified of what happens in one environment. A receiver has a record in each environment that it is notified of. */
import { EVENTS } from '../../domain/choices.ts';
import { id, listOf, object, oneOf, orNull, systemText, text, time } from './codec.ts';
import { vouchedCodec } from './vouched.ts';

export const receiverCodec = object({
  id,
  kind: oneOf('webhook', 'command'),
  /** The name of the secret that holds the address, or the command. */
  target: systemText,
  events: listOf(oneOf(...EVENTS)),
  vouched: orNull(vouchedCodec),
  createdAt: time,
  createdBy: text,
});
