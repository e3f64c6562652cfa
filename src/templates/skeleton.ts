/**
 * What a format's writer sees: the document with each placeholder cut out and one HOLE character in its place. HOLE is
 * a lone surrogate, which text decoded from UTF-8 cannot hold, so a hole is never mistaken for text. A writer finds
 * out where each hole stands and answers with the text to put there, or with the reason why the value can't stand
 * there. It never changes text outside holes, and no reason ever holds a value or a part of one.
 */
export const HOLE = '\uDC00';

export interface Hole {
  /** Offset of the HOLE character in the skeleton's text. */
  readonly offset: number;
  /** The value after its filters. */
  readonly value: string;
  /** Whether the last filter was `json`, so that the value is itself a JSON text. */
  readonly isJsonText: boolean;
}

export interface Skeleton {
  readonly text: string;
  /** In the order of their offsets. */
  readonly holes: readonly Hole[];
  readonly hasByteOrderMark: boolean;
}

export type Written = { readonly text: string } | { readonly refusal: string };
/** The answer for each hole. A hole without an answer stands where no value can. */
export type Answers = Map<Hole, Written>;
export type Writer = (skeleton: Skeleton) => Answers;

export function write(text: string): Written {
  return { text };
}

export function refuse(refusal: string): Written {
  return { refusal };
}

/** The holes from offset `start` (included) to `end` (excluded). */
export function holesIn(skeleton: Skeleton, start: number, end: number): readonly Hole[] {
  const { holes } = skeleton;
  let low = 0;
  let high = holes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holes[middle]!.offset < start) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  let last = low;
  while (last < holes.length && holes[last]!.offset < end) {
    last += 1;
  }
  return holes.slice(low, last);
}

/** The text from `start` to `end` with each hole filled by what `fill` makes of it, by default its value as it is. */
export function filled(
  skeleton: Skeleton,
  start: number,
  end: number,
  fill: (hole: Hole) => string = (hole) => hole.value,
): string {
  let result = '';
  let from = start;
  for (const hole of holesIn(skeleton, start, end)) {
    result += skeleton.text.slice(from, hole.offset) + fill(hole);
    from = hole.offset + 1;
  }
  return result + skeleton.text.slice(from, end);
}

/** Whether the text from `start` to `end`, filled, ends with a backslash. */
export function endsWithBackslash(skeleton: Skeleton, start: number, end: number): boolean {
  const last = holesIn(skeleton, end - 1, end)[0];
  if (last === undefined) {
    return end > start && skeleton.text[end - 1] === '\\';
  }
  return last.value === '' ? endsWithBackslash(skeleton, start, end - 1) : last.value.endsWith('\\');
}

/** Answers all holes from `start` to `end` by one rule. */
export function answer(
  skeleton: Skeleton,
  answers: Answers,
  start: number,
  end: number,
  rule: (hole: Hole) => Written,
): void {
  for (const hole of holesIn(skeleton, start, end)) {
    answers.set(hole, rule(hole));
  }
}

/** The offset of the next line feed at or after `offset`, or the end of the text. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}

/** The end of the line at `offset` without its line feed and the carriage return before it. */
export function contentEnd(text: string, offset: number): number {
  const end = lineEnd(text, offset);
  return end > offset && text[end - 1] === '\r' ? end - 1 : end;
}

/** Whatever one reader or another takes for the end of a line: for JavaScript's, the dotenv package among them, U+2028 is one. */
// oxlint-disable-next-line no-control-regex
const LINE_END = /[\n\v\f\r\u001c-\u001e\u0085\u2028\u2029]/;

/** Writes a value into a comment that ends with its line. `forbidden` matches what else cannot stand there. */
export function intoComment(value: string, forbidden: RegExp | null = null): Written {
  if (LINE_END.test(value)) {
    return refuse('the value has a line break, which would end the comment');
  }
  return forbidden?.test(value) === true
    ? refuse('the value has a character that is not allowed in a comment')
    : write(value);
}

/**
 * Whether the text from `start` to `offset` ends inside an escape sequence. `unfinished` matches one, from its
 * backslash to the end of the text; pairs of backslashes before it are complete by themselves.
 */
export function isInsideEscape(text: string, start: number, offset: number, unfinished: RegExp): boolean {
  const match = unfinished.exec(text.slice(Math.max(start, offset - LONGEST_ESCAPE), offset));
  if (match === null) {
    return false;
  }
  let first = offset - match[0].length;
  const last = first;
  while (first > start && text[first - 1] === '\\') {
    first -= 1;
  }
  return (last - first) % 2 === 0;
}

const LONGEST_ESCAPE = 10;
export const IN_ESCAPE = 'a value cannot be a part of an escape sequence';

/**
 * The reason why a value can't stand in JSON text that is itself the content of a string (`before` is that content up
 * to the placeholder): the value would need two escapings, and knox makes one. `null` where nothing is in the way.
 */
export function nestedJsonRefusal(before: string, hole: Hole): string | null {
  const needsEscaping = !hole.isJsonText && JSON.stringify(hole.value).slice(1, -1) !== hole.value;
  if (!needsEscaping || !/^\s*[{[]/.test(before) || !before.includes('"')) {
    return null;
  }
  return 'the value would need escaping for the JSON text inside this string too; write {{secret:NAME|json}} without quotes there';
}
