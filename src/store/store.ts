/**
 * The one interface to where a vault lies. It keeps rows and bytes and knows nothing of keys: what it returns is not yet trusted.
 * Methods are asynchronous and queries are equality on columns, so that a database over a network fits behind it as well.
 *
 * Failures are `KnoxError`s: `vault_busy` (another process writes for too long), `vault_damaged` (not readable as a vault),
 * `vault_newer`, `io` (disk full, read-only, unreachable). Nothing of a failed or abandoned transaction stays.
 */
import type { Row, StoredRow, TableName } from './tables.ts';

/** A signed document and its signature (manifest, head). `body` is kept as the exact bytes that were signed. */
export interface Signed {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** What unwraps one slot. For a passphrase: the Argon2id parameters and the wrapped secret; for a key file all of these are null. */
export interface SlotRecord {
  readonly id: string;
  readonly kind: 'key-file' | 'passphrase';
  readonly salt: Uint8Array | null;
  /** KiB. */
  readonly memory: number | null;
  readonly passes: number | null;
  readonly lanes: number | null;
  readonly wrapped: Uint8Array | null;
  readonly createdAt: string;
}

/** A key, sealed to a slot's public key. */
export interface GrantRecord {
  readonly slot: string;
  readonly key: string;
  readonly sealed: Uint8Array;
}

export interface EntryRecord {
  readonly seq: number;
  /** The exact text that is hashed (UTF-8). Text and not bytes: a log of millions is read five times as fast. */
  readonly body: string;
  /** Hex. */
  readonly hash: string;
  /** Kept only for an entry that links an old identity to a new one. */
  readonly signature: Uint8Array | null;
}

export interface ReadTransaction {
  /** A number that is another one whenever anybody but this store has written since; null where that can not be told. */
  foreignWrites(): Promise<number | null>;
  manifest(): Promise<Signed | null>;
  head(): Promise<Signed | null>;
  slots(): Promise<SlotRecord[]>;
  grants(slot: string): Promise<GrantRecord[]>;
  get<N extends TableName>(table: N, id: string): Promise<StoredRow<N> | null>;
  /** Rows that equal `where` in each column it names, ordered by id. */
  find<N extends TableName>(table: N, where: Partial<Row<N>>): Promise<StoredRow<N>[]>;
  /** Ids and tags of a table, ordered by id; of one environment where the table has environments. */
  tags(table: TableName, environment: string | null): Promise<{ id: string; tag: Uint8Array }[]>;
  /** Rows of a table in order of their ids, after the id given, at most `limit`: to walk a large table in flat memory. */
  page<N extends TableName>(table: N, after: string, limit: number): Promise<StoredRow<N>[]>;
  /** How many rows a table holds, counted in the table itself. */
  count(table: TableName): Promise<number>;
  entry(seq: number): Promise<EntryRecord | null>;
  /** Entries `from` to `to`, both included, ascending, or descending where `from` is the greater. At most `limit`. */
  entries(from: number, to: number, limit: number): Promise<EntryRecord[]>;
  /** The entries that have a signature, ascending. */
  signedEntries(): Promise<EntryRecord[]>;
}

export interface WriteTransaction extends ReadTransaction {
  putManifest(manifest: Signed): Promise<void>;
  putHead(head: Signed): Promise<void>;
  putSlot(slot: SlotRecord): Promise<void>;
  deleteSlot(id: string): Promise<void>;
  putGrant(grant: GrantRecord): Promise<void>;
  deleteGrant(slot: string, key: string): Promise<void>;
  put<N extends TableName>(table: N, row: StoredRow<N>): Promise<void>;
  /** Changes some columns of a row that is there: cheaper than putting the whole of it, where no index holds them. */
  update<N extends TableName>(table: N, id: string, columns: Partial<StoredRow<N>>): Promise<void>;
  delete(table: TableName, id: string): Promise<void>;
  appendEntry(entry: EntryRecord): Promise<void>;
}

/** A lock held by this process, let go by `release` or by the process's end, however it ends. */
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
  /** What the database itself finds wrong with its file, a sentence each; left out where it can not tell. */
  damage?(): Promise<string[]>;
  /** Writes the vault as it is at one moment into an empty file, while others go on; left out where it is kept by a server. @throws vault_busy, io */
  copyTo?(file: string): Promise<void>;
  close(): Promise<void>;
}
