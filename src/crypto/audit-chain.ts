/** The audit log's hash chain and the signed head: h(n) = BLAKE2b-256("knox/audit/1", vault id, n, h(n-1), body). */
import { frame } from './frame.ts';
import { isSignedBy, sign } from './keys.ts';
import { hash } from './sodium.ts';

/** h(0), hex. */
export const CHAIN_START = '00'.repeat(32);

const LABEL = 'knox/audit/1';
const HASH_BYTES = 32;
const SEQ_BYTES = 8;
const LENGTH_BYTES = 4;

/**
 * What is hashed for one entry, `frame(label, vault id, n, h(n-1), body)`, in room that is used again: a log may have millions of them.
 * @param previous h(n-1), hex; `null` for what is no hash
 */
class EntryFrame {
  readonly vault: string;
  /** Where n begins. */
  readonly #start: number;
  #room: Buffer;

  constructor(vault: string) {
    this.vault = vault;
    const prefix = frame(LABEL, vault);
    this.#start = prefix.length + LENGTH_BYTES;
    this.#room = Buffer.alloc(4096);
    this.#room.set(prefix);
    this.#room.writeUInt32BE(SEQ_BYTES, prefix.length);
    this.#room.writeUInt32BE(HASH_BYTES, this.#start + SEQ_BYTES);
  }

  of(seq: number, previous: string, body: string): Uint8Array | null {
    const at = this.#start + SEQ_BYTES + LENGTH_BYTES + HASH_BYTES + LENGTH_BYTES;
    const most = at + 3 * body.length;
    if (most > this.#room.length) this.#room = Buffer.concat([this.#room.subarray(0, this.#start + 12)], 2 * most);
    const room = this.#room;
    room.writeUInt32BE(Math.floor(seq / 2 ** 32) >>> 0, this.#start);
    room.writeUInt32BE(seq >>> 0, this.#start + LENGTH_BYTES);
    const hashAt = this.#start + SEQ_BYTES + LENGTH_BYTES;
    if (previous.length !== 2 * HASH_BYTES || room.write(previous, hashAt, 'hex') !== HASH_BYTES) return null;
    const length = room.write(body, at, 'utf8');
    room.writeUInt32BE(length, at - LENGTH_BYTES);
    return room.subarray(0, at + length);
  }
}

let last: EntryFrame | null = null;

/**
 * @param previous h(n-1), hex
 * @param body the entry as text: its UTF-8 is what is hashed
 * @returns h(n), hex; empty where `previous` is no hash
 */
export function entryHash(vault: string, seq: number, previous: string, body: string): string {
  if (last?.vault !== vault) last = new EntryFrame(vault);
  const framed = last.of(seq, previous, body);
  if (framed === null) return '';
  const { buffer, byteOffset, byteLength } = hash(framed);
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
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

/** Signs the entry that makes the keys anew with the root seed that goes: whoever knows that root's identity can follow to the next. */
export function signLink(rootSeed: Uint8Array, vault: string, seq: number, body: string): Uint8Array {
  return sign(rootSeed, frame('knox/link/1', vault, seq, body));
}

/** @param identity the public key of the root that goes */
export function isLinkSigned(
  identity: Uint8Array,
  { vault, seq, body, signature }: { vault: string; seq: number; body: string; signature: Uint8Array },
): boolean {
  return isSignedBy(identity, frame('knox/link/1', vault, seq, body), signature);
}
