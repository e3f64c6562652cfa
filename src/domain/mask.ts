/**
 * Replaces secrets in text: what a command printed, held whole in memory or part by part as it comes. Every value of 8 bytes or
 * more becomes `[knox:NAME]`, also each part of it that is a secret by itself (value-parts.ts), and all of them also in base64 (at each
 * alignment) and base64url, in whatever way an encoder wrote them (written-units.ts). Where values overlap, all their bytes go: the
 * bytes that any of them covers are found first, then replaced, so that no order of replacing leaves a rest of one behind.
 */
import type { Plaintext } from './plaintext.ts';
import { reveal } from './plaintext.ts';
import { base64Cores } from './value-forms.ts';
import { ValueIndex } from './value-index.ts';
import { SHORTEST_BEFORE_BREAK } from './value-match.ts';
import type { Indexed } from './value-match.ts';
import { SHORTEST_PART, valueParts } from './value-parts.ts';
import type { ValuePart } from './value-parts.ts';

export interface MaskedSecret {
  name: string;
  value: Plaintext;
}

/** What is shorter is not a secret that could be looked for: it would hit ordinary text. */
export const SHORTEST_MASKED = SHORTEST_PART;

const LF = 0x0a;
const TAB = 0x09;
const BLANK = 0x20;

interface Form extends Indexed {
  readonly name: string;
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

/** All forms of all secrets. */
export class FormIndex {
  readonly isEmpty: boolean;
  readonly #index: ValueIndex<Form>;
  readonly #afterBreak: ValueIndex<Form>;

  /** @param partsOf what of a value is masked */
  constructor(secrets: readonly MaskedSecret[], partsOf: (value: Uint8Array) => ValuePart[] = valueParts) {
    const forms = new Map<string, Form>();
    for (const { name, value } of secrets) {
      for (const form of partsOf(reveal(value)).flatMap(({ bytes }) => formsOf(bytes))) {
        const key = form.bytes.toString('latin1');
        if (!forms.has(key)) forms.set(key, { ...form, name });
      }
    }
    this.isEmpty = forms.size === 0;
    this.#index = new ValueIndex([...forms.values()]);
    this.#afterBreak = new ValueIndex(restsOf([...forms.values()]));
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
    const { matches, decided: limit } = this.#matches(text, isLast);
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

  /**
   * In their order; one that lies wholly in those before it is left out.
   * @returns `decided`: up to where no value can begin that ends beyond the text, and never in the middle of what is covered
   */
  #matches(text: Buffer, isLast: boolean): { matches: Match[]; decided: number } {
    const found: Match[] = [];
    const { length } = text;
    const index = this.#index;
    let decided = length;
    /** @returns whether it is decided what stands there */
    const look = (at: number, from: ValueIndex<Form>): boolean => {
      const standing = from.at(text, at, length);
      if (from.isCut && !isLast) {
        decided = Math.min(decided, at);
        return false;
      }
      if (standing !== null) found.push({ start: at, end: standing.end, name: standing.value.name });
      return true;
    };
    for (let at = index.next(text, 0, length, length); at < length; at = index.next(text, at + 1, length, length))
      if (!look(at, index)) break;
    for (const at of lineStarts(text)) if (at >= decided || !look(at, this.#afterBreak)) break;
    const matches: Match[] = [];
    let done = 0;
    for (const match of found.toSorted((left, right) => left.start - right.start || right.end - left.end)) {
      if (match.end <= done) continue;
      matches.push(match);
      done = match.end;
    }
    for (const { start, end } of matches.toReversed()) if (start < decided && decided < end) decided = start;
    return { matches, decided };
  }
}

/** Where something begins on its line, the blanks before it left out; in a part of a text its beginning as well. */
function* lineStarts(text: Buffer): Generator<number> {
  for (let at = 0; at < text.length;) {
    let start = at;
    while (text[start] === BLANK || text[start] === TAB) start += 1;
    if (start < text.length) yield start;
    const end = text.indexOf(LF, start);
    if (end === -1) return;
    at = end + 1;
  }
}

/** What is left of a value in lines after a break behind its first bytes, for which nobody has waited. */
function restsOf(forms: readonly Form[]): Form[] {
  const rests = new Map<string, Form>();
  for (const { bytes, isWrapping, name } of forms.filter((form) => form.isWrapping)) {
    for (let cut = 1; cut < SHORTEST_BEFORE_BREAK; cut += 1) {
      const rest = bytes.subarray(cut);
      const key = rest.toString('latin1');
      if (rest.length >= SHORTEST_MASKED && !rests.has(key)) rests.set(key, { bytes: rest, isWrapping, name });
    }
  }
  return [...rests.values()];
}

function formsOf(bytes: Buffer): Indexed[] {
  return [{ bytes, isWrapping: false }, ...lineVariants(bytes), ...base64Forms(bytes)];
}

/** A CR before a line feed is passed over in the text, so that it is left out here. */
function lineVariants(bytes: Buffer): Indexed[] {
  const unix = Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return unix.length === bytes.length || unix.length < SHORTEST_MASKED ? [] : [{ bytes: unix, isWrapping: false }];
}

/** The value in base64 as it stands alone, with its padding or without it, and what of it stands in something longer. */
function base64Forms(bytes: Buffer): Indexed[] {
  const alone = bytes.toString('base64');
  return [
    ...[alone, alone.replaceAll('+', '-').replaceAll('/', '_')]
      .flatMap((text) => [text, text.replace(/=+$/, '')])
      .map((text) => Buffer.from(text, 'latin1')),
    ...base64Cores(bytes).map((core) => core.bytes),
  ].map((form) => ({ bytes: form, isWrapping: true }));
}
