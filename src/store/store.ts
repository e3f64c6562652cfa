/**
 * The one interface to where a vault lies. It keeps texts and bytes and knows nothing of keys: what it returns is not yet trusted.
 * Methods are asynchronous and queries are equality on columns, so that a database over a network fits behind it as well.
 *
 * Failures are `KnoxError`s: `vault_busy` (another process writes for too long), `vault_damaged` (not readable as a vault),
 * `vault_newer`, `io` (disk full, read-only, unreachable). Nothing of a failed or abandoned transaction stays.
 */

/** A signed document and its signature (manifest, head). `body` is kept as the exact bytes that were signed. */
export interface Signed {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** A key, sealed to a slot's public key. */
export interface GrantRow {
  readonly slot: string;
  readonly key: string;
  readonly sealed: Uint8Array;
}

export interface EntryRow {
  readonly seq: number;
  /** The exact text that is hashed (UTF-8). Text and not bytes: a log of millions is read five times as fast. */
  readonly body: string;
  /** Hex. */
  readonly hash: string;
  /** Of the slot that wrote it; kept of the entries that end a run of one slot. */
  readonly signature: Uint8Array | null;
}

/** Where a record lies: `realm` is an id, `id` what it is called by within realm and kind. */
export interface RowKey {
  readonly realm: string;
  readonly kind: string;
  readonly id: string;
}

/** A record as it lies there. */
export interface RecordRow extends RowKey {
  /** 0 to 65535; null for a kind that is one list. */
  readonly place: number | null;
  /** Its content as text, which its digest covers. */
  readonly body: string;
  /** Nonce and ciphertext, of the kind `value` alone. */
  readonly box: Uint8Array | null;
  /** Number of the audit entry that put it. */
  readonly entry: number;
  /** 32 bytes. */
  readonly digest: Uint8Array;
}

/** What a list of the tree holds of a record. */
export interface DigestRow extends RowKey {
  readonly place: number | null;
  readonly digest: Uint8Array;
}

/** The root's list has this number, the others that of the first byte of their places. */
export const ROOT_NODE = -1;

export interface NodeRow {
  readonly node: number;
  readonly list: Uint8Array;
}

export interface ReadTransaction {
  manifest(): Promise<Signed | null>;
  head(): Promise<Signed | null>;
  /** Ordered by key id. */
  grants(slot: string): Promise<GrantRow[]>;
  /** Ids of the slots that a key is sealed to. */
  grantSlots(): Promise<string[]>;
  get(key: RowKey): Promise<RecordRow | null>;
  /** Records of one place, of one kind or of all; ordered by kind, then id. */
  at(realm: string, place: number, kind: string | null): Promise<RecordRow[]>;
  /** Records of one kind, ordered by id (bytes), after the id given, at most `limit`. */
  page(realm: string, kind: string, after: string, limit: number): Promise<RecordRow[]>;
  /** What the list of a place holds; ordered by kind, then id (bytes). */
  digestsAt(realm: string, place: number): Promise<DigestRow[]>;
  /** What the list of a kind holds; ordered by id (bytes). */
  digestsOf(realm: string, kind: string): Promise<DigestRow[]>;
  /** The same of every record of a realm that has a place at or after the one given: whole places, ordered, at least one where there is any. */
  digestsFrom(realm: string, place: number): Promise<DigestRow[]>;
  /** How many records there are, counted in the table itself; of every realm and kind where left out. */
  count(realm?: string, kind?: string): Promise<number>;
  /** How many values are found by their place, with the row that says so itself: fewer than there are where what leads to them is amiss. */
  valuesByPlace(realm: string): Promise<number>;
  /** Ids of the realms that have a record or a node. */
  realms(): Promise<string[]>;
  node(realm: string, node: number): Promise<Uint8Array | null>;
  nodes(realm: string): Promise<NodeRow[]>;
  entry(seq: number): Promise<EntryRow | null>;
  /** Entries `from` to `to`, both included, ascending, or descending where `from` is the greater. At most `limit`. */
  entries(from: number, to: number, limit: number): Promise<EntryRow[]>;
}

export interface WriteTransaction extends ReadTransaction {
  putManifest(manifest: Signed): Promise<void>;
  putHead(head: Signed): Promise<void>;
  putGrant(grant: GrantRow): Promise<void>;
  /** Every key sealed to a slot. */
  deleteGrants(slot: string): Promise<void>;
  put(record: RecordRow): Promise<void>;
  delete(key: RowKey): Promise<void>;
  putNode(realm: string, node: number, list: Uint8Array): Promise<void>;
  deleteNode(realm: string, node: number): Promise<void>;
  /** Everything of a realm: its records and its lists. */
  deleteRealm(realm: string): Promise<void>;
  appendEntry(entry: EntryRow): Promise<void>;
  /** Takes the signature of an entry away: another of the same slot follows it. */
  unsignEntry(seq: number): Promise<void>;
}

/** A lock that ends with the process that holds it. */
export interface Lock {
  release(): Promise<void>;
}

/** What a vault was before it was opened, and where a copy of it lies. */
export interface Upgraded {
  readonly from: number;
  readonly to: number;
  readonly copy: string;
}

export interface Store {
  /** Set where the vault had an earlier format and was brought to the one of now. */
  readonly upgraded?: Upgraded | null;
  /** Call when the vault was found in order: what was kept of an earlier format may go then. */
  settled?(): Promise<void>;
  /** Where the vault is, as a person would write it; the key under which its newest head is remembered. */
  readonly location: string;
  /** A consistent view of one moment. */
  read<T>(work: (transaction: ReadTransaction) => Promise<T>): Promise<T>;
  /**
   * One transaction, alone among writers from its first read on, durable when it returns.
   * @param patienceSeconds how long to wait for another writer before `vault_busy`
   */
  write<T>(patienceSeconds: number, work: (transaction: WriteTransaction) => Promise<T>): Promise<T>;
  /** Takes the lock of that name, or returns null where another process (or this one) holds it. */
  lock(name: string): Promise<Lock | null>;
  /** How many locks are held, by whomever; left out where nothing of them can be left behind. @throws io */
  heldLocks?(): Promise<number>;
  /** What the database itself finds wrong with its file, a sentence each; left out where it cannot tell. */
  damage?(): Promise<string[]>;
  /** Writes the vault as it is at one moment into an empty file, while others go on; left out where it is kept by a server. @throws vault_busy, io */
  copyTo?(file: string): Promise<void>;
  close(): Promise<void>;
}
