/**
 * Text that others wrote (a path, a note, a server's answer, a program's output) may hold characters that move the
 * cursor, turn the reading direction or can't be seen. They are shown escaped wherever knox prints such text; every
 * other character of Unicode is left as it is.
 */

/**
 * Controls, what is not drawn (zero-width characters, all that turn the direction, tags, fillers), line and paragraph
 * separators, and halves of a surrogate pair. U+FE0E and U+FE0F only choose how the sign before them is drawn: kept.
 */
const UNSEEN = /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu;
const UNSEEN_IN_LINES =
  /(?![\ufe0e\ufe0f\n\t])[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** `text` on one line: a newline becomes the two characters `\n`, ESC `\x1b`, U+202E `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** The same, but newline and tab are kept. */
export function printableLines(text: string): string {
  return text.replace(UNSEEN_IN_LINES, escaped);
}

/** Several lines, such as of what a program has printed, where only one has room. */
export function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Whether `printable` would change anything. */
export function isPrintable(text: string): boolean {
  return text.search(UNSEEN) === -1;
}

function escaped(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
