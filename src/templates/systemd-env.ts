/**
 * The file of systemd's `EnvironmentFile=` (systemd.exec(5)): a value in double quotes takes backslash escapes for
 * `" \ $` and the back-tick, and may go over several lines; in single quotes nothing is escaped. Comments are whole
 * lines that begin with `#` or `;`, and a backslash at the end of one swallows the next line.
 */
import { BARE } from './dotenv.ts';
import { answer, endsWithBackslash, HOLE, intoComment, lineEnd, refuse, write } from './skeleton.ts';
import type { Answers, Hole, Skeleton, Writer, Written } from './skeleton.ts';

const NAME = /^[ \t]*[A-Za-z_][A-Za-z0-9_]*=/;
const COMMENT = /^[ \t]*[#;]/;

/** The content of a comment, or of a quoted value; or a value without quotes, up to its first blank. Offsets; the end is excluded. */
interface Place {
  readonly kind: 'comment' | 'double' | 'single' | 'bare';
  readonly start: number;
  readonly end: number;
}

/** What the manual rules out: NUL, byte order marks and noncharacters. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\0\uFEFF\uFDD0-\uFDEF]|\p{Noncharacter_Code_Point}/u;

export const writeSystemdEnv: Writer = (skeleton) => {
  const answers: Answers = new Map();
  for (const place of placesOf(skeleton.text)) {
    answer(skeleton, answers, place.start, place.end, (hole) => intoPlace(skeleton, place, hole));
  }
  return answers;
};

function intoPlace(skeleton: Skeleton, place: Place, hole: Hole): Written {
  const { value } = hole;
  if (FORBIDDEN.test(value)) {
    return refuse('the value has a character that systemd does not accept in an environment file');
  }
  if (place.kind === 'comment') {
    return endsWithBackslash(skeleton, place.start, place.end)
      ? refuse('a backslash at the end of a comment swallows the next line')
      : intoComment(value);
  }
  if (place.kind === 'double') {
    return write(escaped(value));
  }
  if (place.kind === 'single') {
    return value.includes("'")
      ? refuse("the value has a ', which is not allowed in single quotes; remove the quotes or use double ones")
      : write(value);
  }
  if (skeleton.text.slice(place.start, place.end) === HOLE) {
    return write(`"${escaped(value)}"`);
  }
  return BARE.test(value)
    ? write(value)
    : refuse('the value needs quotes; put double quotes around the whole value in the file');
}

function escaped(value: string): string {
  return value.replace(/["\\$`]/g, (character) => `\\${character}`);
}

/** Where values can stand: a place that could be read in two ways is none. */
function placesOf(text: string): readonly Place[] {
  const places: Place[] = [];
  for (let start = 0; start < text.length;) start = readLine(text, start, places) + 1;
  return places;
}

/** Reads one line, or the lines of one quoted value, and gives the offset of the line feed that ends it. */
function readLine(text: string, start: number, places: Place[]): number {
  const end = lineEnd(text, start);
  const line = text.slice(start, end);
  if (COMMENT.test(line)) {
    places.push({ kind: 'comment', start, end: line.endsWith('\r') ? end - 1 : end });
    return afterLine(text, line, end);
  }
  const name = NAME.exec(line);
  if (name === null) {
    return afterLine(text, line, end);
  }
  const valueStart = start + name[0].length;
  const quote = text[valueStart];
  if (quote !== '"' && quote !== "'") {
    const valueEnd = valueStart + /^[^\s"'`\\$#]*/.exec(text.slice(valueStart, end))![0].length;
    if (isBlank(text, valueEnd, end)) {
      places.push({ kind: 'bare', start: valueStart, end: valueEnd });
      return end;
    }
    return afterLine(text, text.slice(valueEnd, end), end);
  }
  const close = closingQuote(text, valueStart);
  if (close === null) {
    // Nobody can say where this value ends, so nothing after it has a place.
    return text.length;
  }
  const lastEnd = lineEnd(text, close);
  const content = text.slice(valueStart + 1, close);
  if (!isBlank(text, close + 1, lastEnd)) {
    return afterLine(text, text.slice(close + 1, lastEnd), lastEnd);
  }
  if (!content.endsWith('\\') && !content.includes('\r')) {
    places.push({ kind: quote === '"' ? 'double' : 'single', start: valueStart + 1, end: close });
  }
  return lastEnd;
}

function isBlank(text: string, start: number, end: number): boolean {
  return /^[ \t]*$/.test(text.slice(start, end));
}

/** A backslash at the end of a line takes the next one along. */
function afterLine(text: string, rest: string, end: number): number {
  return /\\\r?$/.test(rest) ? lineEnd(text, end + 1) : end;
}

function closingQuote(text: string, start: number): number | null {
  const quote = text[start]!;
  let offset = start + 1;
  while (offset < text.length && text[offset] !== quote) {
    offset += quote === '"' && text[offset] === '\\' ? 2 : 1;
  }
  return offset < text.length ? offset : null;
}
