/** Whether a pattern stands in text around a place where a part of it was seen. */
import type { Pattern } from './patterns.ts';

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const TAB = 0x09;

/** How much more of the text than its own length a pattern with slack may cover. */
export function longestSpan({ bytes, slack }: Pattern): number {
  return slack === 'none' ? bytes.length : bytes.length + slackOf(bytes.length);
}

function slackOf(length: number): number {
  return length + 1024;
}

/**
 * @param at where byte `offset` of the pattern was seen, or a line break before it
 * @param length bytes of the text that count
 * @returns where it begins, and in `end` where it ends; -1 where it does not stand there
 */
export class Matcher {
  end = 0;

  startOf(pattern: Pattern, text: Uint8Array, length: number, at: number, offset: number): number {
    const { bytes, slack } = pattern;
    if (slack === 'none') {
      const start = at - offset;
      this.end = start + bytes.length;
      if (start < 0 || this.end > length) return -1;
      for (let index = 0; index < bytes.length; index += 1) if (text[start + index] !== bytes[index]) return -1;
      return start;
    }
    const isWrapping = slack === 'wrapping';
    let left = slackOf(bytes.length);
    let place = at;
    for (let index = offset; index < bytes.length; index += 1) {
      const before = place;
      if (isWrapping) place = skipBreak(text, length, place);
      else if (bytes[index] === LF) {
        place = skipBreak(text, length, place);
        left -= place - before;
        if (place === before || left < 0) return -1;
        continue;
      }
      left -= place - before;
      if (left < 0 || place >= length || text[place] !== bytes[index]) return -1;
      place += 1;
    }
    this.end = place;
    place = isWrapping && text[at] === LF && text[at - 1] === CR ? at - 1 : at;
    for (let index = offset - 1; index >= 0; index -= 1) {
      const before = place;
      if (isWrapping) place = skipBreakBack(text, place);
      else if (bytes[index] === LF) {
        place = skipBreakBack(text, place);
        left -= before - place;
        if (place === before || left < 0) return -1;
        continue;
      }
      left -= before - place;
      place -= 1;
      if (left < 0 || place < 0 || text[place] !== bytes[index]) return -1;
    }
    return place;
  }
}

/** Behind one line end and the blanks after it, or the same place where there is none. */
function skipBreak(text: Uint8Array, length: number, at: number): number {
  let place = at;
  if (place < length && text[place] === CR) place += 1;
  if (place >= length || text[place] !== LF) return at;
  place += 1;
  while (place < length && (text[place] === BLANK || text[place] === TAB)) place += 1;
  return place;
}

function skipBreakBack(text: Uint8Array, at: number): number {
  let place = at;
  while (place > 0 && (text[place - 1] === BLANK || text[place - 1] === TAB)) place -= 1;
  if (place === 0 || text[place - 1] !== LF) return at;
  place -= 1;
  return place > 0 && text[place - 1] === CR ? place - 1 : place;
}
