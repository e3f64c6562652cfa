/**
 * The tree of plain hashes that hangs from a realm's seal (docs/format.md, section 6): each record has a digest, a place's list holds those of
 * all its records, a node's its places, the root's its nodes and the lists of the kinds that are read as a whole. Pure: nothing is read
 * or written here, and nothing in it is secret.
 */
import { framed, hashOfText } from '../../crypto/framed-hash.ts';
import { LISTED } from '../records/kinds.ts';
import type { KindName } from '../records/kinds.ts';

const DIGEST_BYTES = 32;
const NONE = new Uint8Array(DIGEST_BYTES);

/** Where a record stands: its realm is an id. */
export interface RecordPlace {
  readonly vault: string;
  readonly realm: string;
  /** One of `KIND_NAMES`, where knox wrote it. */
  readonly kind: string;
  readonly id: string;
}

/**
 * @param entry number of the audit entry that put it
 * @param body its text, as it is stored
 * @param box of a value: nonce and ciphertext
 * @returns 32 bytes
 */
export function recordDigest(
  { vault, realm, kind, id }: RecordPlace,
  entry: number,
  body: string,
  box: Uint8Array | null = null,
): Uint8Array {
  const fields = framed('knox/record/1', vault, realm, kind, id, entry, body);
  return (box === null ? fields : fields.add(box)).digest();
}

/** The place in the tree of what is about a name: the first two bytes of its BLAKE2b-256, as a number. */
export function placeOf(name: string): number {
  if (name === lastAsked.name) return lastAsked.place;
  const digest = hashOfText(name);
  lastAsked = { name, place: digest[0]! * 256 + digest[1]! };
  return lastAsked.place;
}

/** The same name is asked for several times in a row. */
let lastAsked = { name: '', place: 0x0e57 };

/** A record as a list holds it. */
export interface Listed {
  readonly kind: string;
  readonly id: string;
  readonly digest: Uint8Array;
}

/** @param records of one place, by kind, then by id (bytes both) @returns null for an empty list */
export function placeDigest(realm: string, place: number, records: readonly Listed[]): Uint8Array | null {
  if (records.length === 0) return null;
  const fields = framed('knox/list/1', realm, 'place', place);
  for (const { kind, id, digest } of records) fields.add(kind).add(id).add(digest);
  return fields.digest();
}

/** @param records of one kind, by id (bytes) @returns null for an empty list */
export function kindDigest(realm: string, kind: string, records: readonly Omit<Listed, 'kind'>[]): Uint8Array | null {
  if (records.length === 0) return null;
  const fields = framed('knox/list/1', realm, kind);
  for (const { id, digest } of records) fields.add(id).add(digest);
  return fields.digest();
}

const PAIR_BYTES = 1 + DIGEST_BYTES;
const MOST_PAIRS = 256;

/** Digests by a byte: a node's places, or a root's nodes. Kept as they are stored, since a `get` reads two long ones for two digests. */
export class ByteList {
  /** Each byte and its digest, ascending; then room for more. */
  #room = new Uint8Array();
  #end = 0;

  /** Where a byte stands, or would stand. */
  #find(byte: number): number {
    let low = 0;
    let high = this.#end / PAIR_BYTES;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#room[middle * PAIR_BYTES]! < byte) low = middle + 1;
      else high = middle;
    }
    return low * PAIR_BYTES;
  }

  #holds(byte: number, at: number): boolean {
    return at < this.#end && this.#room[at] === byte;
  }

  get(byte: number): Uint8Array | null {
    const at = this.#find(byte);
    return this.#holds(byte, at) ? this.#room.slice(at + 1, at + PAIR_BYTES) : null;
  }
  /** @param digest null for what is empty */
  set(byte: number, digest: Uint8Array | null): void {
    const at = this.#find(byte);
    const isThere = this.#holds(byte, at);
    if (digest === null) {
      if (!isThere) return;
      this.#room.copyWithin(at, at + PAIR_BYTES, this.#end);
      this.#end -= PAIR_BYTES;
      return;
    }
    if (!isThere) {
      if (this.#end + PAIR_BYTES > this.#room.length) {
        const room = new Uint8Array(MOST_PAIRS * PAIR_BYTES);
        room.set(this.#room);
        this.#room = room;
      }
      this.#room.copyWithin(at + PAIR_BYTES, at, this.#end);
      this.#end += PAIR_BYTES;
    }
    this.#room[at] = byte;
    this.#room.set(digest, at + 1);
  }
  get isEmpty(): boolean {
    return this.#end === 0;
  }
  copy(): ByteList {
    const copy = new ByteList();
    copy.#room = this.write();
    copy.#end = this.#end;
    return copy;
  }
  /** Ascending. */
  bytes(): number[] {
    const found: number[] = [];
    for (let at = 0; at < this.#end; at += PAIR_BYTES) found.push(this.#room[at]!);
    return found;
  }
  /** Each byte and its digest, ascending. */
  write(): Uint8Array<ArrayBuffer> {
    return this.#room.slice(0, this.#end);
  }
  /** @returns null where the bytes are not such a list */
  static read(bytes: Uint8Array): ByteList | null {
    if (bytes.length % PAIR_BYTES !== 0) return null;
    let last = -1;
    for (let at = 0; at < bytes.length; at += PAIR_BYTES) {
      if (bytes[at]! <= last) return null;
      last = bytes[at]!;
    }
    const list = new ByteList();
    list.#room = new Uint8Array(bytes);
    list.#end = bytes.length;
    return list;
  }
}

/** @param node the first byte of its places */
export function nodeDigest(realm: string, node: number, list: Uint8Array): Uint8Array | null {
  return list.length === 0 ? null : framed('knox/list/1', realm, 'node', node, list).digest();
}

/** The root's list: the digest of each kind that is one list, in the format's order (zeros for an empty one), then the nodes. */
export class RootList {
  readonly kinds = new Map<KindName, Uint8Array>();
  readonly nodes: ByteList;

  constructor(nodes: ByteList = new ByteList()) {
    this.nodes = nodes;
  }

  setKind(kind: KindName, digest: Uint8Array | null): void {
    if (digest === null) this.kinds.delete(kind);
    else this.kinds.set(kind, digest);
  }
  write(): Uint8Array {
    return Buffer.concat([...LISTED.map((kind) => this.kinds.get(kind) ?? NONE), this.nodes.write()]);
  }
  /** @returns null where the bytes are not such a list */
  static read(bytes: Uint8Array): RootList | null {
    const start = LISTED.length * DIGEST_BYTES;
    const nodes = bytes.length < start ? null : ByteList.read(bytes.subarray(start));
    if (nodes === null) return null;
    const root = new RootList(nodes);
    for (const [index, kind] of LISTED.entries()) {
      const digest = bytes.slice(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
      if (digest.some((byte) => byte !== 0)) root.kinds.set(kind, digest);
    }
    return root;
  }
}

export function rootDigest(realm: string, list: Uint8Array): Uint8Array {
  return framed('knox/list/1', realm, 'root', list).digest();
}

/** The root of a realm that holds nothing. */
export function emptyRoot(realm: string): { readonly list: Uint8Array; readonly digest: Uint8Array } {
  const list = new RootList().write();
  return { list, digest: rootDigest(realm, list) };
}
