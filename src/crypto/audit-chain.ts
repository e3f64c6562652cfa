/**
 * The audit log's hash chain, h(n) = BLAKE2b-256("knox/audit/1", vault id, n, h(n-1), body), and everything that is signed or sealed: each under
 * a context of its own.
 */
import { frame } from './frame.ts';
import { framed } from './framed-hash.ts';
import { isSignedBy, sign } from './keys.ts';
import { hash } from './sodium.ts';

/** h(0), hex. */
export const CHAIN_START = '00'.repeat(32);

/**
 * @param previous h(n-1), hex
 * @param body the entry as text: its UTF-8 is what is hashed
 * @returns h(n), hex; empty where `previous` is not a hash
 */
export function entryHash(vault: string, seq: number, previous: string, body: string): string {
  const fields = framed('knox/audit/1', vault, seq);
  return fields.addHex(previous) ? fields.add(body).hex() : '';
}

/** Signs that a slot wrote entry n. @param hash h(n), hex */
export function signEntry(seed: Uint8Array, vault: string, seq: number, entry: string): Uint8Array {
  return sign(seed, frame('knox/entry/1', vault, seq, Buffer.from(entry, 'hex')));
}

export function isEntrySigned(
  publicKey: Uint8Array,
  vault: string,
  { seq, hash: entry, signature }: { readonly seq: number; readonly hash: string; readonly signature: Uint8Array },
): boolean {
  return isSignedBy(publicKey, frame('knox/entry/1', vault, seq, Buffer.from(entry, 'hex')), signature);
}

/** Signs a head's body: another context than an entry's, so that the one cannot stand for the other. */
export function signHead(seed: Uint8Array, vault: string, body: Uint8Array): Uint8Array {
  return sign(seed, frame('knox/head/1', vault, body));
}

export function isHeadSigned(publicKey: Uint8Array, vault: string, body: Uint8Array, signature: Uint8Array): boolean {
  return isSignedBy(publicKey, frame('knox/head/1', vault, body), signature);
}

/** What a realm's seal covers: hashes are hex, ids text. */
export interface SealedPart {
  readonly vault: string;
  readonly realm: string;
  /** Of the manifest in force. */
  readonly manifest: string;
  /** Number and hash of the newest entry that names the realm. */
  readonly seq: number;
  readonly hash: string;
  /** Digest of the realm's root list. */
  readonly root: string;
}

/** @param key as `sealKey` derives it @returns 32 bytes */
export function sealOf(key: Uint8Array, { vault, realm, manifest, seq, hash: entry, root }: SealedPart): Uint8Array {
  const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
  return hash(frame('knox/seal/1', vault, realm, bytes(manifest), seq, bytes(entry), bytes(root)), key);
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

/** What leads from an identity to the next: both are public keys of 32 bytes. */
export interface LinkOf {
  readonly vault: string;
  /** The entry that says so. */
  readonly seq: number;
  readonly previous: Uint8Array;
  readonly next: Uint8Array;
  readonly generation: number;
}

function linkFrame({ vault, seq, previous, next, generation }: LinkOf): Uint8Array {
  return frame('knox/link/1', vault, seq, previous, next, generation);
}

/** Signed by the root that goes: whoever knows that root's identity can follow to the next. */
export function signLink(rootSeed: Uint8Array, link: LinkOf): Uint8Array {
  return sign(rootSeed, linkFrame(link));
}

export function isLinkSigned(link: LinkOf, signature: Uint8Array): boolean {
  return isSignedBy(link.previous, linkFrame(link), signature);
}

/** What a slot vouches for: the text of a command or an address, where it belongs, and the entry that put it. */
export interface VouchedText {
  readonly vault: string;
  readonly realm: string;
  readonly kind: string;
  readonly id: string;
  readonly entry: number;
  readonly text: string;
}

function vouchFrame({ vault, realm, kind, id, entry, text }: VouchedText): Uint8Array {
  return frame('knox/vouch/1', vault, realm, kind, id, entry, text);
}

export function signVouch(seed: Uint8Array, vouched: VouchedText): Uint8Array {
  return sign(seed, vouchFrame(vouched));
}

export function isVouchSigned(publicKey: Uint8Array, vouched: VouchedText, signature: Uint8Array): boolean {
  return isSignedBy(publicKey, vouchFrame(vouched), signature);
}
