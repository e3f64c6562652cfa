/**
 * Finds values of which characters were written otherwise: `%2F`, `\\u002f`, `&#47;` and what else written-units.ts knows. Only the
 * neighbourhood of such a sign is looked at, and only where it stands for a byte that some value has.
 */
import { ValueIndex } from '../domain/value-index.ts';
import type { Indexed } from '../domain/value-match.ts';
import type { FormName } from '../domain/value-forms.ts';
import { COMPLETE } from '../domain/readings.ts';
import { Units, WRITTEN } from '../domain/written-units.ts';
import type { Found } from './pattern-index.ts';
import type { Pattern } from './patterns.ts';
import { isPart } from '../domain/value-parts.ts';

/** For one byte of a value, the most of the text: a backslash and its four digits, escaped twice over. */
const MOST_WIDTH = 9;
/** What breaks in base64 may add. */
const LINE_BREAKS = 256;
const SIGNS = [0x5c, 0x25, 0x26];
/** How a shell without backslashes writes a quote. */
const QUOTES = Buffer.from(`'"'`);
const QUOTE = 0x27;

interface Sought extends Indexed {
  readonly pattern: Pattern;
}

export class WrittenSearch {
  /** The most bytes of the text that a value may cover. */
  readonly longest: number;
  readonly #index: ValueIndex<Sought>;
  /** How far before a sign the value may begin. */
  readonly #back: number;
  /** Bytes that stand in values. */
  readonly #has = new Uint8Array(256);
  readonly #units = new Units();

  constructor(patterns: readonly Pattern[]) {
    const sought = patterns.filter(isWritten).map((pattern): Sought => {
      const isWrapping = pattern.slack === 'wrapping';
      return { bytes: pattern.bytes, isWrapping, pattern };
    });
    this.#index = new ValueIndex(sought);
    const longest = sought.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
    this.longest = longest * MOST_WIDTH;
    this.#back = longest + LINE_BREAKS;
    for (const { bytes } of sought) for (const byte of bytes) this.#has[byte] = 1;
  }

  /** @param length bytes of the text that count @returns in no order */
  find(text: Buffer, length: number): Found[] {
    const found: Found[] = [];
    if (this.longest === 0) return found;
    const whole = text.subarray(0, length);
    const signs = new Signs(whole, this.#has[QUOTE] === 1);
    let done = 0;
    for (let sign = signs.next(); sign !== -1; sign = signs.next()) {
      if (!this.#stands(whole, sign)) continue;
      this.#look(whole, Math.max(done, sign - this.#back), sign + 1, found);
      done = sign + 1;
    }
    return found;
  }

  /** Whether it may stand for a byte of a value. */
  #stands(text: Buffer, sign: number): boolean {
    if (text[sign] === QUOTE) return true;
    const units = this.#units;
    units.read(text, sign, text.length);
    if (units.cut !== COMPLETE) return true;
    for (let reading = 0; reading < units.count; reading += 1)
      if (units.written[reading] !== 0 && this.#has[units.bytes[reading]![0]!] === 1) return true;
    return false;
  }

  #look(text: Buffer, from: number, to: number, found: Found[]): void {
    const { length } = text;
    const index = this.#index;
    for (let at = index.next(text, from, to, length); at < to; at = index.next(text, at + 1, to, length)) {
      const standing = index.at(text, at, length);
      if (standing === null || standing.written === 0) continue;
      const { value, end, written } = standing;
      found.push({ start: at, end, pattern: asWritten(value.pattern, written) });
    }
  }
}

/** Where something may be written otherwise, in order. */
class Signs {
  readonly #text: Buffer;
  readonly #sought: readonly (number | Buffer)[];
  /** By sign, where it comes next: -1 where it does not. */
  readonly #at: number[];
  #from = 0;

  constructor(text: Buffer, hasQuotes: boolean) {
    this.#text = text;
    this.#sought = hasQuotes ? [...SIGNS, QUOTES] : SIGNS;
    this.#at = this.#sought.map((sign) => text.indexOf(sign));
  }

  /** -1 at the end. */
  next(): number {
    let nearest = -1;
    for (let sign = 0; sign < this.#at.length; sign += 1) {
      let at = this.#at[sign]!;
      if (at !== -1 && at < this.#from) this.#at[sign] = at = this.#text.indexOf(this.#sought[sign]!, this.#from);
      if (at !== -1 && (nearest === -1 || at < nearest)) nearest = at;
    }
    this.#from = nearest + 1;
    return nearest;
  }
}

/** Those of which single characters may be written otherwise. */
function isWritten({ slack, owners }: Pattern): boolean {
  return slack === 'written' || slack === 'wrapping' || (slack === 'none' && owners.some(({ form }) => isText(form)));
}

function isText(form: FormName): boolean {
  return form === 'plain' || isPart(form);
}

function asWritten(pattern: Pattern, written: number): Pattern {
  const as = formOf(written);
  const owners = pattern.owners.map(({ owner, form }) => ({ owner, form: form === 'plain' ? as : form }));
  return { ...pattern, owners };
}

function formOf(written: number): FormName {
  for (const form of ['url', 'xml', 'shell', 'json', 'quoted'] as const)
    if ((written & WRITTEN[form]) !== 0) return form;
  return 'plain';
}
