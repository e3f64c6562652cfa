/**
 * What a stretch of text may stand for: a byte as it is, or what an encoder wrote in its place. `%XX` and `%uXXXX` of URLs, the escapes
 * behind a backslash of JSON, shells and programming languages, character references of XML and HTML, the quotes that a shell or a
 * quoted text spells in several, each also where one encoder's output went through another one. Which characters an encoder escapes
 * does not matter: what is decided here is only what a reader could take the text for.
 */
import { ANY_BYTE, COMPLETE, digitOf, Readings } from './readings.ts';
import { bytesOf, LETTERS } from './written-signs.ts';

/** How it was written, as bits: none for a byte as it is. */
export const WRITTEN = { url: 1, json: 2, xml: 4, shell: 8, quoted: 16 } as const;

const PERCENT = 0x25;
const AMPERSAND = 0x26;
const QUOTE = 0x27;
const DOUBLE = 0x22;
const PLUS = 0x2b;
const HASH = 0x23;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SEMICOLON = 0x3b;
const CR = 0x0d;
const LF = 0x0a;
const BLANK = 0x20;

/** Of encoders one on top of the other: JSON six times over writes 63 backslashes before a quote. */
const MOST_BACKSLASHES = 64;
const MOST_LAYERS = 8;
const MOST_QUOTES = 8;
const LONGEST_REFERENCE = 12;

const IS_WORD = wordTable();
const NAMED: readonly (readonly [string, number])[] = [
  ['lt;', 0x3c],
  ['gt;', 0x3e],
  ['quot;', DOUBLE],
  ['apos;', QUOTE],
  ['nbsp;', 0xa0],
];
const AMP = 'amp;';
/** The readings of one place. */
export class Units extends Readings {
  /** Where each backslash of a run ends. */
  readonly #ends: number[] = [];

  /** @param at below `end`, where the text ends */
  read(text: Uint8Array, at: number, end: number): void {
    this.count = 0;
    this.cut = COMPLETE;
    this.text = text;
    this.end = end;
    const first = text[at]!;
    if (first === PERCENT) this.#percent(at);
    else if (first === BACKSLASH) this.#backslash(at, 0);
    else if (first === AMPERSAND) this.#reference(at);
    else if (first === QUOTE) this.#quote(at);
    else if (first === CR) this.#lineEnd(at);
    if (first !== BACKSLASH) this.add(first, at + 1, 0);
    if (first === PLUS) this.add(BLANK, at + 1, WRITTEN.url);
    else if (first === QUOTE || first === DOUBLE) this.#doubled(first, at);
  }

  /** Whether it is a backslash that stands for one, or two for one, and so on. */
  isBackslash(reading: number): boolean {
    return this.bytes[reading]![0] === BACKSLASH && this.isAt(this.next[reading]! - 1, BACKSLASH);
  }

  /** `%2F`, and `%252F` of what was encoded twice; the deepest layer first. */
  #percent(at: number): void {
    const first = this.count;
    for (let layer = 0, digits = at + 1; layer < MOST_LAYERS; layer += 1, digits += 2) {
      const byte = this.hex(digits, 2);
      if (byte === -1) break;
      if (byte !== PERCENT) {
        if (byte === BACKSLASH) this.#backslash(at, WRITTEN.url);
        else this.addByte(byte, digits + 2, WRITTEN.url);
        return;
      }
      this.add(byte, digits + 2, WRITTEN.url);
    }
    this.next.splice(first, this.count - first, ...this.next.slice(first, this.count).toReversed());
    if (this.isAt(at + 1, 0x75)) this.#codeUnit(at + 2, at, WRITTEN.url);
  }

  /** Four digits of UTF-16; two such escapes where the character takes two. @param start of the escape, which the second one repeats */
  #codeUnit(digits: number, start: number, written: number): void {
    const high = this.hex(digits, 4);
    if (high === -1) return;
    if (high < 0xd8_00 || high > 0xdb_ff) {
      this.addCharacter(high, digits + 4, written);
      return;
    }
    // `\\ud83d\\udd11`: the second one is begun as the first one was.
    let next = digits + 4;
    for (let index = start; index < digits; index += 1, next += 1) {
      if (next >= this.end) {
        this.cut = ANY_BYTE;
        return;
      }
      if ((this.text[next]! | 0x20) !== (this.text[index]! | 0x20)) return;
    }
    const low = this.hex(next, 4);
    if (low >= 0xdc_00 && low <= 0xdf_ff)
      this.addCharacter(0x1_00_00 + ((high - 0xd8_00) << 10) + (low - 0xdc_00), next + 4, written);
  }

  /** One or more of them, as they are or as `%5C`. */
  #backslash(at: number, written: number): void {
    const ends = this.#ends;
    let run = 0;
    for (let next = this.#pastBackslash(at); run < MOST_BACKSLASHES && next !== -1; next = this.#pastBackslash(next))
      ends[run++] = next;
    const behind = ends[run - 1]!;
    if (behind >= this.end) this.cut = ANY_BYTE;
    else this.#escape(at, behind, this.text[behind]!);
    // A backslash itself: each encoder writes two for one.
    let width = 1;
    while (width * 2 <= run) width *= 2;
    for (; width >= 1; width /= 2) this.add(BACKSLASH, ends[width - 1]!, width > 1 ? written | WRITTEN.json : written);
  }

  /** -1 where there is none. */
  #pastBackslash(at: number): number {
    if (at >= this.end) return -1;
    if (this.text[at] === BACKSLASH) return at + 1;
    const next = this.text[at] === PERCENT ? this.#percentEnd(at) : -1;
    return next !== -1 && this.hex(next - 2, 2) === BACKSLASH ? next : -1;
  }

  /** Behind the digits of `%2F` or `%252F`; -1 where there are none. */
  #percentEnd(at: number): number {
    let digits = at + 1;
    for (let layer = 0; layer < MOST_LAYERS; layer += 1, digits += 2) {
      const byte = this.hex(digits, 2);
      if (byte === -1) return -1;
      if (byte !== PERCENT) return digits + 2;
    }
    return -1;
  }

  #escape(at: number, behind: number, letter: number): void {
    if (letter === 0x75) {
      if (this.isAt(behind + 1, OPEN_BRACE)) this.#braced(behind + 2);
      else this.#codeUnit(behind + 1, at, WRITTEN.json);
    } else if (letter === 0x55) {
      const code = this.hex(behind + 1, 8);
      if (code !== -1 && code <= 0x10_ff_ff) this.addCharacter(code, behind + 9, WRITTEN.json);
    } else if (letter === 0x78) {
      const byte = this.hex(behind + 1, 2);
      if (byte !== -1) this.addByte(byte, behind + 3, WRITTEN.json);
    } else if (letter >= 0x30 && letter <= 0x37) this.#octal(behind);
    else if (LETTERS.has(letter)) this.add(LETTERS.get(letter)!, behind + 1, WRITTEN.json);
    else if (letter === PERCENT && this.#percentEnd(behind) !== -1) this.#escapedPercent(this.#percentEnd(behind));
    else if (letter === AMPERSAND) this.#reference(behind);
    if (IS_WORD[letter] === 0) this.add(letter, behind + 1, letter === QUOTE ? WRITTEN.shell : WRITTEN.json);
  }

  /** The `%22` of `%5C%22`: JSON in a URL. */
  #escapedPercent(end: number): void {
    const byte = this.hex(end - 2, 2);
    if (byte !== -1 && IS_WORD[byte] === 0) this.add(byte, end, WRITTEN.url | WRITTEN.json);
  }

  /** `\u{1F511}` of JavaScript, PHP and Rust. */
  #braced(digits: number): void {
    let code = 0;
    for (let index = digits; index < digits + 7; index += 1) {
      if (index >= this.end) {
        this.cut = ANY_BYTE;
        return;
      }
      if (this.text[index] === CLOSE_BRACE && index > digits) {
        if (code <= 0x10_ff_ff) this.addCharacter(code, index + 1, WRITTEN.json);
        return;
      }
      const digit = digitOf(this.text[index]!);
      if (digit === 255) return;
      code = code * 16 + digit;
    }
  }

  /** `\303` of a shell or of git. */
  #octal(behind: number): void {
    let byte = 0;
    let index = behind;
    for (; index < behind + 3; index += 1) {
      if (index >= this.end) {
        this.cut = ANY_BYTE;
        break;
      }
      const digit = this.text[index]! - 0x30;
      if (digit < 0 || digit > 7) break;
      byte = byte * 8 + digit;
    }
    if (byte <= 255) this.addByte(byte, index, WRITTEN.shell);
  }

  /** `&#39;`, `&#x27;`, `&quot;`, and `&amp;#39;` of what was encoded twice. */
  #reference(at: number): void {
    let behind = at + 1;
    for (let layer = 0; layer < MOST_LAYERS && this.startsWith(behind, AMP); layer += 1) {
      behind += AMP.length;
      this.add(AMPERSAND, behind, WRITTEN.xml);
    }
    if (behind >= this.end) {
      this.cut = ANY_BYTE;
      return;
    }
    if (this.text[behind] === HASH) {
      this.#numbered(behind + 1);
      return;
    }
    for (const [name, code] of NAMED)
      if (this.startsWith(behind, name)) this.addCharacter(code, behind + name.length, WRITTEN.xml);
  }

  #numbered(from: number): void {
    const isHex = from < this.end && (this.text[from]! | 0x20) === 0x78;
    const base = isHex ? 16 : 10;
    let code = 0;
    const digits = isHex ? from + 1 : from;
    for (let index = digits; index < from + LONGEST_REFERENCE; index += 1) {
      if (index >= this.end) {
        this.cut = ANY_BYTE;
        return;
      }
      if (this.text[index] === SEMICOLON) {
        if (index > digits && code <= 0x10_ff_ff) this.addCharacter(code, index + 1, WRITTEN.xml);
        return;
      }
      const digit = digitOf(this.text[index]!);
      if (digit >= base) return;
      code = code * base + digit;
    }
  }

  /** A quote inside single quotes, as shells show it: `'\''`, `'"'"'`. */
  #quote(at: number): void {
    const behind = this.#pastBackslashes(at + 1);
    if (behind > at + 1) {
      if (behind >= this.end || (this.isAt(behind, QUOTE) && behind + 1 >= this.end)) this.cutFor(QUOTE);
      else if (this.isAt(behind, QUOTE) && this.isAt(behind + 1, QUOTE)) this.add(QUOTE, behind + 2, WRITTEN.shell);
    }
    if (behind >= this.end) this.cutFor(QUOTE);
    else if (this.text[behind] === DOUBLE) this.#inDoubleQuotes(behind + 1);
  }

  #inDoubleQuotes(from: number): void {
    let count = 0;
    let index = from;
    while (count < MOST_QUOTES && this.isAt(index, QUOTE)) {
      count += 1;
      index += 1;
    }
    if (index >= this.end) {
      this.cutFor(QUOTE);
      return;
    }
    index = this.#pastBackslashes(index);
    if (count === 0 || !(index >= this.end || this.text[index] === DOUBLE)) return;
    index = this.#pastBackslashes(index + 1);
    if (index >= this.end) this.cutFor(QUOTE);
    else if (this.text[index] === QUOTE) {
      this.add(QUOTE, index + 1, WRITTEN.shell);
      this.length[this.count - 1] = count;
      this.bytes[this.count - 1] = Array.from({ length: count }, () => QUOTE);
    }
  }

  #pastBackslashes(at: number): number {
    let index = at;
    while (index < at + MOST_BACKSLASHES && this.isAt(index, BACKSLASH)) index += 1;
    return index;
  }

  /** CSV, SQL and YAML write two quotes for one. */
  #doubled(quote: number, at: number): void {
    if (at + 1 >= this.end) this.cutFor(quote);
    else if (this.text[at + 1] === quote) this.add(quote, at + 2, WRITTEN.quoted);
  }

  /** A terminal shows a line feed as CR LF. */
  #lineEnd(at: number): void {
    let index = at + 1;
    while (index < at + 3 && this.isAt(index, CR)) index += 1;
    if (index >= this.end) this.cutFor(LF);
    else if (this.text[index] === LF) this.add(LF, index + 1, 0);
  }
}

/** Letters and digits. */
function wordTable(): Uint8Array {
  return bytesOf('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');
}
