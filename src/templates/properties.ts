/**
 * Java's properties files. A value is escaped so that it reads the same whether the file is taken for Latin-1 or UTF-8:
 * everything outside printable ASCII as `\uXXXX`. Blanks at its ends too, since a reader drops those at the start and
 * some drop those at the end.
 */
import { answer, IN_ESCAPE, intoComment, isInsideEscape, lineEnd, refuse, write } from './skeleton.ts';
import type { Answers, Hole, Writer, Written } from './skeleton.ts';

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f' };
/** A key up to what ends it: `=`, `:` or blanks, each with blanks around it. */
const KEY = /^[ \t\f]*(?:\\[^]|[^\\=:\s\uDC00])+(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+)/;

export const writeProperties: Writer = (skeleton) => {
  const { text } = skeleton;
  const answers: Answers = new Map();
  if (/\r(?!\n)/.test(text)) {
    return answers;
  }
  let start = 0;
  while (start < text.length) {
    let end = lineEnd(text, start);
    if (/^[ \t\f]*[#!]/.test(text.slice(start, end))) {
      answer(skeleton, answers, start, end, (hole) => intoComment(hole.value));
    } else {
      while (end < text.length && /(?:^|[^\\])(?:\\\\)*\\\r?$/.test(text.slice(start, end))) {
        end = lineEnd(text, end + 1);
      }
      const key = KEY.exec(text.slice(start, end));
      if (key !== null) {
        const valueStart = start + key[0].length;
        answer(skeleton, answers, valueStart, end, (hole) => intoValue(text, valueStart, hole));
      }
    }
    start = end + 1;
  }
  return answers;
};

const UNFINISHED_ESCAPE = /\\(?:u[0-9A-Fa-f\uDC00]{0,3})?$/;

function intoValue(text: string, start: number, hole: Hole): Written {
  if (isInsideEscape(text, start, hole.offset, UNFINISHED_ESCAPE)) {
    return refuse(IN_ESCAPE);
  }
  return write(
    // By UTF-16 units, as Java reads them back.
    hole.value.replace(
      /[^\x20-\x5B\x5D-\x7E]|^ +| +$/g,
      (characters) => SHORT[characters] ?? unicodeEscapes(characters),
    ),
  );
}

function unicodeEscapes(characters: string): string {
  return characters
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)
    .join('');
}
