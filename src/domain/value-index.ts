/**
 * Where values stand in a text, in whatever way they are written there (written-units.ts). A tree of the values' first bytes is walked
 * along the readings of the text; two small tables say of nearly every place that none begins there.
 */
import { ANY_BYTE, COMPLETE } from './readings.ts';
import { isBreak, Matcher } from './value-match.ts';
import type { Indexed } from './value-match.ts';
import { mayStandFor, SIGNS, STARTERS } from './written-signs.ts';

/** More of them that begin alike are told apart by their next byte. */
const LEAF = 4;
/** Nor by more bytes than these. */
const DEEPEST = 16;
/** In a text that reads in many ways the tree is left after so many of them. */
const MOST_LEVELS = 6;
/** What the first four bytes are looked up by. */
const HEAD = 4;

interface Node<T> {
  readonly values: T[];
  /** By their next byte; null at the end of a branch. */
  readonly next: readonly (Node<T> | undefined)[] | null;
  readonly isWrapping: boolean;
}

/** The longest value at a place. */
export interface Standing<T> {
  readonly value: T;
  readonly end: number;
  /** Bits of WRITTEN; 0 for bytes as they are. */
  readonly written: number;
}

export class ValueIndex<T extends Indexed> {
  readonly #matcher = new Matcher();
  /** By the first two bytes of a place: 0 where no value begins there, 1 where one may as it is, 2 where it may be written otherwise. */
  readonly #starts = new Uint8Array(65_536);
  readonly #heads: Uint32Array;
  readonly #headShift: number;
  readonly #root: Node<T>;

  constructor(values: readonly T[]) {
    this.#root = nodeOf(values, 0);
    const bits = Math.max(10, Math.min(21, Math.ceil(Math.log2(values.length + 1)) + 6));
    this.#headShift = 32 - bits;
    this.#heads = new Uint32Array(2 ** (bits - 5));
    for (const { bytes } of values) {
      const hash = hashOf(bytes[0]!, bytes[1]!, bytes[2]!, bytes[3]!) >>> this.#headShift;
      this.#heads[hash >>> 5]! |= 1 << (hash & 31);
    }
    this.#fillStarts(values);
  }

  #fillStarts(values: readonly T[]): void {
    const firsts = new Set(values.map(({ bytes }) => bytes[0]!));
    for (const { bytes } of values) {
      const start = (bytes[0]! << 8) | bytes[1]!;
      this.#starts[start] = Math.max(1, this.#starts[start]!);
      for (let second = 0; second < 256; second += 1)
        if (STARTERS[second] === 1) this.#starts[(bytes[0]! << 8) | second] = 2;
    }
    for (const first of SIGNS)
      for (let second = 0; second < 256; second += 1)
        if (mayStandFor(first, second, firsts)) this.#starts[(first << 8) | second] = 2;
  }

  /**
   * The next place from `from` on, below `to`, at which a value may begin; `to` where there is none. What is asked of all of the text.
   * @param end of the text
   */
  next(text: Uint8Array, from: number, to: number, end: number): number {
    const starts = this.#starts;
    const heads = this.#heads;
    const shift = this.#headShift;
    const last = Math.min(to, end - HEAD + 1);
    let at = from;
    for (; at < last; at += 1) {
      const kind = starts[(text[at]! << 8) | text[at + 1]!]!;
      if (kind === 0) continue;
      if (kind === 2) return at;
      const third = text[at + 2]!;
      const fourth = text[at + 3]!;
      if ((STARTERS[third]! | STARTERS[fourth]!) !== 0) return at;
      const hash = hashOf(text[at]!, text[at + 1]!, third, fourth) >>> shift;
      if (((heads[hash >>> 5]! >>> (hash & 31)) & 1) !== 0) return at;
    }
    return Math.min(at, to);
  }

  /** Whether more of the text could make a value of what stands at the place that was asked for. */
  get isCut(): boolean {
    return this.#matcher.isCut;
  }

  /** The longest value that begins at a place. Sets `isCut`. @param end of the text */
  at(text: Uint8Array, at: number, end: number): Standing<T> | null {
    this.#matcher.begin(text, end);
    return this.#walk(this.#root, 0, at, 0, 0);
  }

  /** @param depth bytes of the values that are behind @param level of the recursion */
  #walk(node: Node<T>, depth: number, at: number, written: number, level: number): Standing<T> | null {
    const matcher = this.#matcher;
    if (node.next === null) return this.#longest(node.values, depth, at, written, level);
    if (at >= matcher.end) {
      matcher.isCut = true;
      return null;
    }
    const first = matcher.text[at]!;
    if (STARTERS[first] === 0) {
      const next = node.next[first];
      return next === undefined ? null : this.#walk(next, depth + 1, at + 1, written, level);
    }
    if (level >= MOST_LEVELS) return this.#longest(valuesUnder(node), depth, at, written, level);
    const units = matcher.unitsAt(level, at);
    if (units.cut === ANY_BYTE || (units.cut !== COMPLETE && node.next[units.cut] !== undefined)) matcher.isCut = true;
    let best: Standing<T> | null = null;
    for (let index = 0; index < units.count; index += 1) {
      const behind = units.next[index]!;
      const how = written | units.written[index]!;
      const bytes = units.bytes[index]!;
      const length = units.length[index]!;
      let next: Node<T> | undefined = node;
      let taken = 0;
      for (; taken < length && next !== undefined && next.next !== null; taken += 1) next = next.next[bytes[taken]!];
      let found: Standing<T> | null = null;
      if (next !== undefined) {
        // The rest of a character that ended beyond the tree's branching.
        const fitting = taken < length ? alike(next.values, depth + taken, bytes, taken, length) : null;
        found =
          fitting === null
            ? this.#walk(next, depth + taken, behind, how, level + 1)
            : this.#longest(fitting, depth + length, behind, how, level + 1);
      } else if (depth > 0 && node.isWrapping && isBreak(bytes[0]!)) {
        const place = matcher.pastBlanks(behind);
        if (!matcher.isEarlyBreak(depth, place)) found = this.#walk(node, depth, place, how, level + 1);
      }
      if (found !== null && (best === null || found.end > best.end)) best = found;
    }
    return best;
  }

  #longest(values: readonly T[], depth: number, at: number, written: number, level: number): Standing<T> | null {
    let best: Standing<T> | null = null;
    for (const value of values) {
      const end = this.#matcher.match(value, depth, at, written, level);
      if (end !== -1 && (best === null || end > best.end)) best = { value, end, written: this.#matcher.written };
    }
    return best;
  }
}

function nodeOf<T extends Indexed>(values: readonly T[], depth: number): Node<T> {
  const isWrapping = values.some((value) => value.isWrapping);
  if (values.length <= LEAF || depth >= DEEPEST || values.some(({ bytes }) => bytes.length <= depth + 1))
    return { values: [...values], next: null, isWrapping };
  const groups = Map.groupBy(values, ({ bytes }) => bytes[depth]!);
  const next = Array.from<Node<T> | undefined>({ length: 256 });
  for (const [byte, group] of groups) next[byte] = nodeOf(group, depth + 1);
  return { values: [], next, isWrapping };
}

/** Those that continue with these bytes. */
function alike<T extends Indexed>(
  values: readonly T[],
  depth: number,
  bytes: readonly number[],
  from: number,
  to: number,
): T[] {
  return values.filter((value) => {
    for (let index = from; index < to; index += 1) if (value.bytes[depth + index - from] !== bytes[index]) return false;
    return true;
  });
}

function valuesUnder<T>(node: Node<T>): readonly T[] {
  return node.next === null ? node.values : node.next.flatMap((next) => (next === undefined ? [] : valuesUnder(next)));
}

function hashOf(first: number, second: number, third: number, fourth: number): number {
  return Math.imul((first << 24) | (second << 16) | (third << 8) | fourth, 0x9e_37_79_b1);
}
