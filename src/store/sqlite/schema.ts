/** The SQL of a vault in SQLite. The text itself is part of the format: at open it is compared with what the file holds. */

/** "knox" in ASCII. */
export const APPLICATION_ID = 0x6b6e6f78;

/**
 * Every statement that makes an empty vault, in order. Values have a table of their own, with rowids: a box can be a megabyte, and a large
 * row is slow where there are none. Each row's large columns come last, so that what is before them is read without them. The indexes hold
 * digests too: a walk over a realm's lists reads nothing else. That an index could lie is for the reader of the lists to bear in mind.
 */
export const SCHEMA: readonly string[] = [
  'CREATE TABLE manifest (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL, signature BLOB NOT NULL) STRICT',
  'CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL, signature BLOB NOT NULL) STRICT',
  'CREATE TABLE grants (slot TEXT NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (slot, key)) STRICT, WITHOUT ROWID',
  'CREATE TABLE audit (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL, signature BLOB) STRICT',
  'CREATE TABLE record (realm TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, place INTEGER, entry INTEGER NOT NULL, digest BLOB NOT NULL, body TEXT NOT NULL, PRIMARY KEY (realm, kind, id)) STRICT, WITHOUT ROWID',
  'CREATE INDEX record_of_place ON record (realm, place, kind, id, digest) WHERE place IS NOT NULL',
  'CREATE TABLE value (realm TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, entry INTEGER NOT NULL, digest BLOB NOT NULL, body TEXT NOT NULL, box BLOB NOT NULL) STRICT',
  'CREATE UNIQUE INDEX value_by_id ON value (realm, id)',
  'CREATE INDEX value_of_place ON value (realm, place, id, digest)',
  'CREATE TABLE node (realm TEXT NOT NULL, node INTEGER NOT NULL, list BLOB NOT NULL, PRIMARY KEY (realm, node)) STRICT, WITHOUT ROWID',
];

/** The text of a schema as SQLite keeps it, sorted. */
export function schemaText(statements: readonly string[]): string {
  return statements.toSorted().join('\n');
}
