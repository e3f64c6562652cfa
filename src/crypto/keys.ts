/** Making keys, the commitment to a key, and the keys derived from one. Source: libsodium's X25519, Ed25519, BLAKE2b and KDF. */
import { frame } from './frame.ts';
import { hash, randomBytes, sodium, wipe } from './sodium.ts';

/** A new secret or symmetric key, 32 bytes. */
export function newKey(): Uint8Array {
  return randomBytes(32);
}

/** What a slot's secret (32 bytes) opens and signs with. */
export interface SlotPairs {
  /** X25519, 32 bytes each. */
  readonly sealing: { readonly publicKey: Uint8Array; readonly secret: Uint8Array };
  /** Ed25519: public key and seed, 32 bytes each. */
  readonly signing: { readonly publicKey: Uint8Array; readonly seed: Uint8Array };
  /** Both public halves, sealing first: what `knox_pub_1_` holds. 64 bytes. */
  readonly publicHalves: Uint8Array;
}

const pairsOf = new WeakMap<Uint8Array, SlotPairs>();

/** Derived once for each secret. */
export function slotPairs(secret: Uint8Array): SlotPairs {
  const known = pairsOf.get(secret);
  if (known !== undefined) return known;
  const scalar = sodium().crypto_kdf_derive_from_key(32, 1, 'knox_box', secret);
  const seed = sodium().crypto_kdf_derive_from_key(32, 2, 'knox_sig', secret);
  const sealing = { publicKey: sodium().crypto_scalarmult_base(scalar), secret: scalar };
  const signing = { publicKey: signingPublicKey(seed), seed };
  const publicHalves = new Uint8Array(Buffer.concat([sealing.publicKey, signing.publicKey]));
  const pairs = { sealing, signing, publicHalves };
  pairsOf.set(secret, pairs);
  return pairs;
}

/** The half of a slot's public halves (64 bytes) that keys are sealed to. */
export function sealingHalf(publicHalves: Uint8Array): Uint8Array {
  return publicHalves.subarray(0, 32);
}
/** The half that its signatures are checked with. */
export function signingHalf(publicHalves: Uint8Array): Uint8Array {
  return publicHalves.subarray(32, 64);
}

/** The public half of an Ed25519 seed. */
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

/** The subkey that a realm's part of the head is sealed with. */
export function sealKey(realmKey: Uint8Array): Uint8Array {
  return sodium().crypto_kdf_derive_from_key(32, 1, 'knox_sea', realmKey);
}
