/**
 * Replaces secrets in text: what a command printed, held whole in memory or part by part as it comes. Every value of 8 bytes or
 * more becomes `[knox:NAME]`, also each of its lines of 8 bytes or more, and both also in base64 (at each alignment),
 * base64url, URL-encoded and JSON-escaped form. Where values overlap, all their bytes go: the bytes that any of them
 * covers are found first, then replaced, so that no order of replacing leaves a rest of one behind.
 */
import type { Plaintext } from './plaintext.ts';
import { reveal } from './plaintext.ts';
import { base64Cores, jsonForms, urlForms } from './value-forms.ts';

export interface MaskedSecret {
  name: string;
  value: Plaintext;
}

/** What is shorter is no secret that could be looked for: it would hit ordinary text. */
export const SHORTEST_MASKED = 8;

/** Bytes of a form that the index is keyed by: the most that one exact JavaScript integer holds. */
const KEY_BYTES = 6;

interface Form {
  bytes: Buffer;
  name: string;
}

/**
 * `text` with every known form of the secrets replaced; of the same type as it was given. Bytes outside them are kept as
 * they are, valid UTF-8 or not. A name is put in as it stands, and text put in is not searched again.
 */
export function maskText(text: string, secrets: readonly MaskedSecret[]): string;
export function maskText(text: Uint8Array, secrets: readonly MaskedSecret[]): Uint8Array;
export function maskText(text: string | Uint8Array, secrets: readonly MaskedSecret[]): string | Uint8Array {
  const index = new FormIndex(secrets);
  if (index.isEmpty) return text;
  if (typeof text !== 'string') return index.mask(Buffer.from(text.buffer, text.byteOffset, text.byteLength));
  return index.mask(Buffer.from(text, 'utf8')).toString('utf8');
}

/** A place in text that a form covers. */
interface Match {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** All forms of all secrets by their first bytes, the longest first. */
export class FormIndex {
  readonly isEmpty: boolean;
  readonly #byKey = new Map<number, Form[]>();
  /** Whether a form begins with these two bytes: the cheap question that nearly every position ends with. */
  readonly #starts = new Uint8Array(65_536);
  readonly #all: Form[] = [];
  #longest = 0;

  constructor(secrets: readonly MaskedSecret[]) {
    const names = new Map<string, string>();
    for (const { name, value } of secrets) {
      for (const form of formsOf(reveal(value))) {
        const key = form.toString('latin1');
        if (!names.has(key)) names.set(key, name);
      }
    }
    this.isEmpty = names.size === 0;
    for (const [text, name] of names) {
      const bytes = Buffer.from(text, 'latin1');
      this.#all.push({ bytes, name });
      this.#longest = Math.max(this.#longest, bytes.length);
      const key = bytes.readUIntBE(0, KEY_BYTES);
      const forms = this.#byKey.get(key);
      if (forms === undefined) this.#byKey.set(key, [{ bytes, name }]);
      else forms.push({ bytes, name });
      this.#starts[bytes.readUInt16BE(0)] = 1;
    }
    for (const forms of this.#byKey.values()) forms.sort((a, b) => b.bytes.length - a.bytes.length);
  }

  mask(text: Buffer): Buffer {
    return this.maskPart(text, true).output;
  }

  /**
   * Masks what is decided of text that goes on.
   * @param isLast nothing follows: all of it is decided
   * @returns `rest`, what may be the beginning of a value and has to come again, in front of what follows; `count` of what was masked
   */
  maskPart(text: Buffer, isLast: boolean): { output: Buffer; rest: Buffer; count: number } {
    const matches = this.#matches(text);
    const limit = isLast ? text.length : this.#decided(text, matches);
    const parts: Buffer[] = [];
    let done = 0;
    let shown = '';
    let count = 0;
    for (const { start, end, name } of matches) {
      if (start >= limit) break;
      // A value that overlaps itself ("aaaaaaaa" in twelve of them) is named once, two different ones are both named.
      if (start >= done || name !== shown) {
        if (start > done) parts.push(text.subarray(done, start));
        parts.push(Buffer.from(`[knox:${name}]`, 'utf8'));
        count += 1;
      }
      shown = name;
      done = end;
    }
    if (limit > done) parts.push(text.subarray(done, limit));
    return { output: Buffer.concat(parts), rest: Buffer.from(text.subarray(limit)), count };
  }

  /** In their order; one that lies wholly in those before it is left out. */
  #matches(text: Buffer): Match[] {
    const matches: Match[] = [];
    let done = 0;
    for (let at = 0; at + SHORTEST_MASKED <= text.length; at++) {
      const form = this.#longestAt(text, at);
      if (form === null) continue;
      const end = at + form.bytes.length;
      if (end <= done) continue;
      matches.push({ start: at, end, name: form.name });
      done = end;
    }
    return matches;
  }

  /** Up to where no value can begin that ends beyond the text, and never in the middle of what is covered. */
  #decided(text: Buffer, matches: readonly Match[]): number {
    let limit = text.length;
    for (let at = Math.max(0, text.length - this.#longest + 1); at < text.length; at++) {
      if (!this.#canBegin(text, at)) continue;
      limit = at;
      break;
    }
    for (const { start, end } of matches.toReversed()) if (start < limit && limit < end) limit = start;
    return limit;
  }

  /** Whether the text from here to its end is the beginning of a form. */
  #canBegin(text: Buffer, at: number): boolean {
    const length = text.length - at;
    if (length >= 2 && this.#starts[(text[at]! << 8) | text[at + 1]!] === 0) return false;
    const candidates = length >= KEY_BYTES ? (this.#byKey.get(text.readUIntBE(at, KEY_BYTES)) ?? []) : this.#all;
    return candidates.some(({ bytes }) => bytes.length > length && text.compare(bytes, 0, length, at) === 0);
  }

  #longestAt(text: Buffer, at: number): Form | null {
    if (this.#starts[(text[at]! << 8) | text[at + 1]!] === 0) return null;
    const forms = this.#byKey.get(text.readUIntBE(at, KEY_BYTES));
    if (forms === undefined) return null;
    const found = forms.find(({ bytes }) => {
      const end = at + bytes.length;
      return end <= text.length && text.compare(bytes, 0, bytes.length, at, end) === 0;
    });
    return found ?? null;
  }
}

function formsOf(value: Uint8Array): Buffer[] {
  if (value.length < SHORTEST_MASKED) return [];
  const whole = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const long = [whole, ...linesOf(whole)].filter((bytes) => bytes.length >= SHORTEST_MASKED);
  return long.flatMap((bytes) => [bytes, ...base64Forms(bytes), ...textForms(bytes)]);
}

function linesOf(value: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  while (start < value.length) {
    const newline = value.indexOf(0x0a, start);
    const next = newline === -1 ? value.length : newline;
    const end = next > start && value[next - 1] === 0x0d ? next - 1 : next;
    lines.push(value.subarray(start, end));
    start = next + 1;
  }
  return lines;
}

/** The value in base64 as it stands alone, also in lines, as `base64` and `openssl` write what is long; and what of it stands in something longer. */
function base64Forms(bytes: Buffer): Buffer[] {
  const alone = bytes.toString('base64');
  const texts = [alone, ...[76, 64].filter((width) => alone.length > width).map((width) => inLines(alone, width))];
  return [
    ...texts
      .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
      .flatMap((text) => [text, text.replace(/=+$/, '')])
      .map((text) => Buffer.from(text, 'latin1')),
    ...base64Cores(bytes).map((core) => core.bytes),
  ];
}

function inLines(text: string, width: number): string {
  return (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\n');
}

/** URL-encoded, and JSON-escaped where it is text. */
function textForms(bytes: Buffer): Buffer[] {
  const text = bytes.toString('utf8');
  const json = Buffer.from(text, 'utf8').equals(bytes) ? jsonForms(text) : [];
  return [...urlForms(bytes), ...json].map((form) => Buffer.from(form, 'utf8'));
}
