/**
 * How wide text is on a terminal, and cutting and wrapping by that width. Widths are columns: an East Asian wide character
 * or an emoji takes two, a combining mark none. Everything here takes text without colour codes, except `displayWidth`,
 * which skips them.
 */
import { stripVTControlCharacters } from 'node:util';

/** Made on first use: it costs a tenth of a start, and most text is ASCII. */
let graphemes: Intl.Segmenter | null = null;

const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2fb}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;
const NO_WIDTH = /^[\p{Mark}\p{Control}\p{Format}]+$/u;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Columns of one grapheme cluster. */
function graphemeWidth(cluster: string): number {
  if (NO_WIDTH.test(cluster)) {
    return 0;
  }
  return WIDE.test(cluster) || cluster.includes('\ufe0f') ? 2 : 1;
}

/** The text's grapheme clusters, each with its columns. */
export function measured(text: string): { cluster: string; width: number }[] {
  if (PRINTABLE_ASCII.test(text)) {
    return Array.from(text, (cluster) => ({ cluster, width: 1 }));
  }
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(graphemes.segment(text), ({ segment }) => ({ cluster: segment, width: graphemeWidth(segment) }));
}

/** Columns that one line of text takes; colour codes count nothing. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  return PRINTABLE_ASCII.test(plain) ? plain.length : measured(plain).reduce((total, { width }) => total + width, 0);
}

/** The longest beginning of `text` that fits into `width` columns. */
export function takeColumns(text: string, width: number): string {
  let used = 0;
  let taken = '';
  for (const part of measured(text)) {
    used += part.width;
    if (used > width) {
      break;
    }
    taken += part.cluster;
  }
  return taken;
}

/** `text` itself where it fits into `width` columns, else its beginning and `ellipsis`. */
export function clip(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) {
    return text;
  }
  return takeColumns(text, Math.max(0, width - displayWidth(ellipsis))) + takeColumns(ellipsis, width);
}

/** Pads with blanks on the right to `width` columns; longer text stays as it is. */
export function padColumns(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Breaks `text` at blanks into lines of at most `width` columns; a word longer than that is cut. Never empty. */
export function wrapText(text: string, width: number): string[] {
  const limit = Math.max(1, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= limit) {
      line = joined;
      continue;
    }
    if (line !== '') {
      lines.push(line);
    }
    line = word;
    while (displayWidth(line) > limit) {
      // A character wider than the limit still has to go somewhere.
      const head = takeColumns(line, limit) || measured(line)[0]!.cluster;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  if (line !== '' || lines.length === 0) {
    lines.push(line);
  }
  return lines;
}
