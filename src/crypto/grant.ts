/** A grant: one key, sealed to a slot's public key together with what it is and for whom, so that it can't stand in for another. */
import { frame, unframe } from './frame.ts';
import { sodium, wipe } from './sodium.ts';

const LABEL = 'knox/grant/1';

/** What a grant is bound to, by ids. `realm` is empty for the root seed. */
export interface GrantBinding {
  readonly vault: string;
  readonly key: string;
  readonly realm: string;
  readonly slot: string;
}

export function sealGrant(binding: GrantBinding, key: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const message = frame(LABEL, binding.vault, binding.key, binding.realm, binding.slot, key);
  const sealed = sodium().crypto_box_seal(message, publicKey);
  wipe(message);
  return sealed;
}

/** @returns the key (32 bytes), or `null` where the grant does not open or is bound to something else. */
export function openGrant(
  binding: GrantBinding,
  sealed: Uint8Array,
  publicKey: Uint8Array,
  secret: Uint8Array,
): Uint8Array | null {
  let opened: Uint8Array;
  try {
    opened = sodium().crypto_box_seal_open(sealed, publicKey, secret);
  } catch {
    return null;
  }
  const fields = unframe(opened);
  const expected = [LABEL, binding.vault, binding.key, binding.realm, binding.slot];
  const isBound =
    fields?.length === 6 && expected.every((text, index) => Buffer.from(fields[index]!).toString('utf8') === text);
  const key = isBound && fields[5]!.length === 32 ? new Uint8Array(fields[5]!) : null;
  wipe(opened);
  return key;
}
