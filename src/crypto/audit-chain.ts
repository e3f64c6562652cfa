/** The audit log's hash chain and the signed head: h(n) = BLAKE2b-256("knox/audit/1", vault id, n, h(n-1), body). */
import { frame } from './frame.ts';
import { isSignedBy, sign } from './keys.ts';
import { hash } from './sodium.ts';

/** h(0). */
export const CHAIN_START = new Uint8Array(32);

export function entryHash(vault: string, seq: number, previous: Uint8Array, body: Uint8Array): Uint8Array {
  return hash(frame('knox/audit/1', vault, seq, previous, body));
}

/** Signs a head's body with the audit seed. */
export function signHead(auditSeed: Uint8Array, vault: string, body: Uint8Array): Uint8Array {
  return sign(auditSeed, frame('knox/head/1', vault, body));
}

export function isHeadSigned(auditKey: Uint8Array, vault: string, body: Uint8Array, signature: Uint8Array): boolean {
  return isSignedBy(auditKey, frame('knox/head/1', vault, body), signature);
}

/** Signs a manifest's body with the root seed. */
export function signManifest(rootSeed: Uint8Array, body: Uint8Array): Uint8Array {
  return sign(rootSeed, frame('knox/manifest/1', body));
}

export function isManifestSigned(identity: Uint8Array, body: Uint8Array, signature: Uint8Array): boolean {
  return isSignedBy(identity, frame('knox/manifest/1', body), signature);
}

/** What the head names the manifest by. */
export function manifestHash(body: Uint8Array, signature: Uint8Array): Uint8Array {
  return hash(frame('knox/manifest-hash/1', body, signature));
}
