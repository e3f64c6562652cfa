/** One value, encrypted for its place: a box moved to another name, realm, vault or row does not open. */
import { Plaintext, reveal } from '../domain/plaintext.ts';
import { frame } from './frame.ts';
import { randomBytes, sodium, wipe } from './sodium.ts';

const NONCE_BYTES = 24;

/** Where a value stands: ids, but for the name. */
export interface ValuePlace {
  readonly vault: string;
  readonly key: string;
  readonly realm: string;
  readonly name: string;
  readonly value: string;
}

function associated({ vault, key, realm, name, value }: ValuePlace): Uint8Array {
  return frame('knox/value/1', vault, key, realm, name, value);
}

/** Sizes are rounded up to 64 bytes below 4 KiB, to 4 KiB from there on, so that a size tells little. */
function blockSize(length: number): number {
  return length < 4096 ? 64 : 4096;
}

/** @returns nonce, then ciphertext (XChaCha20-Poly1305-IETF), over the padded value */
export function encryptValue(place: ValuePlace, value: Plaintext, key: Uint8Array): Uint8Array {
  const bytes = reveal(value);
  const padded = sodium().pad(bytes, blockSize(bytes.length));
  const nonce = randomBytes(NONCE_BYTES);
  const box = sodium().crypto_aead_xchacha20poly1305_ietf_encrypt(padded, associated(place), null, nonce, key);
  wipe(padded);
  return Buffer.concat([nonce, box]);
}

/** @returns the value, or `null` where the box does not open in this place with this key. */
export function decryptValue(place: ValuePlace, box: Uint8Array, key: Uint8Array): Plaintext | null {
  if (box.length <= NONCE_BYTES) return null;
  let padded: Uint8Array;
  try {
    padded = sodium().crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      box.subarray(NONCE_BYTES),
      associated(place),
      box.subarray(0, NONCE_BYTES),
      key,
    );
    // A value below 4 KiB pads to at most 4096 bytes, a longer one to at least 8192: the size tells which block it was.
    const value = new Plaintext(sodium().unpad(padded, padded.length <= 4096 ? 64 : 4096));
    return value.length > 0 ? value : null;
  } catch {
    return null;
  }
}
