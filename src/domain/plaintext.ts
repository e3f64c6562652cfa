/**
 * The one class in which a secret value travels. Printing, logging, serialising or inspecting it gives `[redacted]`;
 * `reveal` is the only way to the bytes, so that every place that unwraps a value can be found by its name.
 */
import { inspect } from 'node:util';

const REDACTED = '[redacted]';
const contents = new WeakMap<Plaintext, Uint8Array>();

export class Plaintext {
  /** Takes ownership of `bytes`: the caller must not keep or change them. */
  constructor(bytes: Uint8Array) {
    contents.set(this, bytes);
  }
  static fromText(text: string): Plaintext {
    return new Plaintext(Buffer.from(text, 'utf8'));
  }
  /** Size in bytes. */
  get length(): number {
    return contents.get(this)!.length;
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
    contents.get(this)!.fill(0);
  }
}

/** The bytes of a value. The result is the value's own memory: do not change it, do not keep it. */
export function reveal(plaintext: Plaintext): Uint8Array {
  return contents.get(plaintext)!;
}

/** The value as text, or `null` where its bytes are not valid UTF-8. A byte order mark is kept. */
export function revealText(plaintext: Plaintext): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(reveal(plaintext));
  } catch {
    return null;
  }
}
