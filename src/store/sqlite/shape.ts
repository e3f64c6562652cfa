/**
 * SQLite keeps a STRICT table's types when it writes, not when it reads a file that something else wrote, and an index can lead to a
 * row that does not hold what was looked for. What comes out is therefore checked again, before anything relies on it.
 */
import { damagedVault } from '../../errors.ts';

type Shape = readonly { readonly column: string; readonly is: (cell: unknown) => boolean }[];

const isText = (cell: unknown): boolean => typeof cell === 'string';
const isInteger = (cell: unknown): boolean => Number.isSafeInteger(cell);
const isBlob = (cell: unknown): boolean => cell instanceof Uint8Array;

const IS = {
  text: isText,
  integer: isInteger,
  'text?': (cell: unknown) => cell === null || isText(cell),
  'integer?': (cell: unknown) => cell === null || isInteger(cell),
  blob: isBlob,
  'blob?': (cell: unknown) => cell === null || isBlob(cell),
} as const;

function shape(columns: Readonly<Record<string, keyof typeof IS>>): Shape {
  return Object.entries(columns).map(([column, type]) => ({ column, is: IS[type] }));
}

const KEY = { realm: 'text', kind: 'text', id: 'text' } as const;

/** What can be asked for, by the names that the columns have in a result. */
const SHAPES = {
  signed: shape({ body: 'blob', signature: 'blob' }),
  grants: shape({ slot: 'text', key: 'text', sealed: 'blob' }),
  record: shape({ ...KEY, place: 'integer?', body: 'text', box: 'blob?', entry: 'integer', digest: 'blob' }),
  /** Of many, with the digest in hex, and a box that is short. */
  paged: shape({
    ...KEY,
    place: 'integer?',
    body: 'text',
    short: 'text?',
    box: 'blob?',
    entry: 'integer',
    digest: 'text',
  }),
  /** Of a list, with the digest in hex. */
  list: shape({ kind: 'text', id: 'text', place: 'integer?', digest: 'text' }),
  node: shape({ realm: 'text', node: 'integer', list: 'blob' }),
  audit: shape({ seq: 'integer', body: 'text', hash: 'text', signature: 'blob?' }),
} as const;

function damaged(name: string) {
  const table = name === 'paged' || name === 'list' ? 'record' : name;
  return damagedVault(`a row of the vault's table "${table}" is damaged`);
}

/**
 * @param where what the row was looked for by
 * @throws vault_damaged where a column holds another type than the format's, or the row is not one that was looked for
 */
export function checkRow<R extends object>(kind: keyof typeof SHAPES, row: R, where: object = {}): R {
  return checkRows(kind, [row], where)[0]!;
}

/** The same of several. @throws vault_damaged */
export function checkRows<R extends object>(kind: keyof typeof SHAPES, rows: R[], where: object = {}): R[] {
  const wanted = Object.entries(where);
  for (const row of rows as Record<string, unknown>[]) {
    for (const { column, is } of SHAPES[kind]) if (!is(row[column])) throw damaged(kind);
    for (const [column, value] of wanted) if (row[column] !== value) throw damaged(kind);
  }
  return rows;
}

/** One column of a table, where it holds text alone. @throws vault_damaged */
export function checkTexts(table: string, cells: readonly unknown[]): string[] {
  if (!cells.every(isText)) throw damaged(table);
  return cells as string[];
}

/** @throws vault_damaged where a column does not ascend from one bound to another, both included */
export function checkAscending<R extends object>(
  kind: keyof typeof SHAPES,
  rows: R[],
  column: keyof R,
  from: number,
  to: number,
): R[] {
  let least = from;
  for (const row of rows) {
    const cell = row[column] as number | null;
    if (cell === null || cell < least || cell > to) throw damaged(kind);
    least = cell;
  }
  return rows;
}
