/**
 * SQLite keeps a STRICT table's types when it writes, not when it reads a file that something else wrote, and an index can lead to a
 * row that does not hold what was looked for. What comes out is therefore checked again, before anything relies on it.
 */
import { errors } from '../../errors.ts';
import { TABLES } from '../tables.ts';
import type { TableName } from '../tables.ts';

type Shape = readonly (readonly [column: string, type: keyof typeof IS])[];

const isText = (cell: unknown): boolean => typeof cell === 'string';
const isInteger = (cell: unknown): boolean => Number.isSafeInteger(cell);
const isBlob = (cell: unknown): boolean => cell instanceof Uint8Array;

const IS = {
  text: isText,
  'text?': (cell: unknown) => cell === null || isText(cell),
  integer: isInteger,
  'integer?': (cell: unknown) => cell === null || isInteger(cell),
  blob: isBlob,
  'blob?': (cell: unknown) => cell === null || isBlob(cell),
} as const;

/** The tables that every vault has beside those of `tables.ts`, by the names that their columns have in a result. */
const FIXED = {
  signed: Object.entries({ body: 'blob', signature: 'blob' }),
  slot: Object.entries({
    id: 'text',
    kind: 'text',
    salt: 'blob?',
    memory: 'integer?',
    passes: 'integer?',
    lanes: 'integer?',
    wrapped: 'blob?',
    createdAt: 'text',
  }),
  grants: Object.entries({ slot: 'text', key: 'text', sealed: 'blob' }),
  audit: Object.entries({ seq: 'integer', body: 'text', hash: 'text', signature: 'blob?' }),
} as unknown as Record<'signed' | 'slot' | 'grants' | 'audit', Shape>;

const SHAPES = Object.fromEntries(
  Object.entries(TABLES).map(([name, { columns }]) => [
    name,
    [...Object.entries(columns), ['entry', 'integer'], ['tag', 'blob']],
  ]),
) as unknown as Record<TableName, Shape>;

function damaged(table: string) {
  return errors.vault_damaged(
    `a row of the vault's table "${table}" is damaged`,
    'put back a copy of the vault that is whole',
  );
}

function checkShape(table: string, shape: Shape, row: object): void {
  for (const [column, type] of shape) {
    if (!IS[type]((row as Record<string, unknown>)[column])) throw damaged(table);
  }
}

/** @throws vault_damaged where a column holds another type than the format's */
export function checkFixed<R extends object>(kind: keyof typeof FIXED, row: R): R {
  checkShape(kind, FIXED[kind], row);
  return row;
}

/**
 * @param where what the row was looked for by
 * @throws vault_damaged where a column holds another type than the format's, or the row is not one that was looked for
 */
export function checkFound<R extends object>(table: TableName, row: R, where: object): R {
  checkShape(table, SHAPES[table], row);
  for (const [column, wanted] of Object.entries(where)) {
    if ((row as Record<string, unknown>)[column] !== wanted) throw damaged(table);
  }
  return row;
}

/** @throws vault_damaged */
export function checkTags<R extends { id: unknown; tag: unknown }>(table: TableName, rows: R[]): R[] {
  for (const row of rows) if (!isText(row.id) || !isBlob(row.tag)) throw damaged(table);
  return rows;
}
