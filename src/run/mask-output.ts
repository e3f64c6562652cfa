/**
 * Masking what a program prints while it prints it. A part that may be the beginning of a value is held back until it is decided: by
 * what comes next, or by the end. On a terminal somebody may wait for just that part, such as a prompt, so that it is shown there once
 * nothing more has come for a moment; but not what is as long as something that is masked, which no prompt has by chance.
 */
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { FormIndex, SHORTEST_MASKED } from '../domain/mask.ts';
import type { MaskedSecret } from '../domain/mask.ts';

const HELD_ON_TERMINAL_MS = 50;

export class MaskOutput extends Transform {
  /** How many times something was replaced. */
  count = 0;
  readonly #index: FormIndex;
  #rest = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;

  readonly #isTerminal: boolean;

  /** @param isTerminal whether somebody looks at it as it comes */
  constructor(secrets: readonly MaskedSecret[], isTerminal: boolean) {
    super();
    this.#isTerminal = isTerminal;
    this.#index = new FormIndex(secrets);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    clearTimeout(this.#timer);
    if (this.#index.isEmpty) {
      done(null, chunk);
      return;
    }
    this.#take(this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]), false);
    if (this.#isTerminal && this.#rest.length > 0 && this.#rest.length < SHORTEST_MASKED)
      this.#timer = setTimeout(() => this.#take(this.#rest, true), HELD_ON_TERMINAL_MS);
    done();
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#timer);
    this.#take(this.#rest, true);
    done();
  }

  /** What is still held back, masked, where no end will come. */
  release(): Buffer {
    clearTimeout(this.#timer);
    const { output, count } = this.#index.maskPart(this.#rest, true);
    this.#rest = Buffer.alloc(0);
    this.count += count;
    return output;
  }

  #take(text: Buffer, isLast: boolean): void {
    const { output, rest, count } = this.#index.maskPart(text, isLast);
    this.#rest = rest as Buffer<ArrayBuffer>;
    this.count += count;
    if (output.length > 0) this.push(output);
  }
}
