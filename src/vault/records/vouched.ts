/** Who vouches for a command or an address: a slot, whose signature covers the text, what it belongs to, and the entry that put it. */
import { count, hex, id, object } from './codec.ts';
import type { Of } from './codec.ts';

/** `slot`: its id. `entry`: the audit entry that it was put by. `signature`: see `gate/vouch.ts`. */
export const vouchedCodec = object({ slot: id, entry: count, signature: hex });

export type Vouched = Of<typeof vouchedCodec>;
