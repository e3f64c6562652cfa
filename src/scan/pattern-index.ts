/** Finds patterns in a buffer of text. */
import { chainOf, hasBit, hashOf, makeAnchors, otherHash, WORD_BYTES } from './anchors.ts';
import type { Anchors } from './anchors.ts';
import { longestSpan, Matcher } from './match.ts';
import type { Pattern } from './patterns.ts';

/** A pattern in the text. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly pattern: Pattern;
}

/** Bytes that must be there behind the text, whatever they hold: the loops look at several places together. */
export const PADDING = 256;

export class PatternIndex {
  /** The most bytes of the text that a pattern may cover. */
  readonly longest: number;
  readonly #patterns: readonly Pattern[];
  readonly #groups: readonly Anchors[];
  readonly #matcher = new Matcher();

  constructor(all: readonly Pattern[]) {
    const patterns = all.filter(({ slack }) => slack !== 'written');
    this.#patterns = patterns;
    this.#groups = makeAnchors(patterns);
    this.longest = patterns.reduce((longest, pattern) => Math.max(longest, longestSpan(pattern)), 0);
  }

  /**
   * @param words the same memory as `text`, with PADDING behind its `length`
   * @returns in no order; a pattern that is met twice at one place may come twice
   */
  find(text: Uint8Array, words: Int32Array, length: number): Found[] {
    const found: Found[] = [];
    const end = Math.ceil(length / WORD_BYTES);
    for (const anchors of this.#groups) {
      lookAt(anchors, words, end, (at) => this.#verify(anchors, text, words, length, at, found));
    }
    return found;
  }

  /** @param at the word at which a window may stand */
  #verify(anchors: Anchors, text: Uint8Array, words: Int32Array, length: number, at: number, found: Found[]): void {
    const hash = hashOf(words[at]!, words[at + 1]! & anchors.mask);
    if (!hasBit(anchors.moreBits, otherHash(hash), anchors.shift)) return;
    for (let entry = anchors.first[chainOf(anchors, hash)]!; entry !== 0; entry = anchors.next[entry]!) {
      if (anchors.hash[entry] !== hash) continue;
      const pattern = this.#patterns[anchors.pattern[entry]!]!;
      const start = this.#matcher.startOf(pattern, text, length, at * WORD_BYTES, anchors.offset[entry]!);
      if (start !== -1) found.push({ start, end: this.#matcher.end, pattern });
    }
  }
}

/** Four looks together, since a branch for each would cost more than the look. */
function lookAt(
  { bits, shift, stride, mask }: Anchors,
  words: Int32Array,
  end: number,
  look: (at: number) => void,
): void {
  const step = stride / WORD_BYTES;
  for (let at = 0; at < end; at += 4 * step) {
    const bit0 = hashOf(words[at]!, words[at + 1]! & mask) >>> shift;
    const bit1 = hashOf(words[at + step]!, words[at + step + 1]! & mask) >>> shift;
    const bit2 = hashOf(words[at + 2 * step]!, words[at + 2 * step + 1]! & mask) >>> shift;
    const bit3 = hashOf(words[at + 3 * step]!, words[at + 3 * step + 1]! & mask) >>> shift;
    const one = (bits[bit0 >>> 5]! >>> (bit0 & 31)) & 1;
    const two = (bits[bit1 >>> 5]! >>> (bit1 & 31)) & 1;
    const three = (bits[bit2 >>> 5]! >>> (bit2 & 31)) & 1;
    const four = (bits[bit3 >>> 5]! >>> (bit3 & 31)) & 1;
    if ((one | two | three | four) === 0) continue;
    if (one !== 0) look(at);
    if (two !== 0) look(at + step);
    if (three !== 0) look(at + 2 * step);
    if (four !== 0) look(at + 3 * step);
  }
}
