/**
 * Masking what a program prints while it prints it. A part that may be the beginning of a value is held back until it is decided, or
 * until nothing more has come for a moment: a prompt must not wait for the rest of a value that is none.
 */
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { FormIndex } from '../domain/mask.ts';
import type { MaskedSecret } from '../domain/mask.ts';

const HELD_AT_MOST_MS = 50;

export class MaskOutput extends Transform {
  /** How many times something was replaced. */
  count = 0;
  readonly #index: FormIndex;
  #rest = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;

  constructor(secrets: readonly MaskedSecret[]) {
    super();
    this.#index = new FormIndex(secrets);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    clearTimeout(this.#timer);
    if (this.#index.isEmpty) {
      done(null, chunk);
      return;
    }
    this.#take(this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]), false);
    if (this.#rest.length > 0) this.#timer = setTimeout(() => this.#take(this.#rest, true), HELD_AT_MOST_MS);
    done();
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#timer);
    this.#take(this.#rest, true);
    done();
  }

  #take(text: Buffer, isLast: boolean): void {
    const { output, rest, count } = this.#index.maskPart(text, isLast);
    this.#rest = rest as Buffer<ArrayBuffer>;
    this.count += count;
    if (output.length > 0) this.push(output);
  }
}
