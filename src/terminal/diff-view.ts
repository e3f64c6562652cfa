/**
 * What a rewrite changes, shown to a person before it is done: the file, then each line that goes and each that comes, with
 * the part that differs marked inside the line. A line that is too long for the window is cut so that its change is seen.
 */
import type { DiffLine, Hunk } from '../domain/diff.ts';
import { printable } from '../domain/printable.ts';
import type { Style, Tone } from './style.ts';
import { displayWidth, measured, padColumns } from './text-width.ts';

const TAB = '    ';
/** Columns of unchanged text that stay visible before a change that lies beyond the window. */
const LEAD = 12;

/** A line's text in three parts: what both sides begin with, what differs, what both sides end with. */
interface Parts {
  before: string;
  changed: string;
  after: string;
}

interface ShownLine extends Parts {
  kind: DiffLine['kind'];
  number: number;
  isTerminated: boolean;
}

/**
 * The text for one file, a newline after each line. `environments` names what the file is for. Line numbers are those of
 * the old file for what is removed, of the new one for the rest.
 */
export function renderDiff(
  file: { path: string; environments?: readonly string[]; hunks: readonly Hunk[] },
  target: { width: number; style: Style },
): string {
  const { style } = target;
  const environments = (file.environments ?? []).map(printable).join(', ');
  const heading = style.heading(printable(file.path)) + (environments === '' ? '' : style.dim(`  ${environments}`));
  const shown = file.hunks.map(numbered);
  const digits = String(Math.max(0, ...shown.flat().map((line) => line.number))).length;
  const lines = [heading];
  for (const [index, hunk] of shown.entries()) {
    if (index > 0) {
      lines.push(style.dim(`  ${' '.repeat(digits)} ${style.symbols.ellipsis}`));
    }
    for (const line of hunk) {
      lines.push(renderLine(line, digits, target));
      if (!line.isTerminated) {
        lines.push(style.dim(`  ${' '.repeat(digits)}   (no newline at the end of the file)`));
      }
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** Gives each line its number, and pairs the n-th removed line of a run with the n-th added one to find what differs. */
function numbered(hunk: Hunk): ShownLine[] {
  const shown: ShownLine[] = [];
  let oldNumber = hunk.oldStart;
  let newNumber = hunk.newStart;
  let removed: ShownLine[] = [];
  let added = 0;
  // In a file with CRLF throughout, an escaped \r after each line would only be noise.
  const isCrlf = hunk.lines.every((line) => line.text.endsWith('\r') || !line.isTerminated);
  for (const { kind, text: whole, isTerminated } of hunk.lines) {
    const text = isCrlf && isTerminated ? whole.slice(0, -1) : whole;
    const number = kind === '-' ? oldNumber : newNumber;
    oldNumber += kind === '+' ? 0 : 1;
    newNumber += kind === '-' ? 0 : 1;
    const line: ShownLine = { kind, number, isTerminated, before: '', changed: '', after: text };
    shown.push(line);
    if (kind === '-') {
      // A removed line after added ones begins the next run.
      removed = added > 0 ? [line] : [...removed, line];
      added = 0;
    } else if (kind === '+') {
      const partner = removed[added];
      added += 1;
      if (partner !== undefined) {
        const [old, fresh] = compare(partner.after, text);
        Object.assign(partner, old);
        Object.assign(line, fresh);
      }
    } else {
      removed = [];
      added = 0;
    }
  }
  return shown;
}

/** Splits two lines at their common beginning and end, never inside a character. */
function compare(oldText: string, newText: string): [Parts, Parts] {
  const older = measured(oldText).map(({ cluster }) => cluster);
  const newer = measured(newText).map(({ cluster }) => cluster);
  const shorter = Math.min(older.length, newer.length);
  let head = 0;
  while (head < shorter && older[head] === newer[head]) {
    head += 1;
  }
  let tail = 0;
  while (tail < shorter - head && older.at(-1 - tail) === newer.at(-1 - tail)) {
    tail += 1;
  }
  return [parts(older, head, tail), parts(newer, head, tail)];
}

function parts(clusters: readonly string[], head: number, tail: number): Parts {
  const end = clusters.length - tail;
  return {
    before: clusters.slice(0, head).join(''),
    changed: clusters.slice(head, end).join(''),
    after: clusters.slice(end).join(''),
  };
}

function renderLine(line: ShownLine, digits: number, target: { width: number; style: Style }): string {
  const { style, width } = target;
  const number = String(line.number).padStart(digits);
  const room = Math.max(20, width - digits - 5);
  const [whole, changed]: [Tone, Tone] = line.kind === '-' ? ['removed', 'removedPart'] : ['added', 'addedPart'];
  const cut = window(
    { before: visible(line.before), changed: visible(line.changed), after: visible(line.after) },
    room,
    style.symbols.ellipsis,
  );
  const margin = padColumns(`  ${style.dim(number)} ${line.kind === ' ' ? ' ' : style[whole](line.kind)}`, digits + 4);
  if (line.kind === ' ') {
    return `${margin} ${style.dim(cut.before + cut.changed + cut.after)}`.trimEnd();
  }
  const text = [
    cut.before === '' ? '' : style[whole](cut.before),
    cut.changed === '' ? '' : style[changed](cut.changed),
    cut.after === '' ? '' : style[whole](cut.after),
  ];
  return `${margin} ${text.join('')}`;
}

function visible(text: string): string {
  return printable(text.replaceAll('\t', TAB));
}

/** The part of a line that fits into `room` columns, moved to the right where the change would not be in it. */
function window(line: Parts, room: number, ellipsis: string): Parts {
  const widths = [line.before, line.changed, line.after].map(displayWidth) as [number, number, number];
  if (widths[0] + widths[1] + widths[2] <= room) {
    return line;
  }
  const mark = displayWidth(ellipsis);
  const endOfChange = widths[1] === 0 ? 0 : widths[0] + widths[1];
  const start = endOfChange + mark <= room ? 0 : Math.max(0, widths[0] - LEAD);
  const from = start === 0 ? 0 : start + mark;
  const to = start + room >= widths[0] + widths[1] + widths[2] ? Infinity : start + room - mark;
  const cut: Parts = { before: '', changed: '', after: '' };
  let column = 0;
  for (const part of ['before', 'changed', 'after'] as const) {
    for (const { cluster, width } of measured(line[part])) {
      if (column >= from && column + width <= to) {
        cut[part] += cluster;
      }
      column += width;
    }
  }
  const front = start === 0 ? '' : ellipsis;
  const back = to === Infinity ? '' : ellipsis;
  return { before: front + cut.before, changed: cut.changed, after: cut.after + back };
}
