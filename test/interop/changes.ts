/** What somebody can do to a vault's file who has no key. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KIND_NAMES } from '../../src/vault/records/kinds.ts';
import type { Made } from './made-by-knox.ts';

/** A row of a realm that the copy was made without. */
export const PLANTED =
  "INSERT INTO node SELECT json_extract(CAST(body AS TEXT), '$.realms[2].id'), -1, zeroblob(160) FROM manifest";

export type NamedChange = readonly [what: string, sql: string];

export const CHANGES: readonly NamedChange[] = [
  ['an index', 'CREATE INDEX planted ON record (entry)'],
  ['a missing record', "DELETE FROM record WHERE kind = 'use'"],
  [
    'a record elsewhere',
    "UPDATE record SET realm = (SELECT max(other.realm) FROM record AS other WHERE other.realm <> record.realm) WHERE kind = 'use'",
  ],
  ['a missing list', 'DELETE FROM node WHERE node <> -1'],
  ['a list too many', "INSERT INTO node VALUES ((SELECT min(realm) FROM node), 300, X'')"],
  ['a missing entry', 'DELETE FROM audit WHERE seq = 3'],
  ['the last entry', 'DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)'],
  ['a signature too few', 'UPDATE audit SET signature = NULL'],
  ['missing grants', 'DELETE FROM grants'],
  ['a format to come', 'PRAGMA user_version = 2'],
];

/** Of one row of each table, and of a record of each kind, one bit of each cell that is not its key. */
export function flipped(file: string): NamedChange[] {
  const database = new Database(file, { readonly: true });
  const records = KIND_NAMES.filter((kind) => kind !== 'value').flatMap((kind) =>
    ['place', 'entry', 'digest', 'body'].map((column): [string, string, string] => [
      'record',
      column,
      `kind = '${kind}'`,
    ]),
  );
  const places: [string, string, string][] = [
    ...['manifest', 'head'].flatMap((table) =>
      ['body', 'signature'].map((column): [string, string, string] => [table, column, '1']),
    ),
    ...['body', 'hash', 'signature'].map((column): [string, string, string] => [
      'audit',
      column,
      'signature IS NOT NULL',
    ]),
    ['grants', 'sealed', '1'],
    ...['place', 'entry', 'digest', 'body', 'box'].map((column): [string, string, string] => ['value', column, '1']),
    ['node', 'list', 'node = -1'],
    ['node', 'list', 'node >= 0'],
    ...records,
  ];
  const keys: Record<string, string[]> = {
    manifest: ['id'],
    head: ['id'],
    audit: ['seq'],
    grants: ['slot', 'key'],
    record: ['realm', 'kind', 'id'],
    value: ['realm', 'id'],
    node: ['realm', 'node'],
  };
  const changes = places.flatMap(([table, column, where]): NamedChange[] => {
    const sql = `SELECT "${column}", ${keys[table]!.join(', ')} FROM "${table}" WHERE ${where} AND "${column}" IS NOT NULL`;
    const row = database.prepare<[], (string | number | Buffer)[]>(sql).raw().get();
    if (row === undefined) return [];
    const [cell, ...key] = row;
    const of = keys[table]!.map((name, index) => `${name} = '${String(key[index])}'`).join(' AND ');
    return [
      [`${table}.${column} where ${where}`, `UPDATE "${table}" SET "${column}" = ${flippedCell(cell!)} WHERE ${of}`],
    ];
  });
  database.close();
  return changes;
}

/** The cell as SQL, with one bit of its middle flipped. */
function flippedCell(cell: Buffer | string | number): string {
  if (typeof cell === 'number') return String(cell ^ 1);
  const bytes = Buffer.from(cell as string);
  bytes[bytes.length >> 1]! ^= 1;
  const hex = `X'${bytes.toString('hex')}'`;
  return typeof cell === 'string' ? `CAST(${hex} AS TEXT)` : hex;
}

export function changed({ file, project }: Made, name: string, sql: string): string {
  const copy = join(project.folder, name);
  copyFileSync(file, copy);
  const database = new Database(copy);
  database.pragma('synchronous = OFF');
  database.exec(sql);
  database.close();
  return copy;
}
