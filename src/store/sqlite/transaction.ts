/** Rows in and out of one SQLite connection that has a transaction open. Statements are prepared once a connection. */
import { isUtf8 } from 'node:buffer';
import type Database from 'better-sqlite3';
import { TABLES, isEnvironmentTable } from '../tables.ts';
import type { Row, StoredRow, TableName } from '../tables.ts';
import type { EntryRecord, GrantRecord, Signed, SlotRecord, WriteTransaction } from '../store.ts';
import { checkFixed, checkFound, checkTags } from './shape.ts';

type Bindable = string | number | Uint8Array | null;

interface Upsert {
  readonly columns: readonly string[];
  readonly sql: string;
}

/** Text is cheaper to hand over than bytes, many times over. */
const ENTRY = 'SELECT seq, CAST(body AS TEXT) AS body, lower(hex(hash)) AS hash, signature FROM audit';

const upserts = new Map<TableName, Upsert>();

/** The statement that puts a row, made once a table. */
function upsertOf(table: TableName): Upsert {
  const known = upserts.get(table);
  if (known !== undefined) return known;
  const columns = [...Object.keys(TABLES[table].columns), 'entry', 'tag'];
  const list = columns.map((column) => `"${column}"`).join(', ');
  const updates = columns.filter((column) => column !== 'id').map((column) => `"${column}" = excluded."${column}"`);
  const sql = `INSERT INTO "${table}" (${list}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (id) DO UPDATE SET ${updates.join(', ')}`;
  const made = { columns, sql };
  upserts.set(table, made);
  return made;
}

export class SqliteTransaction implements WriteTransaction {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement<Bindable[], unknown>>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  #prepare<R>(sql: string): Database.Statement<Bindable[], R> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement as Database.Statement<Bindable[], R>;
  }

  #signed(table: 'manifest' | 'head'): Signed | null {
    const signed = this.#prepare<Signed>(`SELECT body, signature FROM ${table} WHERE id = 1`).get();
    return signed === undefined ? null : checkFixed('signed', signed);
  }
  #putSigned(table: 'manifest' | 'head', { body, signature }: Signed): void {
    this.#prepare(
      `INSERT INTO ${table} (id, body, signature) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body, signature = excluded.signature`,
    ).run(body, signature);
  }

  async manifest(): Promise<Signed | null> {
    return this.#signed('manifest');
  }
  async head(): Promise<Signed | null> {
    return this.#signed('head');
  }
  async slots(): Promise<SlotRecord[]> {
    const slots = this.#prepare<SlotRecord>(
      'SELECT id, kind, salt, memory, passes, lanes, wrapped, created_at AS createdAt FROM slot ORDER BY id',
    ).all();
    return slots.map((slot) => checkFixed('slot', slot));
  }
  async grants(slot: string): Promise<GrantRecord[]> {
    const grants = this.#prepare<GrantRecord>('SELECT slot, key, sealed FROM grants WHERE slot = ? ORDER BY key');
    return grants.all(slot).map((grant) => checkFixed('grants', grant));
  }
  async get<N extends TableName>(table: N, id: string): Promise<StoredRow<N> | null> {
    const row = this.#prepare<StoredRow<N>>(`SELECT * FROM "${table}" WHERE id = ?`).get(id);
    return row === undefined ? null : checkFound(table, row, { id });
  }
  async find<N extends TableName>(table: N, where: Partial<Row<N>>): Promise<StoredRow<N>[]> {
    // A small table is scanned as a whole (the plus keeps SQLite from its indexes; `NOT INDEXED` does not, where there is no rowid): an
    // index from which an entry is missing would hide a row that the head's digest counts.
    const plus = TABLES[table].small ? '+' : '';
    const tests = Object.keys(where).map((column) => (column === 'id' ? '"id" IS ?' : `${plus}"${column}" IS ?`));
    // Sorted here: SQLite's sorter costs several times what finding one row does.
    const sql = `SELECT * FROM "${table}"${tests.length === 0 ? '' : ` WHERE ${tests.join(' AND ')}`}`;
    const rows = this.#prepare<StoredRow<N>>(sql).all(...(Object.values(where) as Bindable[]));
    for (const row of rows) checkFound(table, row, where);
    return rows.length < 2 ? rows : rows.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  }
  async foreignWrites(): Promise<number> {
    return this.#prepare<{ data_version: number }>('PRAGMA data_version').get()!.data_version;
  }
  async tags(table: TableName, environment: string | null): Promise<{ id: string; tag: Uint8Array }[]> {
    const where = isEnvironmentTable(table) ? ' WHERE +environment = ?' : '';
    const tags = this.#prepare<{ id: string; tag: Uint8Array }>(`SELECT id, tag FROM "${table}"${where} ORDER BY id`);
    return checkTags(table, where === '' ? tags.all() : tags.all(environment));
  }
  async page<N extends TableName>(table: N, after: string, limit: number): Promise<StoredRow<N>[]> {
    const sql = `SELECT * FROM "${table}" WHERE id > ? ORDER BY id LIMIT ?`;
    const rows = this.#prepare<StoredRow<N>>(sql).all(after, limit);
    return rows.map((row) => checkFound(table, row, {}));
  }
  async count(table: TableName): Promise<number> {
    // Over a column that stands in no index: count(*) would count an index's entries.
    const sql = `SELECT total(length(tag) IS NOT NULL) AS count FROM "${table}" NOT INDEXED`;
    return this.#prepare<{ count: number }>(sql).get()!.count;
  }
  async entry(seq: number): Promise<EntryRecord | null> {
    const entry = this.#prepare<EntryRecord>(`${ENTRY} WHERE seq = ?`).get(seq);
    return entry === undefined ? null : this.#checkEntry(entry);
  }
  async entries(from: number, to: number, limit: number): Promise<EntryRecord[]> {
    const order = from <= to ? 'ASC' : 'DESC';
    const entries = this.#prepare<EntryRecord>(`${ENTRY} WHERE seq BETWEEN ? AND ? ORDER BY seq ${order} LIMIT ?`);
    const found = entries.all(Math.min(from, to), Math.max(from, to), limit);
    return found.map((entry) => this.#checkEntry(entry));
  }
  async signedEntries(): Promise<EntryRecord[]> {
    const entries = this.#prepare<EntryRecord>(`${ENTRY} WHERE signature IS NOT NULL ORDER BY seq`).all();
    return entries.map((entry) => this.#checkEntry(entry));
  }
  /** Bytes that are no UTF-8 come out as U+FFFD: where they do, the body is given as empty, so that its hash is another one. */
  #checkEntry(entry: EntryRecord): EntryRecord {
    checkFixed('audit', entry);
    if (!entry.body.includes('\uFFFD')) return entry;
    const { body } = this.#prepare<{ body: Uint8Array }>(
      'SELECT CAST(body AS BLOB) AS body FROM audit WHERE seq = ?',
    ).get(entry.seq)!;
    return isUtf8(body) ? entry : { ...entry, body: '' };
  }

  async putManifest(manifest: Signed): Promise<void> {
    this.#putSigned('manifest', manifest);
  }
  async putHead(head: Signed): Promise<void> {
    this.#putSigned('head', head);
  }
  async putSlot(slot: SlotRecord): Promise<void> {
    this.#prepare(
      // An upsert: REPLACE would delete the row first, and its grants with it.
      'INSERT INTO slot (id, kind, salt, memory, passes, lanes, wrapped, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, salt = excluded.salt, memory = excluded.memory, passes = excluded.passes, lanes = excluded.lanes, wrapped = excluded.wrapped, created_at = excluded.created_at',
    ).run(slot.id, slot.kind, slot.salt, slot.memory, slot.passes, slot.lanes, slot.wrapped, slot.createdAt);
  }
  async deleteSlot(id: string): Promise<void> {
    this.#prepare('DELETE FROM slot WHERE id = ?').run(id);
  }
  async putGrant(grant: GrantRecord): Promise<void> {
    this.#prepare('INSERT OR REPLACE INTO grants (slot, key, sealed) VALUES (?, ?, ?)').run(
      grant.slot,
      grant.key,
      grant.sealed,
    );
  }
  async deleteGrant(slot: string, key: string): Promise<void> {
    this.#prepare('DELETE FROM grants WHERE slot = ? AND key = ?').run(slot, key);
  }
  async put<N extends TableName>(table: N, row: StoredRow<N>): Promise<void> {
    const { columns, sql } = upsertOf(table);
    this.#prepare(sql).run(...columns.map((column) => (row as Record<string, Bindable>)[column] ?? null));
  }
  async update<N extends TableName>(table: N, id: string, columns: Partial<StoredRow<N>>): Promise<void> {
    const sets = Object.keys(columns).map((column) => `"${column}" = ?`);
    const values = Object.values(columns) as Bindable[];
    this.#prepare(`UPDATE "${table}" SET ${sets.join(', ')} WHERE id = ?`).run(...values, id);
  }
  async delete(table: TableName, id: string): Promise<void> {
    this.#prepare(`DELETE FROM "${table}" WHERE id = ?`).run(id);
  }
  async appendEntry(entry: EntryRecord): Promise<void> {
    this.#prepare('INSERT INTO audit (seq, body, hash, signature) VALUES (?, CAST(? AS BLOB), unhex(?), ?)').run(
      entry.seq,
      entry.body,
      entry.hash,
      entry.signature,
    );
  }
}
