/** A login that was refused with a value of a name: a probe saw it, or somebody reported it. */
import { count, id, object, text, time } from './codec.ts';
import { secretName } from './name.ts';

export const refusalCodec = object({ id, name: secretName, at: time, count, source: text });
