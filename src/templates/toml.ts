/**
 * TOML 1.0. Basic strings of one or more lines take escapes; literal strings have none, so they take only what can
 * stand in them as it is; a whole bare place becomes a basic string; a comment takes no control characters.
 */
import { answer, filled, IN_ESCAPE, isInsideEscape, lineEnd, refuse, write } from './skeleton.ts';
import type { Answers, Hole, Skeleton, Writer, Written } from './skeleton.ts';

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000A-\u001F\u007F]/;
const SHORT: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

export const writeToml: Writer = (skeleton) => {
  const { text } = skeleton;
  const answers: Answers = new Map();
  let offset = 0;
  while (offset < text.length) {
    const start = offset;
    const quote = text[offset]!;
    if (quote === '#') {
      offset = lineEnd(text, start);
      answer(skeleton, answers, start, offset, (hole) => intoTomlComment(hole));
    } else if (quote === '"' || quote === "'") {
      const isMultiLine = text.startsWith(quote.repeat(3), start);
      const contentStart = start + (isMultiLine ? 3 : 1);
      const end = isMultiLine ? multiLineEnd(text, contentStart, quote) : oneLineEnd(text, contentStart, quote);
      if (quote === '"') {
        answerBasic(skeleton, answers, contentStart, end);
      } else {
        answerLiteral(skeleton, answers, contentStart, end, isMultiLine);
      }
      offset = end + (isMultiLine ? 3 : 1);
    } else {
      offset += 1;
      answer(skeleton, answers, start, offset, (hole) => intoBarePlace(text, hole));
    }
  }
  return answers;
};

/** The offset of the closing quote, or of the line's end where it is missing. */
function oneLineEnd(text: string, start: number, quote: string): number {
  let offset = start;
  while (offset < text.length && text[offset] !== quote && text[offset] !== '\n') {
    offset += quote === '"' && text[offset] === '\\' ? 2 : 1;
  }
  return Math.min(offset, text.length);
}

/** The offset of the three closing quotes; up to two more quotes before them belong to the content. */
function multiLineEnd(text: string, start: number, quote: string): number {
  let offset = start;
  while (offset < text.length && !text.startsWith(quote.repeat(3), offset)) {
    offset += quote === '"' && text[offset] === '\\' ? 2 : 1;
  }
  for (let more = 0; more < 2 && text[offset + 3] === quote; more += 1) {
    offset += 1;
  }
  return Math.min(offset, text.length);
}

const UNFINISHED_ESCAPE = /\\(?:u[0-9A-Fa-f\uDC00]{0,3}|U[0-9A-Fa-f\uDC00]{0,7}|x[0-9A-Fa-f\uDC00]?)?$/;

function answerBasic(skeleton: Skeleton, answers: Answers, start: number, end: number): void {
  answer(skeleton, answers, start, end, (hole) =>
    isInsideEscape(skeleton.text, start, hole.offset, UNFINISHED_ESCAPE)
      ? refuse(IN_ESCAPE)
      : write(escaped(hole.value)),
  );
}

/**
 * The content of a basic string. A blank at either edge is escaped: a backslash at the end of a line before it would
 * swallow it.
 */
function escaped(value: string): string {
  return value
    .replace(/["\\]/g, (character) => SHORT[character]!)
    .replace(new RegExp(`${CONTROL.source}|\t`, 'g'), (character) => SHORT[character] ?? unicodeEscape(character))
    .replace(/^ | $/g, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

function answerLiteral(skeleton: Skeleton, answers: Answers, start: number, end: number, isMultiLine: boolean): void {
  const content = filled(skeleton, start, end);
  const isClosedEarly = isMultiLine && (content.includes("'''") || content.startsWith("'") || content.endsWith("'"));
  answer(skeleton, answers, start, end, (hole) => {
    const { value } = hole;
    if (!isMultiLine && value.includes("'")) {
      return refuse('the value has a \', which is not allowed in a literal string; use "…" around the placeholder');
    }
    if (isClosedEarly && value.includes("'")) {
      return refuse('the value\'s \' would end the literal string; use """…""" around the placeholder');
    }
    if (CONTROL.test(isMultiLine ? value.replaceAll('\n', () => '') : value)) {
      return refuse(
        'the value has a control character or line break, which is not allowed in a literal string; use "…"',
      );
    }
    if (isMultiLine && hole.offset === start && (value === '' || value.startsWith('\n'))) {
      return refuse('a line break right after the opening quotes is dropped; use "…" around the placeholder');
    }
    return write(value);
  });
}

function intoTomlComment(hole: Hole): Written {
  return CONTROL.test(hole.value)
    ? refuse('the value has a control character or line break, which is not allowed in a comment')
    : write(hole.value);
}

function intoBarePlace(text: string, hole: Hole): Written {
  let first = hole.offset - 1;
  while (/[ \t]/.test(text[first] ?? '')) {
    first -= 1;
  }
  let last = hole.offset + 1;
  while (/[ \t\r]/.test(text[last] ?? '')) {
    last += 1;
  }
  const before = text[first] ?? '\n';
  const after = text[last] ?? '\n';
  const isWhole = '\n=[,{'.includes(before) && '\n]},#='.includes(after);
  return isWhole
    ? write(`"${escaped(hole.value)}"`)
    : refuse('a value next to other text needs quotes; put quotes around all of it');
}
