/**
 * A list of rows: for a person on a terminal a borderless table that fits the window, for a program in a pipe the rows
 * alone, their cells separated by tabs, uncut and without colour. cli-table3 is loaded for the first kind only.
 */
import { printable } from '../domain/printable.ts';
import type { Style, Tone } from './style.ts';
import { clip, displayWidth } from './text-width.ts';

/** Text as it is, unescaped; with a tone where its meaning should be seen. */
export type Cell = string | { text: string; tone: Tone };

export interface TableContent {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** Per column; `left` where left out. */
  align?: readonly ('left' | 'right')[];
}

export interface TableTarget {
  isTerminal: boolean;
  /** Columns of the window; not used in a pipe. */
  width: number;
  style: Style;
}

const GAP = 2;
/** A column is not cut below this while another one is wider. */
const NARROWEST = 6;

const NO_BORDER = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'
    .split(' ')
    .map((name) => [name, '']),
);

/** The table's text with a newline after each line; empty where there are no rows. */
export async function renderTable(content: TableContent, target: TableTarget): Promise<string> {
  if (content.rows.length === 0) {
    return '';
  }
  if (!target.isTerminal) {
    return content.rows.map((row) => `${row.map((cell) => printable(textOf(cell))).join('\t')}\n`).join('');
  }
  const { style } = target;
  const plain = [content.head, ...content.rows].map((row) => row.map((cell) => printable(textOf(cell))));
  const widths = fit(columnWidths(plain), target.width);
  const styled = plain.map((row, index) =>
    row.map((text, column) => {
      const cut = clip(text, widths[column]!, style.symbols.ellipsis);
      const cell = index === 0 ? { tone: 'dim' as const } : content.rows[index - 1]![column]!;
      return typeof cell === 'string' ? cut : style[cell.tone](cut);
    }),
  );
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    chars: NO_BORDER,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [] },
    colAligns: widths.map((_, column) => content.align?.[column] ?? 'left'),
  });
  table.push(...styled);
  const lines = table.toString().split('\n');
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, text] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(text));
    }
  }
  return widths;
}

/** Takes columns from the widest column, one by one, until all fit. */
function fit(widths: readonly number[], available: number): number[] {
  const fitted = [...widths];
  // The gap behind the last column is cut off again.
  let excess = fitted.reduce((total, width) => total + width + GAP, -GAP) - available;
  while (excess > 0) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if (fitted[widest]! <= NARROWEST) {
      break;
    }
    fitted[widest]! -= 1;
    excess -= 1;
  }
  return fitted;
}
