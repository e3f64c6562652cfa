/**
 * The one class in which a secret value travels. Printing, logging, serialising or inspecting it gives `[redacted]`;
 * `reveal` is the only way to the bytes, so that every place that unwraps a value can be found by its name.
 */
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

let bytesOf: (plaintext: Plaintext) => Uint8Array;

export class Plaintext {
  readonly #bytes: Uint8Array;
  static {
    bytesOf = (plaintext) => plaintext.#bytes;
  }
  /** Takes ownership of `bytes`: the caller must not keep or change them. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  static fromText(text: string): Plaintext {
    return new Plaintext(Buffer.from(text, 'utf8'));
  }
  /** Size in bytes. */
  get length(): number {
    return this.#bytes.length;
  }
  toString(): string {
    return REDACTED;
  }
  toJSON(): string {
    return REDACTED;
  }
  [inspect.custom](): string {
    return REDACTED;
  }
  /** Overwrites the bytes with zeros, as far as JavaScript lets a value be forgotten. */
  wipe(): void {
    this.#bytes.fill(0);
  }
}

/** The bytes of a value. The result is the value's own memory: do not change it, do not keep it. */
export function reveal(plaintext: Plaintext): Uint8Array {
  return bytesOf(plaintext);
}

/** The value as text, or `null` where its bytes are not valid UTF-8. A byte order mark is kept. */
export function revealText(plaintext: Plaintext): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(reveal(plaintext));
  } catch {
    return null;
  }
}
