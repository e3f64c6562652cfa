/** What a program prints, shown a line at a time while it runs: masked, with what a line can't show escaped. */
import { FormIndex } from '../domain/mask.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { printable } from '../domain/printable.ts';

const LINE_FEED = 10;
/** A line without an end is shown in parts: nobody waits for what may never come. */
const LONGEST_LINE = 16_384;

export interface Showing {
  readonly secrets: readonly MaskedSecret[];
  readonly show: (line: string) => void;
}

/** One of its two outputs. */
export class ShownOutput {
  readonly #index: FormIndex;
  readonly #show: (line: string) => void;
  /** What may be the beginning of a value. */
  #undecided: Buffer = Buffer.alloc(0);
  /** Of a line whose end has not come. */
  #line: Buffer = Buffer.alloc(0);

  constructor({ secrets, show }: Showing) {
    this.#index = new FormIndex(secrets);
    this.#show = show;
  }

  take(part: Buffer): void {
    this.#mask(Buffer.concat([this.#undecided, part]), false);
  }

  /** Shows what is left. */
  end(): void {
    this.#mask(this.#undecided, true);
    if (this.#line.length > 0) this.#put(this.#line);
    this.#line = Buffer.alloc(0);
  }

  #mask(text: Buffer, isLast: boolean): void {
    const { output, rest } = this.#index.maskPart(text, isLast);
    this.#undecided = rest;
    this.#line = Buffer.concat([this.#line, output]);
    for (let end = this.#line.indexOf(LINE_FEED); end !== -1; end = this.#line.indexOf(LINE_FEED)) {
      this.#put(this.#line.subarray(0, end));
      this.#line = this.#line.subarray(end + 1);
    }
    if (this.#line.length <= LONGEST_LINE) return;
    this.#put(this.#line);
    this.#line = Buffer.alloc(0);
  }

  #put(line: Buffer): void {
    this.#show(printable(line.toString('utf8').replace(/\r$/, '')));
  }
}
