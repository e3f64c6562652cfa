/**
 * A list of rows: for a person on a terminal a borderless table that fits the window, for a program in a pipe the rows
 * alone, their cells separated by tabs, uncut and without colour. Nothing is ever cut, since what stands in a table is what
 * somebody types next. Where the window is too narrow, sentences go on under themselves, a few long names stand above their
 * rows, columns that can be missed are left out, and at last each row becomes a block of lines. cli-table3 is loaded for a
 * terminal only.
 */
import { printable } from '../domain/printable.ts';
import type { Style, Tone } from './style.ts';
import { displayWidth, padColumns, wrapText } from './text-width.ts';

/** Text as it is, unescaped; with a tone where its meaning should be seen. */
export type Cell = string | { text: string; tone: Tone };

export interface TableContent {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** Per column; `left` where left out. */
  align?: readonly ('left' | 'right')[];
  /** Columns, counted from 0, whose text may go on under itself, broken anywhere. */
  prose?: readonly number[];
  /** The same for lists of names, which are broken between two of them only. */
  names?: readonly number[];
  /** Columns that are left out where there is no room, the first of them first. */
  least?: readonly number[];
}

export interface TableTarget {
  isTerminal: boolean;
  /** Columns of the window; not used in a pipe. */
  width: number;
  style: Style;
}

const GAP = 2;
/** Below this a sentence is hard to read. */
const NARROWEST_PROSE = 8;
/** Names stand beside the rest where so much is left for them. */
const NARROWEST_NAMES = 12;
/** So many of the rows may have their name above them, before columns are left out. */
const SOME = 0.5;

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
  const fitted = fit(content, target.width);
  return fitted === null ? blocks(content, target) : columnsOf(content, fitted, target.style);
}

/** A column that is shown, and how wide it is. A wider cell of the first one stands above its row. */
interface Column {
  readonly index: number;
  readonly width: number;
}

/** @returns the columns that stay, or null where they do not fit beside each other */
function fit(
  { head, rows, prose = [], names = [], least = [] }: TableContent,
  available: number,
): readonly Column[] | null {
  const all = [head, ...rows].map((row) => row.map((cell) => printable(textOf(cell))));
  const natural = head.map((_, index) => Math.max(...all.map((row) => displayWidth(row[index]!))));
  const narrowest = natural.map((width, index) => {
    if (prose.includes(index)) return Math.min(width, NARROWEST_PROSE);
    if (!names.includes(index)) return width;
    return Math.max(...all.flatMap((row) => row[index]!.split(' ')).map(displayWidth));
  });
  const without = (count: number) => [...head.keys()].filter((index) => !least.slice(0, count).includes(index));
  const beside = (shown: readonly number[], given = natural, floor = narrowest) => {
    const needed = sum(shown.map((index) => floor[index]! + GAP)) - GAP;
    return needed > available ? null : squeezed(given, floor, shown, available);
  };
  const hanging = (shown: readonly number[], most: number) => {
    const room = available - sum(shown.slice(1).map((index) => narrowest[index]! + GAP));
    const firsts = all.map((row) => displayWidth(row[0]!));
    const short = firsts.filter((width) => width <= room);
    if (room < NARROWEST_NAMES || firsts.length - short.length > most || firsts[0]! > room) return null;
    const first = Math.max(...short);
    return beside(shown, natural.with(0, first), narrowest.with(0, first));
  };
  return (
    beside(without(0)) ??
    hanging(without(0), rows.length * SOME) ??
    least.map((_, index) => beside(without(index + 1))).find((columns) => columns !== null) ??
    hanging(without(least.length), rows.length) ??
    null
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** Takes what is too much from the widest of the columns that can give. */
function squeezed(
  natural: readonly number[],
  narrowest: readonly number[],
  shown: readonly number[],
  available: number,
): Column[] {
  const widths = [...natural];
  const excess = sum(shown.map((index) => widths[index]! + GAP)) - GAP - available;
  for (let left = excess; left > 0; left -= 1) {
    const able = shown.filter((index) => widths[index]! > narrowest[index]!);
    const widest = able.reduce((most, index) => (widths[index]! > widths[most]! ? index : most), able[0]!);
    widths[widest]! -= 1;
  }
  return shown.map((index) => ({ index, width: widths[index]! }));
}

async function columnsOf(content: TableContent, columns: readonly Column[], style: Style): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    chars: NO_BORDER,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [] },
    colAligns: columns.map(({ index }) => content.align?.[index] ?? 'left'),
  });
  const head = content.head.map((text) => ({ text, tone: 'dim' as const }));
  const isProse = content.prose?.includes(0) === true;
  const all = [head, ...content.rows].map((row) => {
    const cells = columns.map(({ index, width }) =>
      toned(row[index]!, style, (text) => (displayWidth(text) <= width ? [text] : wrapText(text, width))),
    );
    const name = printable(textOf(row[0]!));
    const isAbove = !isProse && columns[0]!.index === 0 && displayWidth(name) > columns[0]!.width;
    return {
      above: isAbove ? toned(row[0]!, style, (text) => [text]) : [],
      cells: isAbove ? cells.with(0, ['']) : cells,
    };
  });
  for (const { cells } of all) table.push(cells.map((lines) => lines.join('\n')));
  const lines = table.toString().split('\n');
  return all
    .flatMap(({ above, cells }) => [...above, ...lines.splice(0, Math.max(...cells.map(({ length }) => length)))])
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** One row below the other, each cell behind the head of its column; what is empty is left out. */
function blocks({ head, rows }: TableContent, { width, style }: TableTarget): string {
  const label = Math.max(...head.map(displayWidth)) + GAP;
  const room = width - label;
  // A word with no room is left to the terminal, which breaks it so that it can be copied.
  const whole = (text: string) =>
    text.split(' ').some((word) => displayWidth(word) > room) ? [text] : wrapText(text, room);
  const blockOf = (row: readonly Cell[]) =>
    row
      .flatMap((cell, index) =>
        toned(cell, style, whole).map((line, at) => {
          const begin = style.dim(padColumns(at === 0 ? head[index]! : '', label));
          return textOf(cell) === '' ? '' : `${begin}${line}\n`;
        }),
      )
      .join('');
  return rows.map(blockOf).join('\n');
}

/** A cell's lines. */
function toned(cell: Cell, style: Style, linesOf: (text: string) => string[]): string[] {
  const lines = linesOf(printable(textOf(cell)));
  return typeof cell === 'string' ? lines : lines.map((line) => style[cell.tone](line));
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
