/**
 * Searches streams of bytes, one after the other, part by part in memory that does not grow: what a pattern may still begin in is kept
 * and searched again with what follows.
 */
import type { FormName } from '../domain/value-forms.ts';
import type { KeySearch } from './key-search.ts';
import { countLineFeeds } from './line-feeds.ts';
import { PADDING, PatternIndex } from './pattern-index.ts';
import type { Found } from './pattern-index.ts';
import type { Pattern } from './patterns.ts';
import { WrittenSearch } from './written-search.ts';

const CHUNK = 256 * 1024;
/** More places of one value in one file say nothing more. */
export const MOST_PLACES = 1000;

/** Where a value stands in a stream. Line and column from 1, the column in bytes. */
export interface Hit {
  readonly owner: number;
  readonly form: FormName;
  readonly line: number;
  readonly column: number;
}

interface Place {
  owner: number;
  form: FormName;
  start: number;
  end: number;
  line: number;
  column: number;
}

export class Scanner {
  readonly #index: PatternIndex;
  readonly #written: WrittenSearch;
  readonly #keys: KeySearch | null;
  readonly #bytes: Buffer;
  readonly #words: Int32Array;
  readonly #room: number;
  readonly #longest: number;
  #filled = 0;
  /** Of the stream, what stands before the buffer. */
  #base = 0;
  #lines = 0;
  #lineStart = 0;
  /** Up to where the stream was searched. */
  #searched = 0;
  #hits: Place[] = [];
  readonly #last = new Map<number, { place: Place; count: number }>();
  /** Whether a value stood in more places than are listed. */
  isCut = false;

  /** @param sought patterns, or those of another scanner */
  constructor(sought: readonly Pattern[] | Scanner, keys: KeySearch | null = null) {
    this.#index = sought instanceof Scanner ? sought.#index : new PatternIndex(sought);
    this.#written = sought instanceof Scanner ? sought.#written : new WrittenSearch(sought);
    this.#keys = sought instanceof Scanner ? sought.#keys : keys;
    this.#longest = Math.max(this.#index.longest, this.#written.longest, this.#keys?.longest ?? 0);
    this.#room = Math.max(CHUNK, 4 * this.#longest + CHUNK) & ~15;
    const memory = new ArrayBuffer(this.#room + PADDING);
    this.#bytes = Buffer.from(memory);
    this.#words = new Int32Array(memory);
  }

  /** For a stream of its own beside this one; what is sought takes its memory once. */
  another(): Scanner {
    return new Scanner(this);
  }

  /** Begins a stream. */
  begin(): void {
    this.#filled = this.#base = this.#lines = this.#lineStart = this.#searched = 0;
    this.#hits = [];
    this.#last.clear();
    this.isCut = false;
  }

  /** Where the next bytes may be read to; never empty. Say then by `advance` how many came. */
  get space(): Buffer {
    return this.#bytes.subarray(this.#filled, this.#room);
  }

  advance(count: number): void {
    this.#filled += count;
    if (this.#filled === this.#room) this.#search(false);
  }

  push(part: Uint8Array): void {
    for (let done = 0; done < part.length;) {
      const count = Math.min(part.length - done, this.#room - this.#filled);
      this.#bytes.set(part.subarray(done, done + count), this.#filled);
      done += count;
      this.advance(count);
    }
  }

  /** Whether a pattern is in a text. Between two streams only. */
  isIn(text: Uint8Array): boolean {
    this.begin();
    this.push(text);
    return this.end().length > 0;
  }

  /** Ends the stream. @returns in order of their places */
  end(): Hit[] {
    this.#search(true);
    return this.#hits
      .toSorted((left, right) => left.start - right.start)
      .map(({ owner, form, line, column }) => ({ owner, form, line, column }));
  }

  #search(isLast: boolean): void {
    const found = [
      ...this.#index.find(this.#bytes, this.#words, this.#filled),
      ...this.#written.find(this.#bytes, this.#filled),
      ...(this.#keys?.find(this.#bytes, this.#filled) ?? []),
    ].filter(({ end }) => this.#base + end > this.#searched);
    if (found.length > 0) this.#take(found.toSorted((left, right) => left.start - right.start));
    this.#searched = this.#base + this.#filled;
    if (isLast) return;
    const kept = Math.min(this.#longest, this.#filled);
    const done = this.#filled - kept;
    const gone = this.#bytes.subarray(0, done);
    const lineFeed = gone.lastIndexOf(0x0a);
    this.#lines += countLineFeeds(this.#bytes, this.#words, 0, done);
    if (lineFeed !== -1) this.#lineStart = this.#base + lineFeed + 1;
    this.#bytes.copyWithin(0, done, this.#filled);
    this.#base += done;
    this.#filled = kept;
  }

  /** @param found in order of their beginnings */
  #take(found: readonly Found[]): void {
    let counted = 0;
    let lines = this.#lines;
    for (const { start, end, pattern } of found) {
      lines += countLineFeeds(this.#bytes, this.#words, counted, start);
      counted = start;
      const lineFeed = start === 0 ? -1 : this.#bytes.lastIndexOf(0x0a, start - 1);
      const lineStart = lineFeed === -1 ? this.#lineStart : this.#base + lineFeed + 1;
      const at = { start: this.#base + start, end: this.#base + end, line: lines + 1 };
      for (const { owner, form } of pattern.owners) {
        this.#add({ owner, form, ...at, column: at.start - lineStart + 1 });
      }
    }
  }

  /** Of two forms of a value at one place the longer counts; UTF-16 of either order, each a byte beside the other, where it is aligned. */
  #add(place: Place): void {
    const last = this.#last.get(place.owner);
    if (last === undefined) this.#last.set(place.owner, { place, count: 1 });
    else if (place.start < last.place.end) {
      const gain = place.end - place.start - (last.place.end - last.place.start);
      if (gain > 0 || (gain === 0 && last.place.start % 2 === 1 && place.start === last.place.start + 1)) {
        Object.assign(last.place, place);
      }
      return;
    } else if (last.count >= MOST_PLACES) {
      this.isCut = true;
      return;
    } else {
      last.place = place;
      last.count += 1;
    }
    this.#hits.push(place);
  }
}
