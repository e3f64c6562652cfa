/**
 * The lines of env files, as far as dotenv files and systemd's environment files agree: comments, `NAME=VALUE`, and
 * values in quotes that may go over several lines. It finds for each hole what surrounds it; what a value looks like
 * there is the formats' own business. A place that readers of these files could take in two ways is no place at all.
 */
import { HOLE } from './skeleton.ts';

export type EnvPlace =
  /** The content of a comment, or of a quoted value; or a value without quotes, up to its first blank. */
  { readonly kind: 'comment' | 'double' | 'single' | 'bare'; readonly start: number; readonly end: number };

export interface EnvRules {
  /** The start of an assignment, up to and including `=`. */
  readonly name: RegExp;
  readonly comment: RegExp;
  /**
   * `sh` is one of the readers: `#` after a blank begins a comment behind a value, a quote anywhere in a line opens a
   * string, and a backslash in double quotes is read by some and not by others. Else a backslash in double quotes
   * escapes, other quotes are text, and a comment goes on after a backslash at its end.
   */
  readonly isForShell: boolean;
}

/** The places of a file where values can stand. Offsets are the skeleton's; the end is excluded. */
export function envPlaces(text: string, rules: EnvRules): readonly EnvPlace[] {
  const places: EnvPlace[] = [];
  let start = 0;
  while (start < text.length) {
    start = readLine(text, start, rules, places) + 1;
  }
  return places;
}

/** Reads one line, or the lines of one quoted value, and gives the offset of the line feed that ends it. */
function readLine(text: string, start: number, rules: EnvRules, places: EnvPlace[]): number {
  const end = endOfLine(text, start);
  const line = text.slice(start, end);
  if (rules.comment.test(line)) {
    places.push({ kind: 'comment', start, end: line.endsWith('\r') ? end - 1 : end });
    return !rules.isForShell && isContinued(line) ? endOfLine(text, end + 1) : end;
  }
  const name = rules.name.exec(line);
  if (name === null) {
    return afterOddLine(text, line, end, rules);
  }
  const valueStart = start + name[0].length;
  const quote = text[valueStart];
  if (quote !== '"' && quote !== "'") {
    const valueEnd = valueStart + /^[^\s"'`\\$#]*/.exec(text.slice(valueStart, end))![0].length;
    const isClean = addWithRest(text, { kind: 'bare', start: valueStart, end: valueEnd }, valueEnd, end, rules, places);
    return isClean ? end : afterOddLine(text, text.slice(valueEnd, end), end, rules);
  }
  const close = closingQuote(text, valueStart, rules);
  if (close === null) {
    // Nobody can say where this value ends, so nothing after it has a place.
    return text.length;
  }
  const lastEnd = endOfLine(text, close);
  const kind = quote === '"' ? 'double' : 'single';
  const content = text.slice(valueStart + 1, close);
  const isReadAlike = !content.endsWith('\\') && !content.includes('\r');
  const place = { kind, start: valueStart + 1, end: close } as const;
  const isClean = addWithRest(text, isReadAlike ? place : null, close + 1, lastEnd, rules, places);
  return isClean ? lastEnd : afterOddLine(text, text.slice(close + 1, lastEnd), lastEnd, rules);
}

/** Where to go on after a line that is no plain assignment: not in the middle of what it may have begun. */
function afterOddLine(text: string, rest: string, end: number, rules: EnvRules): number {
  if (rules.isForShell && /["'`]|<</.test(rest)) {
    return text.length;
  }
  return isContinued(rest) ? endOfLine(text, end + 1) : end;
}

function isContinued(line: string): boolean {
  return /\\\r?$/.test(line);
}

/** Takes a place when nothing but blanks or a comment follows on its line; says whether that is so. */
function addWithRest(
  text: string,
  place: EnvPlace | null,
  restStart: number,
  end: number,
  rules: EnvRules,
  places: EnvPlace[],
): boolean {
  const rest = text.slice(restStart, end);
  const comment = /^[ \t]+#/.exec(rest);
  const hasComment = comment !== null && rules.isForShell && !rest.endsWith('\r');
  const isClean = hasComment || /^[ \t]*$/.test(rest);
  if (place !== null && isClean) {
    places.push(place);
  }
  if (hasComment) {
    places.push({ kind: 'comment', start: restStart + comment[0].length, end });
  }
  return isClean;
}

function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}

function closingQuote(text: string, start: number, rules: EnvRules): number | null {
  const quote = text[start]!;
  let offset = start + 1;
  while (offset < text.length && text[offset] !== quote) {
    // A backslash before a quote is a quote for some readers and the end for others: told apart by `isReadAlike`.
    offset += quote === '"' && text[offset] === '\\' && !rules.isForShell ? 2 : 1;
  }
  return offset < text.length ? offset : null;
}

/** Whether a bare place is one hole and nothing else, so that a writer may choose its quotes. */
export function isWholeValue(text: string, place: EnvPlace): boolean {
  return place.kind === 'bare' && text.slice(place.start, place.end) === HOLE;
}
