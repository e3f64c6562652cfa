/**
 * JSON, JSON with comments and JSON5, read alike: comments and single quotes are followed wherever they stand, and what
 * is otherwise wrong with the file is left alone. In a string a value is escaped; a place without quotes becomes a
 * string with quotes, also for `8080` and `true`; a comment takes what does not end it.
 */
import {
  answer,
  filled,
  IN_ESCAPE,
  intoComment,
  isInsideEscape,
  nestedJsonRefusal,
  refuse,
  write,
} from './skeleton.ts';
import type { Answers, Hole, Skeleton, Writer, Written } from './skeleton.ts';

/** JSON5 ends a line comment at these two as well. */
const COMMENT_END = /[\r\n\u2028\u2029]/;

export const writeJson: Writer = (skeleton) => {
  const { text } = skeleton;
  const answers: Answers = new Map();
  /** The character before, comments and blanks left out. */
  let previous: string | undefined;
  let offset = 0;
  while (offset < text.length) {
    const character = text[offset]!;
    const start = offset;
    if (character === '"' || character === "'") {
      offset = stringEnd(text, start);
      answerString(skeleton, answers, start + 1, offset);
      previous = character;
    } else if (text.startsWith('//', offset)) {
      offset = lineCommentEnd(text, start);
      answer(skeleton, answers, start, offset, (hole) => intoComment(hole.value, COMMENT_END));
    } else if (text.startsWith('/*', offset)) {
      const end = text.indexOf('*/', start + 2);
      offset = end === -1 ? text.length : end + 2;
      answerBlockComment(skeleton, answers, start + 2, end === -1 ? text.length : end);
    } else {
      offset += 1;
      answer(skeleton, answers, start, offset, (hole) => intoBarePlace(text, previous, hole));
      previous = /\s/.test(character) ? previous : character;
    }
  }
  return answers;
};

/** The offset after the closing quote of the string that opens at `start`. A line end does not end it. */
function stringEnd(text: string, start: number): number {
  let offset = start + 1;
  while (offset < text.length && text[offset] !== text[start]) {
    offset += text[offset] === '\\' ? 2 : 1;
  }
  return Math.min(offset + 1, text.length);
}

function lineCommentEnd(text: string, start: number): number {
  let offset = start;
  while (offset < text.length && !COMMENT_END.test(text[offset]!)) {
    offset += 1;
  }
  return offset;
}

const UNFINISHED_ESCAPE = /\\(?:u[0-9A-Fa-f\uDC00]{0,3}|x[0-9A-Fa-f\uDC00]?)?$/;

function answerString(skeleton: Skeleton, answers: Answers, start: number, end: number): void {
  const { text } = skeleton;
  answer(skeleton, answers, start, end, (hole) => {
    if (isInsideEscape(text, start, hole.offset, UNFINISHED_ESCAPE)) {
      return refuse(IN_ESCAPE);
    }
    const nested = nestedJsonRefusal(text.slice(start, hole.offset), hole);
    return nested === null ? write(escaped(hole.value)) : refuse(nested);
  });
}

/** For either kind of quotes: no quote of any kind is left, nor a separator that JavaScript took for a line end. */
function escaped(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replaceAll("'", () => '\\u0027')
    .replaceAll('\u2028', () => '\\u2028')
    .replaceAll('\u2029', () => '\\u2029');
}

function answerBlockComment(skeleton: Skeleton, answers: Answers, start: number, end: number): void {
  // With the first character after the content, so that a value that ends with "*" is seen before "/".
  const isClosedEarly = filled(skeleton, start, end + 1)
    .slice(0, -1)
    .includes('*/');
  answer(skeleton, answers, start, end, (hole) =>
    isClosedEarly ? refuse('the value would end the comment') : write(hole.value),
  );
}

const BLANKS_AND_COMMENTS = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)*/y;

function intoBarePlace(text: string, before: string | undefined, hole: Hole): Written {
  BLANKS_AND_COMMENTS.lastIndex = hole.offset + 1;
  BLANKS_AND_COMMENTS.test(text);
  const after = text[BLANKS_AND_COMMENTS.lastIndex];
  const isWhole = (before === undefined || '{[,:'.includes(before)) && (after === undefined || ']},:'.includes(after));
  return isWhole
    ? write(`"${escaped(hole.value)}"`)
    : refuse('a value next to other text needs quotes; put quotes around all of it');
}
