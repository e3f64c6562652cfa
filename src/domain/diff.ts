/**
 * What changed between two texts, line by line, for showing a person before and after a rewrite. A line is everything up
 * to and with its `\n`, so that another line end or a missing last newline is a change too. Texts with the same number of
 * lines are compared in place, which is what a rewrite of placeholders makes; others by the longest common subsequence
 * of what lies between the common beginning and end.
 */
export interface DiffLine {
  kind: ' ' | '-' | '+';
  /** Without its `\n`; a `\r` before it is kept. */
  text: string;
  /** False for a last line that does not end with a newline. */
  isTerminated: boolean;
}

export interface Hunk {
  /** Line numbers count from 1. Where a side has no line in the hunk, the number of the line before it, as in `diff -u`. */
  oldStart: number;
  newStart: number;
  lines: DiffLine[];
}

const CONTEXT = 2;
/** Cells of the table for the longest common subsequence; above it the whole middle is shown as replaced. */
const TABLE_LIMIT = 4_000_000;

interface Edit {
  kind: ' ' | '-' | '+';
  line: string;
}

/** The hunks in which the texts differ, with two lines of context; none where they are equal. */
export function diffLines(oldText: string, newText: string): Hunk[] {
  if (oldText === newText) return [];
  const before = splitLines(oldText);
  const after = splitLines(newText);
  return hunks(before.length === after.length ? inPlace(before, after) : general(before, after));
}

function splitLines(text: string): string[] {
  const lines = text.split('\n').map((line) => `${line}\n`);
  const last = lines.pop()!.slice(0, -1);
  if (last !== '') lines.push(last);
  return lines;
}

function inPlace(before: string[], after: string[]): Edit[] {
  const edits: Edit[] = [];
  let added: Edit[] = [];
  for (const [index, line] of before.entries()) {
    const other = after[index]!;
    if (line === other) {
      edits.push(...added, { kind: ' ', line });
      added = [];
    } else {
      edits.push({ kind: '-', line });
      added.push({ kind: '+', line: other });
    }
  }
  return [...edits, ...added];
}

function general(before: string[], after: string[]): Edit[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const same = (line: string): Edit => ({ kind: ' ', line });
  return [
    ...before.slice(0, head).map(same),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

function middle(before: string[], after: string[]): Edit[] {
  const width = after.length + 1;
  if ((before.length + 1) * width > TABLE_LIMIT) {
    return [...before.map((line): Edit => ({ kind: '-', line })), ...after.map((line): Edit => ({ kind: '+', line }))];
  }
  // table[i * width + j]: length of the longest common subsequence of before[i…] and after[j…].
  const table = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const at = i * width + j;
      table[at] = before[i] === after[j] ? table[at + width + 1]! + 1 : Math.max(table[at + width]!, table[at + 1]!);
    }
  }
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const at = i * width + j;
    if (i < before.length && j < after.length && before[i] === after[j]) {
      edits.push({ kind: ' ', line: before[i]! });
      i++;
      j++;
    } else if (i < before.length && (j === after.length || table[at + width]! >= table[at + 1]!)) {
      edits.push({ kind: '-', line: before[i]! });
      i++;
    } else {
      edits.push({ kind: '+', line: after[j]! });
      j++;
    }
  }
  return edits;
}

function hunks(edits: readonly Edit[]): Hunk[] {
  const found: Hunk[] = [];
  let oldLine = 0;
  let newLine = 0;
  let at = 0;
  while (at < edits.length) {
    let first = at;
    while (first < edits.length && edits[first]!.kind === ' ') first++;
    if (first === edits.length) break;
    // Everything between two hunks is common, so both sides move on by the same number of lines.
    const start = Math.max(at, first - CONTEXT);
    oldLine += start - at;
    newLine += start - at;
    const end = endOfHunk(edits, first);
    const part = edits.slice(start, end);
    const oldCount = part.filter((edit) => edit.kind !== '+').length;
    const newCount = part.filter((edit) => edit.kind !== '-').length;
    found.push({
      oldStart: oldCount === 0 ? oldLine : oldLine + 1,
      newStart: newCount === 0 ? newLine : newLine + 1,
      lines: part.map(({ kind, line }) => {
        const isTerminated = line.endsWith('\n');
        return { kind, text: isTerminated ? line.slice(0, -1) : line, isTerminated };
      }),
    });
    oldLine += oldCount;
    newLine += newCount;
    at = end;
  }
  return found;
}

/** The index after the hunk's last line of context: a run of common lines longer than two contexts ends it. */
function endOfHunk(edits: readonly Edit[], first: number): number {
  let last = first;
  for (let index = first + 1; index < edits.length && index - last <= 2 * CONTEXT + 1; index++) {
    if (edits[index]!.kind !== ' ') last = index;
  }
  return Math.min(edits.length, last + 1 + CONTEXT);
}
