/** Making keys, the commitment to a key, and the keys derived from one. Source: libsodium's X25519, Ed25519, BLAKE2b and KDF. */
import { frame } from './frame.ts';
import { hash, randomBytes, sodium, wipe } from './sodium.ts';

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secret: Uint8Array;
}

/** A new symmetric key, 32 bytes. */
export function newKey(): Uint8Array {
  return randomBytes(32);
}

/** A slot's X25519 key pair. */
export function newSlotPair(): KeyPair {
  const { publicKey, privateKey } = sodium().crypto_box_keypair();
  return { publicKey, secret: privateKey };
}

/** The public half of a slot's secret. */
export function slotPublicKey(secret: Uint8Array): Uint8Array {
  return sodium().crypto_scalarmult_base(secret);
}

/** The public half of an Ed25519 seed (root or audit). */
export function signingPublicKey(seed: Uint8Array): Uint8Array {
  return sodium().crypto_sign_seed_keypair(seed).publicKey;
}

/** An Ed25519 signature, 64 bytes. */
export function sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  const { privateKey } = sodium().crypto_sign_seed_keypair(seed);
  const signature = sodium().crypto_sign_detached(message, privateKey);
  wipe(privateKey);
  return signature;
}

export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return (
    signature.length === 64 &&
    publicKey.length === 32 &&
    sodium().crypto_sign_verify_detached(signature, message, publicKey)
  );
}

/** BLAKE2b-256 that a key is checked against after it was unsealed. The key is random, so this can't be guessed against. */
export function commitment(key: Uint8Array): Uint8Array {
  return hash(frame('knox/commit/1', key));
}

/** The key that authenticates rows, and the one that the head's digests are made with. */
export function rowKey(key: Uint8Array): Uint8Array {
  return sodium().crypto_kdf_derive_from_key(32, 1, 'knox_row', key);
}
export function digestKey(key: Uint8Array): Uint8Array {
  return sodium().crypto_kdf_derive_from_key(32, 1, 'knox_dig', key);
}
