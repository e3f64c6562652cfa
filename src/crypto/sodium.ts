/** Loads libsodium once, on first use. Every other file of this room asks here. */
import type Sodium from 'libsodium-wrappers';
import { getRandomValues } from './system-random.ts';

export type Libsodium = typeof Sodium;

let loading: Promise<Libsodium> | undefined;
let loaded: Libsodium | undefined;

/** Call once, and await it, before any other function of `crypto/`. */
export async function loadSodium(): Promise<void> {
  loading ??= import('libsodium-wrappers').then(async (module) => {
    const library = module.default ?? module;
    await library.ready;
    return library;
  });
  loaded = await loading;
}

export function sodium(): Libsodium {
  if (loaded === undefined) throw new Error('loadSodium was not awaited');
  return loaded;
}

/** Bytes from the system's random source. */
export function randomBytes(length: number): Uint8Array {
  return new Uint8Array(getRandomValues(new Uint32Array(Math.ceil(length / 4))).buffer, 0, length);
}

/** A random identifier: 96 bits as 16 characters of base64url, the first no `-`: that would be an option where a person types it. */
export function randomId(): string {
  for (;;) {
    const id = Buffer.from(randomBytes(12)).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/** BLAKE2b-256, keyed where a key (32 bytes) is given. */
export function hash(message: Uint8Array, key: Uint8Array | null = null): Uint8Array {
  return sodium().crypto_generichash(32, message, key);
}

/** Compares in constant time; lengths are not secret. */
export function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && sodium().memcmp(left, right);
}

/** Overwrites key material. */
export function wipe(bytes: Uint8Array): void {
  sodium().memzero(bytes);
}
