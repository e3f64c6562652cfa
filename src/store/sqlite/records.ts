/**
 * Records in and out of the tables `record` and `value`. To those who ask there is one table: values are of the kind `value`, and stand
 * among the other kinds of their place by that name.
 */
import type { DigestRow, RecordRow, RowKey } from '../store.ts';
import { checkAscending, checkRow, checkRows, checkTexts } from './shape.ts';
import type { Statements } from './statements.ts';

/* Each text of SQL is put together once: a statement is found by it, a hundred thousand times in a large change. */

const VALUE = 'value';

const COLUMNS = 'r.realm, r.kind, r.id, r.place, r.body, NULL AS box, r.entry, r.digest';
const VALUE_COLUMNS = `r.realm, '${VALUE}' AS kind, r.id, r.place, r.body, r.box, r.entry, r.digest`;
/** Where an index leads to a row, everything is read from the row itself: SQLite would take from the index what stands there as well. */
const VALUE_BY = (index: string) =>
  `SELECT ${VALUE_COLUMNS} FROM value AS i INDEXED BY ${index} CROSS JOIN value AS r ON r.rowid = i.rowid`;
const RECORD_BY_PLACE = `SELECT ${COLUMNS} FROM record AS i INDEXED BY record_of_place CROSS JOIN record AS r ON r.realm = i.realm AND r.kind = i.kind AND r.id = i.id`;
const RECORD = `SELECT ${COLUMNS} FROM record AS r`;
/** Text is cheaper to hand over than bytes, many times over; what is not bytes becomes null. */
const HEX = "CASE typeof(digest) WHEN 'blob' THEN hex(digest) END AS digest";
/** Of a record that is one of many: digest and a box that is short as text. */
const IN_HEX = "CASE typeof(r.digest) WHEN 'blob' THEN hex(r.digest) END AS digest";
const IS_SHORT = "typeof(r.box) = 'blob' AND length(r.box) <= 512";
const BOX = `CASE WHEN ${IS_SHORT} THEN hex(r.box) END AS short, CASE WHEN NOT (${IS_SHORT}) THEN r.box END AS box`;
const DIGEST = `SELECT kind, id, place, ${HEX} FROM record`;
const VALUE_DIGEST = `SELECT '${VALUE}' AS kind, id, place, ${HEX} FROM value`;
const GET = `${RECORD} WHERE realm = ? AND kind = ? AND id = ?`;
const GET_VALUE = `${VALUE_BY('value_by_id')} WHERE i.realm = ? AND i.id = ?`;
const PAGE = `SELECT r.realm, r.kind, r.id, r.place, r.body, NULL AS short, NULL AS box, r.entry, ${IN_HEX} FROM record AS r WHERE realm = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?`;
const VALUE_PAGE = `SELECT r.realm, '${VALUE}' AS kind, r.id, r.place, r.body, ${BOX}, r.entry, ${IN_HEX} FROM value AS i INDEXED BY value_by_id CROSS JOIN value AS r ON r.rowid = i.rowid WHERE i.realm = ? AND i.id > ? ORDER BY i.id LIMIT ?`;
const AT = `${RECORD_BY_PLACE} WHERE i.realm = ? AND i.place = ? ORDER BY i.kind, i.id`;
const AT_OF_KIND = `${RECORD_BY_PLACE} WHERE i.realm = ? AND i.place = ? AND i.kind = ? ORDER BY i.id`;
const VALUE_AT = `${VALUE_BY('value_of_place')} WHERE i.realm = ? AND i.place = ? ORDER BY i.id`;
const SET =
  'DO UPDATE SET place = excluded.place, entry = excluded.entry, digest = excluded.digest, body = excluded.body';
const PUT = `INSERT INTO record (realm, kind, id, place, entry, digest, body) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (realm, kind, id) ${SET}`;
const PUT_VALUE = `INSERT INTO value (realm, id, place, entry, digest, body, box) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (realm, id) ${SET}, box = excluded.box`;
/** Said in so many words: with no statistics, SQLite takes the primary key, and goes over every record of the realm. */
const BY_PLACE = 'INDEXED BY record_of_place WHERE realm = ? AND place';
const VALUE_BY_PLACE = 'INDEXED BY value_of_place WHERE realm = ? AND place';
const DIGESTS_AT = `${DIGEST} ${BY_PLACE} = ? ORDER BY kind, id`;
const VALUE_DIGESTS_AT = `${VALUE_DIGEST} ${VALUE_BY_PLACE} = ? ORDER BY id`;

/** How many rows of each table one answer of `digestsFrom` goes over, unless a single place has more. */
const BATCH = 4000;

/** The place at which a table has gone over a batch that begins at another. */
const ENDS = [`record ${BY_PLACE}`, `value ${VALUE_BY_PLACE}`].map(
  (from) => `SELECT place FROM ${from} >= ? ORDER BY place LIMIT 1 OFFSET ${BATCH}`,
);

export function getRecord(sql: Statements, { realm, kind, id }: RowKey): RecordRow | null {
  const row = kind === VALUE ? sql.get<RecordRow>(GET_VALUE, realm, id) : sql.get<RecordRow>(GET, realm, kind, id);
  return row === null ? null : checkRow('record', row, { realm, kind, id });
}

export function recordsAt(sql: Statements, realm: string, place: number, kind: string | null): RecordRow[] {
  const values = kind === null || kind === VALUE ? sql.all<RecordRow>(VALUE_AT, realm, place) : [];
  const others =
    kind === null ? sql.all<RecordRow>(AT, realm, place) : sql.all<RecordRow>(AT_OF_KIND, realm, place, kind);
  const next = others.findIndex((row) => row.kind > VALUE);
  const rows = others.toSpliced(next === -1 ? others.length : next, 0, ...values);
  return checkRows('record', rows, kind === null ? { realm, place } : { realm, place, kind });
}

type PagedRow = Omit<RecordRow, 'digest'> & { readonly digest: string; readonly short: string | null };

export function recordsAfter(sql: Statements, realm: string, kind: string, after: string, limit: number): RecordRow[] {
  const rows =
    kind === VALUE
      ? sql.all<PagedRow>(VALUE_PAGE, realm, after, limit)
      : sql.all<PagedRow>(PAGE, realm, kind, after, limit);
  return checkRows('paged', rows, { realm, kind }).map(({ id, place, body, short, box, entry, digest }) => ({
    realm,
    kind,
    id,
    place,
    body,
    box: short === null ? box : Buffer.from(short, 'hex'),
    entry,
    digest: Buffer.from(digest, 'hex'),
  }));
}

type HexRow = Omit<DigestRow, 'realm' | 'digest'> & { readonly digest: string };

function listed(rows: HexRow[], realm: string): DigestRow[] {
  return checkRows('list', rows).map(({ kind, id, place, digest }) => ({
    realm,
    kind,
    id,
    place,
    digest: Buffer.from(digest, 'hex'),
  }));
}

/** Of one place, ordered by kind, id: two questions to two indexes, since SQLite sorts what one question asks of both. */
export function digestsAt(sql: Statements, realm: string, place: number): DigestRow[] {
  const rows = sql.all<HexRow>(DIGESTS_AT, realm, place);
  const values = sql.all<HexRow>(VALUE_DIGESTS_AT, realm, place);
  const next = rows.findIndex((row) => row.kind > VALUE);
  const both = rows.toSpliced(next === -1 ? rows.length : next, 0, ...values);
  return checkAscending('list', listed(both, realm), 'place', place, place);
}

/** Of the places from one to another, both included, ordered by place, kind, id. */
function digestsBetween(sql: Statements, realm: string, from: number, to: number): DigestRow[] {
  const between = 'BETWEEN ? AND ?';
  const both = `${DIGEST} ${BY_PLACE} ${between} UNION ALL ${VALUE_DIGEST} ${VALUE_BY_PLACE} ${between} ORDER BY place, kind, id`;
  const rows = listed(sql.all<HexRow>(both, realm, from, to, realm, from, to), realm);
  // Of an index that is out of order, SQLite says nothing; whoever goes on behind the last place would go round in circles.
  return checkAscending('list', rows, 'place', from, to);
}

/** Whole places from one on, some thousand rows. */
export function digestsFrom(sql: Statements, realm: string, from: number): DigestRow[] {
  const ends = ENDS.flatMap((end) => sql.get<{ place: number }>(end, realm, from)?.place ?? []);
  if (ends.length === 0) return digestsBetween(sql, realm, from, Number.MAX_SAFE_INTEGER);
  // What lies at that place may go on behind the batch: it is left out, or where nothing lies before it, given whole.
  const end = Math.min(...ends);
  const before = end > from ? digestsBetween(sql, realm, from, end - 1) : [];
  return before.length > 0 ? before : digestsBetween(sql, realm, end, end);
}

export function digestsOfKind(sql: Statements, realm: string, kind: string): DigestRow[] {
  const rows =
    kind === VALUE
      ? sql.all<HexRow>(`${VALUE_DIGEST} WHERE realm = ? ORDER BY id`, realm)
      : sql.all<HexRow>(`${DIGEST} WHERE realm = ? AND kind = ? ORDER BY id`, realm, kind);
  return listed(rows, realm);
}

/** Over columns that stand in no index, and with no index to find rows by: an index could have more or fewer than the table. */
export function countRecords(sql: Statements, realm: string | undefined, kind: string | undefined): number {
  const count = (table: string, tests: readonly (readonly [column: string, wanted: string | undefined])[]): number => {
    const given = tests.filter(([, wanted]) => wanted !== undefined);
    const where = given.length === 0 ? '' : ` WHERE ${given.map(([column]) => `+${column} = ?`).join(' AND ')}`;
    const over = `SELECT total(length(entry) IS NOT NULL) AS count FROM ${table} NOT INDEXED${where}`;
    return sql.get<{ count: number }>(over, ...given.map(([, wanted]) => wanted!))!.count;
  };
  const records =
    kind === VALUE
      ? 0
      : count('record', [
          ['realm', realm],
          ['kind', kind],
        ]);
  return records + (kind === undefined || kind === VALUE ? count(VALUE, [['realm', realm]]) : 0);
}

/** The index has the number of each row, which could be another's. */
export function countValuesByPlace(sql: Statements, realm: string): number {
  const led = 'FROM value AS i INDEXED BY value_of_place CROSS JOIN value AS r ON r.rowid = i.rowid';
  const isSame = 'r.realm = i.realm AND +r.id = i.id AND +r.place = i.place AND r.digest = i.digest';
  return sql.get<{ count: number }>(`SELECT count(*) AS count ${led} WHERE i.realm = ? AND ${isSame}`, realm)!.count;
}

export function realmsOf(sql: Statements): string[] {
  const found = new Set<string>();
  for (const table of ['record', VALUE, 'node']) {
    const first = `SELECT realm FROM ${table}`;
    let next = sql.get<{ realm: unknown }>(`${first} ORDER BY realm LIMIT 1`);
    while (next !== null) {
      const [realm] = checkTexts(table, [next.realm]) as [string];
      found.add(realm);
      next = sql.get<{ realm: unknown }>(`${first} WHERE realm > ? ORDER BY realm LIMIT 1`, realm);
    }
  }
  return [...found].toSorted();
}

export function putRecord(sql: Statements, { realm, kind, id, place, body, box, entry, digest }: RecordRow): void {
  if ((kind === VALUE) !== (box !== null))
    throw new Error(`a record of the kind ${kind} has ${box === null ? 'no' : 'a'} box`);
  if (box === null) sql.run(PUT, realm, kind, id, place, entry, digest, body);
  else sql.run(PUT_VALUE, realm, id, place, entry, digest, body, box);
}

export function deleteRecord(sql: Statements, { realm, kind, id }: RowKey): void {
  if (kind === VALUE) sql.run('DELETE FROM value WHERE realm = ? AND id = ?', realm, id);
  else sql.run('DELETE FROM record WHERE realm = ? AND kind = ? AND id = ?', realm, kind, id);
}

/** With no index to find rows by: none that an index lacks may stay. */
export function deleteRealm(sql: Statements, realm: string): void {
  for (const table of ['record', VALUE, 'node']) sql.run(`DELETE FROM ${table} NOT INDEXED WHERE +realm = ?`, realm);
}
