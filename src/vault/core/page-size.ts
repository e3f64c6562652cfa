/** How many records a walk reads at once: of values, which can be large, the more the smaller they are. */
import type { RecordRow } from '../../store/store.ts';
import type { KindName } from '../records/kinds.ts';

const FEWEST_VALUES = 25;
const MOST_VALUE_BYTES = 1_000_000;
const PAGE = 1000;

export function firstPage(kind: KindName): number {
  return kind === 'value' ? FEWEST_VALUES : PAGE;
}

/** @param rows of the page before */
export function nextPage(kind: KindName, rows: readonly Pick<RecordRow, 'box'>[]): number {
  if (kind !== 'value') return PAGE;
  let bytes = 0;
  for (const { box } of rows) bytes += box?.length ?? 0;
  const fit = Math.floor((MOST_VALUE_BYTES * rows.length) / Math.max(bytes, 1));
  return Math.min(PAGE, Math.max(FEWEST_VALUES, fit));
}
