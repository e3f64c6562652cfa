/** Tags that authenticate rows, and the digests of the small tables in the head. Keyed BLAKE2b-256, both. */
import { frame } from './frame.ts';
import type { Field } from './frame.ts';
import { hash, sodium } from './sodium.ts';

export type Cell = string | number | Uint8Array | null;

/** A cell with a mark of its type before it, so that null, text and number can't be taken for each other. */
function cellField(cell: Cell): Field {
  if (cell === null) return 'n';
  if (typeof cell === 'string') return `t${cell}`;
  if (typeof cell === 'number') return `i${cell}`;
  return Buffer.concat([Buffer.from('b'), cell]);
}

/**
 * @param key the row key of the vault key, or of the row's environment
 * @param cells the row's content in the order of the table's columns
 * @param entry number of the audit entry that last changed the row
 */
export function rowTag(
  key: Uint8Array,
  vault: string,
  table: string,
  cells: readonly Cell[],
  entry: number,
): Uint8Array {
  // Null at the end is left out: a column that a later format appends leaves the tags of the rows before it as they are.
  const last = cells.findLastIndex((cell) => cell !== null);
  return hash(frame('knox/row/1', vault, table, entry, ...cells.slice(0, last + 1).map(cellField)), key);
}

/** @param rows table, id and tag of each row of the small tables, tables in the format's order, rows by id */
export function rowsDigest(
  key: Uint8Array,
  vault: string,
  environment: string,
  rows: readonly { table: string; id: string; tag: Uint8Array }[],
): Uint8Array {
  return sodium().crypto_generichash(
    32,
    frame('knox/digest/1', vault, environment, ...rows.flatMap((row) => [row.table, row.id, row.tag])),
    key,
  );
}
