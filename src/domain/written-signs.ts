/** With what bytes something may begin that stands for other ones (written-units.ts): the quick questions, asked of all of a text. */
const PERCENT = 0x25;
const AMPERSAND = 0x26;
const QUOTE = 0x27;
const DOUBLE = 0x22;
const PLUS = 0x2b;
const BACKSLASH = 0x5c;
const CR = 0x0d;
const LF = 0x0a;
const BLANK = 0x20;

/** Bytes with which something may begin that stands for another byte. */
export const STARTERS = bytesOf('%&\'"+\\\r\n');

/** Behind a backslash: `\n` and the others, of C, JSON and shells. */
export const LETTERS = new Map<number, number>(
  Object.entries({ n: 10, r: 13, t: 9, b: 8, f: 12, v: 11, a: 7, e: 27, E: 27 }).map(([letter, byte]) => [
    letter.charCodeAt(0),
    byte,
  ]),
);

/** Those with which something may begin that stands for the first byte of a value. */
export const SIGNS = [PERCENT, BACKSLASH, AMPERSAND, QUOTE, DOUBLE, PLUS, CR];
const SECOND: Readonly<Record<number, Uint8Array>> = {
  [PERCENT]: bytesOf('0123456789abcdefABCDEFuU'),
  [BACKSLASH]: bytesOf('uUx01234567\\%&'),
  [AMPERSAND]: bytesOf('#alqgn'),
};

/** Whether two bytes may be the beginning of what stands for one of these bytes: the quick question, answered yes in doubt. */
export function mayStandFor(first: number, second: number, bytes: ReadonlySet<number>): boolean {
  if (first === PLUS) return bytes.has(BLANK);
  if (first === CR) return bytes.has(LF) && (second === LF || second === CR);
  if (first === QUOTE || first === DOUBLE) return bytes.has(first);
  if (SECOND[first]![second] === 1) return true;
  return first === BACKSLASH && bytes.has(LETTERS.get(second) ?? second);
}

/** A table of bytes. */
export function bytesOf(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(text)) table[byte] = 1;
  return table;
}
