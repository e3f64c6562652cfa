/** Rows in and out of one SQLite connection that has a transaction open. */
import { isUtf8 } from 'node:buffer';
import type Database from 'better-sqlite3';
import type { DigestRow, EntryRow, GrantRow, NodeRow, RecordRow, RowKey, Signed, WriteTransaction } from '../store.ts';
import {
  countRecords,
  countValuesByPlace,
  deleteRealm,
  deleteRecord,
  digestsAt,
  digestsFrom,
  digestsOfKind,
  getRecord,
  putRecord,
  realmsOf,
  recordsAfter,
  recordsAt,
} from './records.ts';
import { checkRow, checkRows, checkTexts } from './shape.ts';
import { Statements } from './statements.ts';

/** Text is cheaper to hand over than bytes, many times over. */
const ENTRY = 'SELECT seq, CAST(body AS TEXT) AS body, lower(hex(hash)) AS hash, signature FROM audit';

export class SqliteTransaction implements WriteTransaction {
  readonly #sql: Statements;

  constructor(database: Database.Database) {
    this.#sql = new Statements(database);
  }

  #signed(table: 'manifest' | 'head'): Signed | null {
    const signed = this.#sql.get<Signed>(`SELECT body, signature FROM ${table} WHERE id = 1`);
    return signed === null ? null : checkRow('signed', signed);
  }
  #putSigned(table: 'manifest' | 'head', { body, signature }: Signed): void {
    this.#sql.run(
      `INSERT INTO ${table} (id, body, signature) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body, signature = excluded.signature`,
      body,
      signature,
    );
  }

  async manifest(): Promise<Signed | null> {
    return this.#signed('manifest');
  }
  async head(): Promise<Signed | null> {
    return this.#signed('head');
  }
  async grants(slot: string): Promise<GrantRow[]> {
    const grants = this.#sql.all<GrantRow>('SELECT slot, key, sealed FROM grants WHERE slot = ? ORDER BY key', slot);
    return checkRows('grants', grants, { slot });
  }
  async grantSlots(): Promise<string[]> {
    const found = this.#sql.all<{ slot: string }>('SELECT DISTINCT slot FROM grants NOT INDEXED ORDER BY slot');
    return checkTexts(
      'grants',
      found.map(({ slot }) => slot),
    );
  }
  async get(key: RowKey): Promise<RecordRow | null> {
    return getRecord(this.#sql, key);
  }
  async at(realm: string, place: number, kind: string | null): Promise<RecordRow[]> {
    return recordsAt(this.#sql, realm, place, kind);
  }
  async page(realm: string, kind: string, after: string, limit: number): Promise<RecordRow[]> {
    return recordsAfter(this.#sql, realm, kind, after, limit);
  }
  async digestsAt(realm: string, place: number): Promise<DigestRow[]> {
    return digestsAt(this.#sql, realm, place);
  }
  async digestsOf(realm: string, kind: string): Promise<DigestRow[]> {
    return digestsOfKind(this.#sql, realm, kind);
  }
  async digestsFrom(realm: string, place: number): Promise<DigestRow[]> {
    return digestsFrom(this.#sql, realm, place);
  }
  async count(realm?: string, kind?: string): Promise<number> {
    return countRecords(this.#sql, realm, kind);
  }
  async valuesByPlace(realm: string): Promise<number> {
    return countValuesByPlace(this.#sql, realm);
  }
  async realms(): Promise<string[]> {
    return realmsOf(this.#sql);
  }
  async node(realm: string, node: number): Promise<Uint8Array | null> {
    const found = this.#sql.get<NodeRow & { realm: string }>(
      'SELECT realm, node, list FROM node WHERE realm = ? AND node = ?',
      realm,
      node,
    );
    return found === null ? null : checkRow('node', found, { realm, node }).list;
  }
  async nodes(realm: string): Promise<NodeRow[]> {
    const nodes = this.#sql.all<NodeRow & { realm: string }>(
      'SELECT realm, node, list FROM node WHERE realm = ? ORDER BY node',
      realm,
    );
    return checkRows('node', nodes, { realm }).map(({ node, list }) => ({ node, list }));
  }
  async entry(seq: number): Promise<EntryRow | null> {
    const entry = this.#sql.get<EntryRow>(`${ENTRY} WHERE seq = ?`, seq);
    return entry === null ? null : this.#checkText(checkRow('audit', entry));
  }
  async entries(from: number, to: number, limit: number): Promise<EntryRow[]> {
    const order = from <= to ? 'ASC' : 'DESC';
    const entries = this.#sql.all<EntryRow>(
      `${ENTRY} WHERE seq BETWEEN ? AND ? ORDER BY seq ${order} LIMIT ?`,
      Math.min(from, to),
      Math.max(from, to),
      limit,
    );
    return checkRows('audit', entries).map((entry) => this.#checkText(entry));
  }
  /** Bytes that are not UTF-8 come out as U+FFFD: where they do, the body is given as empty, so that its hash is another one. */
  #checkText(entry: EntryRow): EntryRow {
    if (!entry.body.includes('\uFFFD')) return entry;
    const { body } = this.#sql.get<{ body: Uint8Array }>(
      'SELECT CAST(body AS BLOB) AS body FROM audit WHERE seq = ?',
      entry.seq,
    )!;
    return isUtf8(body) ? entry : { ...entry, body: '' };
  }

  async putManifest(manifest: Signed): Promise<void> {
    this.#putSigned('manifest', manifest);
  }
  async putHead(head: Signed): Promise<void> {
    this.#putSigned('head', head);
  }
  async putGrant({ slot, key, sealed }: GrantRow): Promise<void> {
    this.#sql.run('INSERT OR REPLACE INTO grants (slot, key, sealed) VALUES (?, ?, ?)', slot, key, sealed);
  }
  async deleteGrants(slot: string): Promise<void> {
    this.#sql.run('DELETE FROM grants WHERE slot = ?', slot);
  }
  async put(record: RecordRow): Promise<void> {
    putRecord(this.#sql, record);
  }
  async delete(key: RowKey): Promise<void> {
    deleteRecord(this.#sql, key);
  }
  async putNode(realm: string, node: number, list: Uint8Array): Promise<void> {
    this.#sql.run('INSERT OR REPLACE INTO node (realm, node, list) VALUES (?, ?, ?)', realm, node, list);
  }
  async deleteNode(realm: string, node: number): Promise<void> {
    this.#sql.run('DELETE FROM node WHERE realm = ? AND node = ?', realm, node);
  }
  async deleteRealm(realm: string): Promise<void> {
    deleteRealm(this.#sql, realm);
  }
  async appendEntry({ seq, body, hash, signature }: EntryRow): Promise<void> {
    this.#sql.run(
      'INSERT INTO audit (seq, body, hash, signature) VALUES (?, CAST(? AS BLOB), unhex(?), ?)',
      seq,
      body,
      hash,
      signature,
    );
  }
  async unsignEntry(seq: number): Promise<void> {
    this.#sql.run('UPDATE audit SET signature = NULL WHERE seq = ?', seq);
  }
}
