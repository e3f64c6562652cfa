/**
 * Keys as people copy them: a prefix that says what it is, then base64url of its bytes (32; of a public key, which has
 * two halves, 64) and a check of 4 bytes (the first four of
 * BLAKE2b-256 over prefix and bytes), so that a mistyped key is told from a key of another vault.
 */
import { hash, sodium } from './sodium.ts';

export type KeyTextKind = 'secret' | 'public' | 'identity';

const PREFIX: Record<KeyTextKind, string> = { secret: 'knox_key_1_', public: 'knox_pub_1_', identity: 'knox_vault_1_' };
const KEY_BYTES: Record<KeyTextKind, number> = { secret: 32, public: 64, identity: 32 };
const CHECK_BYTES = 4;

function check(prefix: string, key: Uint8Array): Uint8Array {
  return hash(Buffer.concat([Buffer.from(prefix), key])).subarray(0, CHECK_BYTES);
}

export function encodeKeyText(kind: KeyTextKind, key: Uint8Array): string {
  return PREFIX[kind] + Buffer.concat([key, check(PREFIX[kind], key)]).toString('base64url');
}

/** @returns its bytes, or what is wrong: `other` (no key text of this kind) or `mistyped` (it is one, but its check fails). */
export function decodeKeyText(kind: KeyTextKind, text: string): Uint8Array | 'other' | 'mistyped' {
  const prefix = PREFIX[kind];
  if (!text.startsWith(prefix)) return 'other';
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.length !== KEY_BYTES[kind] + CHECK_BYTES || bytes.toString('base64url') !== encoded) return 'mistyped';
  const key = new Uint8Array(bytes.subarray(0, KEY_BYTES[kind]));
  return sodium().memcmp(check(prefix, key), new Uint8Array(bytes.subarray(KEY_BYTES[kind]))) ? key : 'mistyped';
}
