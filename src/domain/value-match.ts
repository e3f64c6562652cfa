/** Whether a value stands at a place of a text, in whatever way its characters are written there (written-units.ts). */
import { ANY_BYTE } from './readings.ts';
import { STARTERS } from './written-signs.ts';
import { Units, WRITTEN } from './written-units.ts';

/** Bytes of a value in lines that tell it from another text. */
export const SHORTEST_BEFORE_BREAK = 4;
const WIDEST_BACKSLASH = 64;
const LONGEST_RUN = 4096;
/** Two numbers in one. */
const KEY = 0x1_00_00_00_00;
const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const BLANK = 0x20;
const BACKSLASH = 0x5c;

export interface Indexed {
  readonly bytes: Buffer;
  /** Whether line breaks, with the blanks after them, may stand anywhere in it: base64 in lines. */
  readonly isWrapping: boolean;
}

/** On the way through a value: bytes of it that are behind, and where the text goes on. */
interface Place {
  readonly index: number;
  readonly at: number;
  readonly written: number;
}

export class Matcher {
  /** Whether more of the text could make a value of it. */
  isCut = false;
  text: Uint8Array = new Uint8Array();
  /** Of the text. */
  end = 0;
  /** How the value that was found last is written: bits of WRITTEN. */
  written = 0;
  readonly #units: Units[] = [];

  /** For the questions of one place. */
  begin(text: Uint8Array, end: number): void {
    this.isCut = false;
    this.text = text;
    this.end = end;
  }

  /**
   * Where the value ends whose bytes from `from` on stand here, -1 where they do not; sets `written`. The likeliest reading that leads to
   * its end counts.
   */
  match(value: Indexed, from: number, start: number, how: number, level: number): number {
    const { bytes } = value;
    const text = this.text;
    let others = null as Place[] | null;
    // A place that comes again has led nowhere before.
    let seen = null as Set<number> | null;
    let index = from;
    let at = start;
    let written = how;
    for (;;) {
      while (index < bytes.length && at < this.end && STARTERS[text[at]!] === 0 && text[at] === bytes[index]) {
        index += 1;
        at += 1;
      }
      if (index === bytes.length) {
        this.written = written;
        return at;
      }
      if (at >= this.end) this.isCut ||= !value.isWrapping || !this.isEarlyBreak(index, at);
      else if (STARTERS[text[at]!] === 1 && seen?.has(index * KEY + at) !== true) {
        const found = this.#readings(value, index, at, written, level);
        const likeliest = found.pop();
        if (likeliest !== undefined) {
          if (found.length > 0) {
            (others ??= []).push(...found);
            seen ??= new Set();
          }
          seen?.add(index * KEY + at);
          ({ index, at, written } = likeliest);
          continue;
        }
      }
      const other: Place | undefined = others?.pop();
      if (other === undefined) return -1;
      ({ index, at, written } = other);
    }
  }

  /** Where the value may go on behind what stands here, the likeliest place last. */
  #readings({ bytes, isWrapping }: Indexed, index: number, at: number, written: number, level: number): Place[] {
    const units = this.unitsAt(level, at);
    if (units.cut === ANY_BYTE || units.cut === bytes[index]) this.isCut = true;
    const isRun = bytes[index] === BACKSLASH && this.text[at] === BACKSLASH;
    const places = isRun ? this.#backslashes(bytes, index, at, written) : [];
    for (let reading = units.count - 1; reading >= 0; reading -= 1) {
      const next = this.#after(units, reading, bytes, index, isWrapping);
      const behind = units.next[reading]!;
      if (next === -1 || (isRun && units.isBackslash(reading))) continue;
      const how = written | units.written[reading]!;
      places.push({ index: next, at: next === index ? this.pastBlanks(behind) : behind, written: how });
    }
    return places;
  }

  /** Several in a row are all written alike, each as so many: what reads in fewer ways ends sooner. */
  #backslashes(bytes: Buffer, index: number, at: number, written: number): Place[] {
    const sought = runOf(bytes, index, bytes.length);
    const length = runOf(this.text, at, Math.min(this.end, at + LONGEST_RUN));
    if (at + length === this.end) this.isCut = true;
    const places: Place[] = [];
    for (let width = 1; width <= Math.min(length, WIDEST_BACKSLASH); width *= 2) {
      const count = Math.min(sought, length / width);
      if (!Number.isInteger(count)) continue;
      const how = width === 1 ? written : written | WRITTEN.json;
      places.push({ index: index + count, at: at + count * width, written: how });
    }
    return places;
  }

  /** How far the value has come after a reading; -1 where it is another text. */
  #after(units: Units, reading: number, bytes: Buffer, index: number, isWrapping: boolean): number {
    const length = units.length[reading]!;
    const decoded = units.bytes[reading]!;
    let same = 0;
    while (same < length && decoded[same] === bytes[index + same]) same += 1;
    if (same === length) return index + length;
    return same === 0 && isWrapping && index > 0 && isBreak(decoded[0]!) ? index : -1;
  }

  unitsAt(level: number, at: number): Units {
    const units = (this.#units[level] ??= new Units());
    units.read(this.text, at, this.end);
    return units;
  }

  /**
   * Whether the text ends in a line break with only a few bytes of the value before it. Any line may end in these: to wait for what follows
   * would keep whole lines back.
   */
  isEarlyBreak(index: number, at: number): boolean {
    const last = this.text[at - 1]!;
    return at >= this.end && index < SHORTEST_BEFORE_BREAK && (isBreak(last) || last === BLANK || last === TAB);
  }

  pastBlanks(at: number): number {
    let place = at;
    while (place < this.end && (this.text[place] === BLANK || this.text[place] === TAB)) place += 1;
    return place;
  }
}

function runOf(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] === BACKSLASH) at += 1;
  return at - from;
}

export function isBreak(byte: number): boolean {
  return byte === LF || byte === CR;
}
