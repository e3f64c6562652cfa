/** The SQL of a vault in SQLite, made from `tables.ts`. The text itself is part of the format: at open it is compared with what the file holds. */
import { TABLE_NAMES, TABLES } from '../tables.ts';
import type { TableSpec } from '../tables.ts';

/** "knox" in ASCII. */
export const APPLICATION_ID = 0x6b6e6f78;

const TYPES = {
  text: 'TEXT NOT NULL',
  'text?': 'TEXT',
  integer: 'INTEGER NOT NULL',
  'integer?': 'INTEGER',
  blob: 'BLOB NOT NULL',
} as const;

const FIXED = [
  'CREATE TABLE manifest (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL, signature BLOB NOT NULL) STRICT',
  'CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL, signature BLOB NOT NULL) STRICT',
  'CREATE TABLE slot (id TEXT PRIMARY KEY, kind TEXT NOT NULL, salt BLOB, memory INTEGER, passes INTEGER, lanes INTEGER, wrapped BLOB, created_at TEXT NOT NULL) STRICT, WITHOUT ROWID',
  'CREATE TABLE grants (slot TEXT NOT NULL REFERENCES slot (id) ON DELETE CASCADE, key TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (slot, key)) STRICT, WITHOUT ROWID',
  'CREATE TABLE audit (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL, signature BLOB) STRICT',
  // Few entries have a signature, and each opening of a vault with an earlier identity asks for them.
  'CREATE INDEX audit_of_signature ON audit (seq) WHERE signature IS NOT NULL',
];

/** Rows with a blob can be large, and a large row is slow in a table without rowid. */
function isWide(spec: TableSpec): boolean {
  return Object.values(spec.columns).includes('blob');
}

function tableSql(name: string, spec: TableSpec): string[] {
  const columns = Object.entries(spec.columns).map(([column, type]) =>
    column === 'id' ? '"id" TEXT PRIMARY KEY' : `"${column}" ${TYPES[type]}`,
  );
  const statements = [
    `CREATE TABLE "${name}" (${columns.join(', ')}, "entry" INTEGER NOT NULL, "tag" BLOB NOT NULL) STRICT${isWide(spec) ? '' : ', WITHOUT ROWID'}`,
  ];
  for (const { columns: over, where } of spec.unique ?? []) {
    const list = over.map((column) => `"${column}"`).join(', ');
    statements.push(
      `CREATE UNIQUE INDEX "${name}_by_${over.join('_')}" ON "${name}" (${list})${where === undefined ? '' : ` WHERE ${where}`}`,
    );
  }
  for (const over of spec.indexes ?? []) {
    statements.push(
      `CREATE INDEX "${name}_of_${over.join('_')}" ON "${name}" (${over.map((column) => `"${column}"`).join(', ')})`,
    );
  }
  return statements;
}

/** Every statement that makes an empty vault, in order. */
export const SCHEMA: readonly string[] = [...FIXED, ...TABLE_NAMES.flatMap((name) => tableSql(name, TABLES[name]))];

/** The text of a schema as SQLite keeps it, sorted. */
export function schemaText(statements: readonly string[]): string {
  return statements.toSorted().join('\n');
}
