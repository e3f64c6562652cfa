/**
 * Which parts of the patterns are looked for first. The text is looked at only at every `stride`-th byte: so that no pattern is missed,
 * each has `stride` windows of 4 or 8 bytes that follow one another, wherever in it they are rarest, or where no line break cuts them. A window is known by a hash; two
 * small bitmaps, which stay in the processor's cache, say of nearly every place that no window stands there.
 */
import { brokenWindows, countBrokenWindows } from './broken-windows.ts';
import { soughtInOnePiece } from './patterns.ts';
import type { Pattern } from './patterns.ts';

export const WORD_BYTES = 4;
/** In a long pattern the first places are choice enough. */
const PLACES_WEIGHED = 12;
/** Windows of a run that stand in other patterns too, or in ordinary text. */
const GOOD_ENOUGH = 1;
/** Bits of a bitmap for each window, and the most of all, as powers of two. */
const SPARSE = 4;
const MOST_BITS = 21;
/** With more windows than these the bitmaps, which are as big as they get, let more and more through. */
const MOST_SPARSE = 2 ** (MOST_BITS - SPARSE);

export interface Anchors {
  /** Bytes from one look at the text to the next: 4, 8 or 16. */
  readonly stride: number;
  /** A window is two words, of which the second is taken with this: all bits, or none where the first is all. */
  readonly mask: number;
  /** The bitmaps have 2^(32 - shift) bits. */
  readonly shift: number;
  readonly bits: Int32Array;
  readonly moreBits: Int32Array;
  /** By `chainOf` its hash, the first window from 1; the others follow by `next`. */
  readonly first: Int32Array;
  readonly next: Int32Array;
  readonly hash: Int32Array;
  readonly pattern: Int32Array;
  readonly offset: Int32Array;
}

/** Of one word or two (0 for none). All other hashes are made of it. */
export function hashOf(word: number, second: number): number {
  return (Math.imul(word, 0x9e_37_79_b1) + Math.imul(second, 0x85_eb_ca_77)) | 0;
}

export function otherHash(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0xc2_b2_ae_3d);
}

export function hasBit(bits: Int32Array, hash: number, shift: number): boolean {
  const bit = hash >>> shift;
  return ((bits[bit >>> 5]! >>> (bit & 31)) & 1) !== 0;
}

export function chainOf({ first }: Anchors, hash: number): number {
  return (otherHash(hash) >>> 4) & (first.length - 1);
}

/** Shorter patterns apart from longer ones, which may be looked for in bigger steps. */
export function makeAnchors(patterns: readonly Pattern[]): Anchors[] {
  const numbered = patterns.map((pattern, index) => ({ pattern, index, length: soughtInOnePiece(pattern) }));
  // The base64 of a short value goes with that value: in small steps it has few places for a line break.
  const isLong = ({ pattern, length }: (typeof numbered)[number]) => length >= (pattern.slack === 'wrapping' ? 19 : 15);
  return [numbered.filter(isLong), numbered.filter((one) => !isLong(one))]
    .filter((group) => group.length > 0)
    .map((group) => {
      const shortest = group.reduce((least, { length }) => Math.min(least, length), Infinity);
      const isWide = shortest >= 11;
      const stride = shortest >= 15 ? 8 : 4;
      return groupAnchors(group, shortest >= 23 && isWorthFar(group) ? 16 : stride, isWide);
    });
}

/** Bigger steps take more windows where line breaks may be: with very many short patterns that costs more than it saves. */
function isWorthFar(group: Group): boolean {
  const windows = countWindows(group, 16, true);
  return windows <= MOST_SPARSE || windows <= 3 * countWindows(group, 8, true);
}

type Group = readonly { readonly pattern: Pattern; readonly index: number }[];

function widthOf(isWide: boolean): number {
  return (isWide ? 2 : 1) * WORD_BYTES;
}

/** How a pattern is found: by one run of windows; by two, of which a line break cuts only one; by windows with the break in them. */
function waysOf({ bytes, slack }: Pattern, run: number): 'one' | 'two' | 'broken' {
  if (slack !== 'wrapping') return 'one';
  return bytes.length >= 2 * run ? 'two' : 'broken';
}

function countWindows(group: Group, stride: number, isWide: boolean): number {
  const width = widthOf(isWide);
  return group.reduce((sum, { pattern }) => {
    const way = waysOf(pattern, stride + width - 1);
    if (way === 'broken') return sum + countBrokenWindows(pattern.bytes.length, stride, width);
    return sum + (way === 'two' ? 2 : 1) * stride;
  }, 0);
}

function groupAnchors(group: Group, stride: number, isWide: boolean): Anchors {
  const run = stride + widthOf(isWide) - 1;
  const most = countWindows(group, stride, isWide);
  const bits = Math.min(MOST_BITS, Math.max(10, Math.ceil(Math.log2(most)) + SPARSE));
  const anchors: Anchors = {
    stride,
    mask: isWide ? -1 : 0,
    shift: 32 - bits,
    bits: new Int32Array(2 ** (bits - 5)),
    moreBits: new Int32Array(2 ** (bits - 5)),
    first: new Int32Array(2 ** Math.ceil(Math.log2(most))),
    next: new Int32Array(most + 1),
    hash: new Int32Array(most + 1),
    pattern: new Int32Array(most + 1),
    offset: new Int32Array(most + 1),
  };
  let count = 0;
  const put = (hash: number, index: number, offset: number): void => {
    count += 1;
    setBit(anchors.bits, hash, anchors.shift);
    setBit(anchors.moreBits, otherHash(hash), anchors.shift);
    const chain = chainOf(anchors, hash);
    anchors.hash[count] = hash;
    anchors.pattern[count] = index;
    anchors.offset[count] = offset;
    anchors.next[count] = anchors.first[chain]!;
    anchors.first[chain] = count;
  };
  for (const { pattern, index } of group) {
    const { bytes, slack } = pattern;
    const way = waysOf(pattern, run);
    if (way === 'broken') {
      for (const { text, at, offset } of brokenWindows(bytes, stride, widthOf(isWide)))
        put(hashesOf(text, isWide)(at), index, offset);
      continue;
    }
    const last = bytes.length - run;
    const hashes = hashesOf(bytes, isWide);
    // Lines are 64 characters and more: of two runs that touch, a line break cuts only one.
    const start = rarest(anchors, bytes, hashes, way === 'two' ? last - run : last, slack === 'indentation');
    for (const block of way === 'two' ? [start, start + run] : [start])
      for (let offset = block; offset < block + stride; offset += 1) put(hashes(offset), index, offset);
  }
  return anchors;
}

function setBit(bits: Int32Array, hash: number, shift: number): void {
  const bit = hash >>> shift;
  bits[bit >>> 5]! |= 1 << (bit & 31);
}

/** A pattern's windows as the machine reads them. */
function hashesOf(bytes: Buffer, isWide: boolean): (offset: number) => number {
  const wordAt = (at: number): number =>
    IS_LITTLE
      ? bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      : bytes.readInt32BE(at);
  return (offset) => hashOf(wordAt(offset), isWide ? wordAt(offset + WORD_BYTES) : 0);
}

const IS_LITTLE = new Uint8Array(new Int32Array([1]).buffer)[0] === 1;

/** Where the run of windows begins that ordinary text and the other patterns hold least of. */
function rarest(
  anchors: Anchors,
  bytes: Buffer,
  hashes: (offset: number) => number,
  last: number,
  isInLine: boolean,
): number {
  const { stride, mask, bits, shift } = anchors;
  const width = (mask === 0 ? 1 : 2) * WORD_BYTES;
  let best = 0;
  let bestCost = Infinity;
  for (let start = 0, weighed = 0; start <= last && weighed < PLACES_WEIGHED;) {
    const cut = isInLine ? bytes.subarray(start, start + stride + width - 1).lastIndexOf(0x0a) : -1;
    if (cut !== -1) {
      start += cut + 1;
      continue;
    }
    let cost = 0;
    for (let offset = start; offset < start + stride && cost < bestCost; offset += 1) {
      if (hasBit(bits, hashes(offset), shift)) cost += 1;
      if (isCommon(bytes, offset, width)) cost += 2;
    }
    if (cost < bestCost) [best, bestCost] = [start, cost];
    if (bestCost <= GOOD_ENOUGH) break;
    weighed += 1;
    start += stride >> 1;
  }
  return best;
}

/** Words of small letters, and zeros, stand in every other file. */
function isCommon(bytes: Buffer, at: number, width: number): boolean {
  for (let index = 0; index < width; index += 1) {
    const byte = bytes[at + index]!;
    if (!((byte >= 0x61 && byte <= 0x7a) || byte === 0x20 || byte === 0)) return false;
  }
  return true;
}
