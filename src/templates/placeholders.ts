/**
 * The grammar of placeholders: `{{secret:NAME}}`, `{{secret:NAME@current|FILTER|…}}`, blanks inside the braces allowed,
 * line ends not. Only what opens with `{{secret:` is knox's: `{{secrets:x}}`, `{{ .Values.x }}` and `${{ secrets.X }}`
 * are text. A backslash before the braces makes the placeholder literal text; two make one that is live, after two
 * backslashes, as they stand in a JSON string. One pass, from left to right; nothing is ever read twice.
 */
import { NAME_RULE, parseReference, quoted } from '../domain/secret-name.ts';
import type { ErrorCode } from '../errors.ts';
import { errors } from '../errors.ts';
import { textOf } from './file-text.ts';
import { parseFilter } from './filters.ts';
import type { Filter } from './filters.ts';

export interface Placeholder {
  readonly name: string;
  readonly at: 'current' | 'previous' | null;
  readonly filters: readonly Filter[];
  /** Offsets into the template's text of the whole `{{…}}`, the end excluded. */
  readonly start: number;
  readonly end: number;
  /** Offsets of the name alone, without `@current` or `@previous`. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** Both from 1; a column counts characters (code points). */
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly code: ErrorCode;
  readonly line: number;
  readonly column: number;
  /** Never holds a value or a part of one. */
  readonly message: string;
}

export interface Template {
  /** The decoded text (file-text.ts), without its byte order mark. */
  readonly text: string;
  readonly hasByteOrderMark: boolean;
  /** In the order of the text; escaped ones are none. */
  readonly placeholders: readonly Placeholder[];
  /** Malformed placeholders. */
  readonly problems: readonly Problem[];
  /** Offsets of the backslashes that make a placeholder literal; rendering leaves them out. */
  readonly escapes: readonly number[];
}

const OPENING = /\{\{[ \t]*secret[ \t]*:/g;

/** Reads a template. Throws `template_invalid` for UTF-16. */
export function parseTemplate(bytes: Uint8Array): Template {
  if (isUtf16(bytes)) {
    throw errors.template_invalid('the file is UTF-16; knox renders UTF-8 files', 'save the file as UTF-8');
  }
  const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = textOf(hasByteOrderMark ? bytes.subarray(3) : bytes);
  return { text, hasByteOrderMark, ...readPlaceholders(text) };
}

function readPlaceholders(text: string): Pick<Template, 'placeholders' | 'problems' | 'escapes'> {
  const placeholders: Placeholder[] = [];
  const problems: Problem[] = [];
  const escapes: number[] = [];
  const place = placeFinder(text);
  const closings = closingFinder(text);
  OPENING.lastIndex = 0;
  for (let match = OPENING.exec(text); match !== null; match = OPENING.exec(text)) {
    if (backslashesBefore(text, match.index) % 2 === 1) {
      escapes.push(match.index - 1);
      continue;
    }
    const { line, column } = place(match.index);
    const result = readPlaceholder(text, match.index, OPENING.lastIndex, closings);
    if ('message' in result) {
      problems.push({ code: 'template_invalid', line, column, message: result.message });
    } else {
      placeholders.push({ ...result, line, column });
    }
    OPENING.lastIndex = result.end;
  }
  return { placeholders, problems, escapes };
}

type Malformed = { readonly message: string; readonly end: number };

function readPlaceholder(
  text: string,
  start: number,
  inside: number,
  closingFrom: (offset: number) => number,
): Omit<Placeholder, 'line' | 'column'> | Malformed {
  const close = closingFrom(inside);
  const content = close === -1 ? null : text.slice(inside, close);
  if (content === null || /[\r\n]|\{\{/.test(content)) {
    return { message: 'unclosed placeholder: "}}" is missing on its line', end: inside };
  }
  const end = close + 2;
  const [reference = '', ...parts] = content.split('|');
  const written = withoutBlanks(reference);
  if (written === '') {
    return { message: 'a placeholder without a name', end };
  }
  const parsed = parseReference(written);
  if (parsed === null) {
    return { message: `${quoted(written)} in a placeholder does not name a secret: ${NAME_RULE}`, end };
  }
  const filters = parts.map((part) => parseFilter(withoutBlanks(part)));
  const wrong = filters.find((filter) => typeof filter === 'string');
  if (wrong !== undefined) {
    return { message: wrong, end };
  }
  const good = filters as readonly Filter[];
  if (good.slice(0, -1).some((filter) => filter.kind === 'raw')) {
    return { message: 'the filter raw can only be the last one', end };
  }
  const nameStart = inside + reference.indexOf(written);
  return { ...parsed, filters: good, start, end, nameStart, nameEnd: nameStart + parsed.name.length };
}

/** An expression would look at each run of blanks as often as it is long. */
function withoutBlanks(text: string): string {
  const isBlank = (at: number): boolean => text[at] === ' ' || text[at] === '\t';
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(start)) start += 1;
  while (end > start && isBlank(end - 1)) end -= 1;
  return text.slice(start, end);
}

/** Where the next `}}` is from an offset on, or -1; asked for in rising order, so that the text is looked through once. */
function closingFinder(text: string): (offset: number) => number {
  let found = text.indexOf('}}');
  return (offset) => {
    if (found !== -1 && found < offset) found = text.indexOf('}}', offset);
    return found;
  };
}

function backslashesBefore(text: string, offset: number): number {
  let count = 0;
  while (text[offset - 1 - count] === '\\') {
    count += 1;
  }
  return count;
}

/** Gives line and column of offsets that are asked for in rising order. */
function placeFinder(text: string): (offset: number) => { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  let counted = 0;
  let column = 1;
  let end = text.indexOf('\n');
  return (offset) => {
    for (; end !== -1 && end < offset; end = text.indexOf('\n', lineStart)) {
      line += 1;
      lineStart = end + 1;
      counted = lineStart;
      column = 1;
    }
    column += Array.from(text.slice(counted, offset)).length;
    counted = offset;
    return { line, column };
  };
}

/** By its byte order mark, or without one by the zero bytes that UTF-16 has at every second place of plain text. */
function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return true;
  }
  const head = bytes.subarray(0, 64);
  const isZeroAtEverySecond = (parity: number): boolean =>
    head.every((byte, index) => (index % 2 === parity ? byte === 0 : byte !== 0));
  return head.length >= 8 && bytes.length % 2 === 0 && (isZeroAtEverySecond(0) || isZeroAtEverySecond(1));
}
