/** The readings of one place in a text, and what an encoder's rules (written-units.ts) need to find them. */

/** Nothing was cut off; or what was may stand for any byte. Between them: for this byte alone. */
export const COMPLETE = -1;
export const ANY_BYTE = 256;

const HEX = hexTable();

/**
 * The likeliest reading comes first. One object is filled again and again: a reading is taken out of it before the next question.
 */
export class Readings {
  /** How many readings there are. */
  count = 0;
  /** By reading: where the text goes on, how many bytes it stands for (1 to 8), these bytes, and how they were written. */
  readonly next: number[] = [];
  readonly length: number[] = [];
  readonly bytes: number[][] = [];
  readonly written: number[] = [];
  /** What the text's end cut off: COMPLETE, ANY_BYTE, or the byte that it would stand for. */
  cut = COMPLETE;
  protected text: Uint8Array = new Uint8Array();
  protected end = 0;

  protected add(byte: number, next: number, written: number): void {
    const index = this.count;
    const bytes = (this.bytes[index] ??= []);
    bytes[0] = byte;
    this.length[index] = 1;
    this.next[index] = next;
    this.written[index] = written;
    this.count += 1;
  }

  /** A character, as UTF-8. */
  protected addCharacter(code: number, next: number, written: number): void {
    this.add(code, next, written);
    if (code < 0x80) return;
    const bytes = this.bytes[this.count - 1]!;
    const length = code < 0x8_00 ? 2 : code < 0x1_00_00 ? 3 : 4;
    this.length[this.count - 1] = length;
    let rest = code;
    for (let index = length - 1; index > 0; index -= 1, rest >>>= 6) bytes[index] = 0x80 | (rest & 0x3f);
    bytes[0] = ((0xf_00 >> length) & 0xff) | rest;
  }

  /** A byte, which older encoders write for the character of that number as well. */
  protected addByte(byte: number, next: number, written: number): void {
    this.add(byte, next, written);
    if (byte >= 0x80) this.addCharacter(byte, next, written);
  }

  /** The number that so many hexadecimal digits are; -1 where there are not so many. */
  protected hex(at: number, digits: number): number {
    let number = 0;
    for (let index = at; index < at + digits; index += 1) {
      if (index >= this.end) {
        this.cut = ANY_BYTE;
        return -1;
      }
      const digit = HEX[this.text[index]!]!;
      if (digit === 255) return -1;
      number = number * 16 + digit;
    }
    return number;
  }

  protected isAt(at: number, byte: number): boolean {
    if (at < this.end) return this.text[at] === byte;
    return false;
  }

  protected startsWith(at: number, word: string): boolean {
    for (let index = 0; index < word.length; index += 1) {
      if (at + index >= this.end) {
        this.cut = ANY_BYTE;
        return false;
      }
      if (this.text[at + index] !== word.charCodeAt(index)) return false;
    }
    return true;
  }

  protected cutFor(byte: number): void {
    if (this.cut === COMPLETE) this.cut = byte;
  }
}

/** The digit, or 255. */
export function digitOf(byte: number): number {
  return HEX[byte]!;
}

/** The digit, or 255. */
function hexTable(): Uint8Array {
  const table = new Uint8Array(256).fill(255);
  for (let digit = 0; digit < 16; digit += 1) {
    const letter = digit.toString(16);
    table[letter.charCodeAt(0)] = digit;
    table[letter.toUpperCase().charCodeAt(0)] = digit;
  }
  return table;
}
