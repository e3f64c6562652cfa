/**
 * The keys and pastes of a hidden prompt, turned into the bytes of a value. A terminal that was asked to do so puts a paste
 * between two marks; what is between them is taken as it is, line ends included. A terminal that can't do that sends the
 * lines as if typed: then a line end with more behind it in the same read belongs to the value, and only one at the
 * end of a read may be the Enter that ends it. Nothing here draws or waits.
 */

const CONTROL_C = 0x03;
const CONTROL_D = 0x04;
const BACKSPACE = 0x08;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const CONTROL_U = 0x15;
const CONTROL_Z = 0x1a;
const ESCAPE = 0x1b;
const DELETE = 0x7f;

const PASTE_BEGIN = Buffer.from('\x1b[200~');
const PASTE_END = Buffer.from('\x1b[201~');

/** What a read led to; `maybe-entered` is an Enter that may yet turn out to be a line end of an unmarked paste. */
export type HiddenEvent = 'more' | 'entered' | 'maybe-entered' | 'cancelled' | 'suspended';

export class HiddenInput {
  #value: Buffer = Buffer.alloc(256);
  #length = 0;
  /** The beginning of an escape sequence whose rest has not come yet. */
  #pending: Buffer = Buffer.alloc(0);
  #isPasting = false;
  #isEntered = false;
  /** Lines came without marks, so that this terminal's Enter can't be told from a line end. */
  #hasUnmarkedLines = false;
  readonly #isOneLine: boolean;

  /** With `isOneLine` the first Enter that is not inside a marked paste ends the value at once. */
  constructor(options: { isOneLine: boolean }) {
    this.#isOneLine = options.isOneLine;
  }

  /** Whether the value would have no bytes: a single line end is what is left out of it. */
  get isEmpty(): boolean {
    return this.#length === 0 || (this.#length === 1 && this.#value[0] === LINE_FEED);
  }

  /** Takes what was read. `rest` is what came behind the key that ended the input. */
  feed(read: Uint8Array): { event: HiddenEvent; rest: Uint8Array } {
    const input = Buffer.concat([this.#pending, read]);
    this.#pending = Buffer.alloc(0);
    if (this.#isEntered && input.length > 0) {
      // The last Enter was a line end of a paste without marks.
      this.#isEntered = false;
      this.#hasUnmarkedLines = true;
      this.#push(LINE_FEED);
    }
    let at = 0;
    while (at < input.length) {
      const byte = input[at]!;
      if (byte === CONTROL_C || (byte === CONTROL_D && this.isEmpty && !this.#isPasting)) {
        return ended('cancelled', input, at + 1);
      }
      if (byte === ESCAPE) {
        const sequence = escapeSequence(input, at);
        if (sequence === null) {
          this.#pending = Buffer.from(input.subarray(at));
          break;
        }
        this.#escape(input.subarray(at, at + sequence));
        at += sequence;
        continue;
      }
      at += 1;
      if (byte === RETURN || byte === LINE_FEED) {
        at += byte === RETURN && input[at] === LINE_FEED ? 1 : 0;
        if (this.#isPasting || (at < input.length && !this.#isOneLine)) {
          this.#hasUnmarkedLines ||= !this.#isPasting;
          this.#push(LINE_FEED);
        } else {
          const isTyped = this.#isOneLine || (read.length === 1 && !this.#hasUnmarkedLines);
          this.#isEntered = !isTyped;
          return ended(isTyped ? 'entered' : 'maybe-entered', input, at);
        }
      } else if (this.#isPasting) {
        this.#push(byte);
      } else if (byte === CONTROL_Z) {
        return ended('suspended', input, at);
      } else {
        this.#key(byte);
      }
    }
    input.fill(0);
    return { event: 'more', rest: new Uint8Array() };
  }

  /** The value, which is forgotten here. One line end at the end of what was pasted is left out, as it is with stdin. */
  take(): Uint8Array {
    const end = this.#length > 0 && this.#value[this.#length - 1] === LINE_FEED ? this.#length - 1 : this.#length;
    const value = new Uint8Array(this.#value.subarray(0, end));
    this.clear();
    return value;
  }

  /** Overwrites and forgets what was typed. */
  clear(): void {
    this.#value.fill(0);
    this.#pending.fill(0);
    this.#length = 0;
    this.#isEntered = false;
    this.#hasUnmarkedLines = false;
  }

  #key(byte: number): void {
    if (byte === DELETE || byte === BACKSPACE) {
      this.#eraseCharacter();
    } else if (byte === CONTROL_U) {
      this.clear();
    } else if (byte >= 0x20 || byte === TAB) {
      this.#push(byte);
    }
  }

  #escape(sequence: Uint8Array): void {
    if (PASTE_BEGIN.equals(sequence)) {
      this.#isPasting = true;
    } else if (PASTE_END.equals(sequence)) {
      this.#isPasting = false;
    } else if (this.#isPasting) {
      for (const byte of sequence) {
        this.#push(byte);
      }
    }
  }

  #push(byte: number): void {
    if (this.#length === this.#value.length) {
      const larger = Buffer.alloc(this.#value.length * 2);
      this.#value.copy(larger);
      this.#value.fill(0);
      this.#value = larger;
    }
    this.#value[this.#length] = byte;
    this.#length += 1;
  }

  /** Takes back one character: a byte, and of UTF-8 all the bytes that follow its first. */
  #eraseCharacter(): void {
    let isContinuation = true;
    while (this.#length > 0 && isContinuation) {
      this.#length -= 1;
      isContinuation = (this.#value[this.#length]! & 0xc0) === 0x80;
      this.#value[this.#length] = 0;
    }
  }
}

function ended(event: HiddenEvent, input: Buffer, at: number): { event: HiddenEvent; rest: Uint8Array } {
  const rest = new Uint8Array(input.subarray(at));
  input.fill(0);
  return { event, rest };
}

/** Bytes of the escape sequence at `at`, 1 for an ESC that begins none, `null` where its end has not been read yet. */
function escapeSequence(input: Buffer, at: number): number | null {
  const kind = input[at + 1];
  if (kind === undefined) {
    return null;
  }
  if (kind === 0x4f) {
    const key = input[at + 2];
    return key === undefined ? null : key < 0x20 ? 2 : 3;
  }
  if (kind !== 0x5b) {
    return 1;
  }
  for (let end = at + 2; end < input.length; end++) {
    const byte = input[end]!;
    if (byte >= 0x40 && byte <= 0x7e) {
      return end + 1 - at;
    }
    if (byte < 0x20) {
      return end - at;
    }
  }
  return null;
}
