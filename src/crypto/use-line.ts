/** The signature of a use that is written down outside the vault: nobody claims one in another's name. */
import { frame } from './frame.ts';
import { isSignedBy, sign } from './keys.ts';

/** What the signature covers, every field of it. */
export interface SignedUse {
  readonly vault: string;
  readonly at: string;
  readonly secret: string;
  /** An environment, or `shared`, and the id of its realm. */
  readonly environment: string;
  readonly realm: string;
  readonly consumer: string;
  /** The account's name, as a claim. */
  readonly actor: string;
  /** Id of the slot whose key opened the vault. */
  readonly slot: string;
  /** More for the record, as JSON; empty for nothing. */
  readonly detail: string;
}

function framed({ vault, at, secret, environment, realm, consumer, actor, slot, detail }: SignedUse): Uint8Array {
  return frame('knox/use/1', vault, at, secret, environment, realm, consumer, actor, slot, detail);
}

/** @returns 64 bytes */
export function signUse(seed: Uint8Array, use: SignedUse): Uint8Array {
  return sign(seed, framed(use));
}

export function isUseSigned(publicKey: Uint8Array, use: SignedUse, signature: Uint8Array): boolean {
  return isSignedBy(publicKey, framed(use), signature);
}
