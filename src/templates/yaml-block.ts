/**
 * YAML's block scalars (`|` and `>`): where their lines are, and what may be written between them. A literal block
 * takes a value of several lines, each indented as the block is; a folded block takes one line. Whatever could change
 * how a reader finds the block's indentation, or its last line end, is refused.
 */
import { contentEnd, lineEnd, nestedJsonRefusal, refuse, write } from './skeleton.ts';
import type { Hole, Skeleton, Written } from './skeleton.ts';

export interface BlockPlace {
  readonly kind: 'block';
  readonly isLiteral: boolean;
  readonly chomping: 'clip' | 'strip' | 'keep';
  /** Offset of the line after the header. */
  readonly start: number;
  /** Offset after the last line, its line feed included. */
  readonly end: number;
  /** Spaces before each line. */
  readonly indent: number;
  /** Offset at which the last line that is not blank begins. */
  readonly lastLine: number;
  readonly tag: string | null;
}

/** What YAML takes as it is: no control characters but tab and line feed, and nothing that some reader ends a line at. */
export const UNPRINTABLE = /[^\t\n\x20-\x7E\xA0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * Reads the block scalar whose header begins at `offset`, inside a collection at column `parent` (-1 for none). `null`
 * for a header or an indentation that readers would not take, or not take alike.
 */
export function readBlock(text: string, offset: number, parent: number, tag: string | null): BlockPlace | null {
  const header = /^([|>])(?:([1-9])([+-]?)|([+-])([1-9]?))?[ \t]*(?:[ \t]#.*)?$/.exec(
    text.slice(offset, contentEnd(text, offset)),
  );
  if (header === null) {
    return null;
  }
  const start = Math.min(lineEnd(text, offset) + 1, text.length);
  const digit = header[2] || header[5] || null;
  const sign = header[3] || header[4];
  const indent =
    digit === null ? detectedIndent(text, start, Math.max(parent + 1, 1)) : Math.max(parent, 0) + Number(digit);
  if (indent === null) {
    return null;
  }
  let end = start;
  let lastLine = start;
  while (end < text.length) {
    const line = text.slice(end, contentEnd(text, end));
    const isEmpty = line.trim() === '';
    if (!isEmpty && leadingSpaces(line) < indent) {
      break;
    }
    lastLine = isEmpty ? lastLine : end;
    end = Math.min(lineEnd(text, end) + 1, text.length);
  }
  const chomping = sign === '+' ? 'keep' : sign === '-' ? 'strip' : 'clip';
  return { kind: 'block', isLiteral: header[1] === '|', chomping, start, end, indent, lastLine, tag };
}

/** The indentation of the first line that is not blank, at least `least`; `null` where a blank line is longer. */
function detectedIndent(text: string, start: number, least: number): number | null {
  let longestBlank = 0;
  for (let offset = start; offset < text.length; offset = lineEnd(text, offset) + 1) {
    const line = text.slice(offset, contentEnd(text, offset));
    const spaces = leadingSpaces(line);
    if (spaces < line.length) {
      return line[spaces] === '\t' || longestBlank > spaces ? null : Math.max(spaces, least);
    }
    longestBlank = Math.max(longestBlank, spaces);
  }
  return least;
}

function leadingSpaces(line: string): number {
  return /^ */.exec(line)![0].length;
}

/** Writes a value into a block scalar. */
export function intoBlock(skeleton: Skeleton, place: BlockPlace, hole: Hole): Written {
  const { text } = skeleton;
  const { value } = hole;
  const lineStart = text.lastIndexOf('\n', hole.offset - 1) + 1;
  const before = text.slice(lineStart, hole.offset);
  const after = text.slice(hole.offset + 1, contentEnd(text, hole.offset));
  if (value === '' || UNPRINTABLE.test(value)) {
    return refuse('the value has a character that a block scalar cannot hold; use a string in double quotes');
  }
  const nested = nestedJsonRefusal(text.slice(place.start, hole.offset), hole);
  if (nested !== null) {
    return refuse(nested);
  }
  if (before.trim() === '' && /^\s/.test(value)) {
    return refuse('a value that starts with a blank would change the indentation of the block; use double quotes');
  }
  const lines = value.split('\n');
  if (!place.isLiteral) {
    return lines.length > 1 || /^\s|\s$/.test(value)
      ? refuse('a folded block cannot hold a line break, or a blank at either end; use "|" or double quotes')
      : write(value);
  }
  if (lines.length === 1) {
    return write(value);
  }
  return intoLiteral(skeleton, place, lines, { lineStart, offset: hole.offset, after });
}

const LAST_LINE_END =
  'the block would not keep the line breaks at the end of the value; use double quotes, or the filter trim';

function intoLiteral(
  skeleton: Skeleton,
  place: BlockPlace,
  lines: readonly string[],
  at: { readonly lineStart: number; readonly offset: number; readonly after: string },
): Written {
  const { text } = skeleton;
  const last = lines.at(-1)!;
  const hasTextAfter = at.after.trim() !== '';
  const isBlankLine = (line: string): boolean => line !== '' && line.trim() === '';
  if (
    lines.slice(1, -1).some(isBlankLine) ||
    (!hasTextAfter && (isBlankLine(last) || (last === '' && at.after !== '')))
  ) {
    return refuse('the value has a line of blanks, which a block scalar may lose; use double quotes');
  }
  const end = lineEnd(text, at.offset);
  let written = lines;
  if (!hasTextAfter && last === '' && at.lineStart === place.lastLine) {
    // Only where the value is all of a block is the one line end at its end the block's to drop.
    const isAlone = at.offset === place.start + place.indent;
    if ((place.chomping !== 'keep' && lines.at(-2) === '') || (place.chomping === 'strip' && !isAlone)) {
      return refuse(LAST_LINE_END);
    }
    // The line end after the placeholder, where there is one, is the value's own; what becomes of it is the block's.
    written = end < text.length ? lines.slice(0, -1) : lines;
  }
  const feed = text.slice(0, place.start).endsWith('\r\n') ? '\r\n' : '\n';
  const indent = ' '.repeat(place.indent);
  return write(
    written
      .map((line, index) => {
        const isIndented = index > 0 && (line !== '' || (hasTextAfter && index === written.length - 1));
        return isIndented ? indent + line : line;
      })
      .join(feed),
  );
}
