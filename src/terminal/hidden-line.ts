/** How a hidden question looks on the screen: with a mark that is redrawn in place, or as plain text that is only ever added to. */
import type { Style } from './style.ts';
import { displayWidth, wrapText } from './text-width.ts';

export interface HiddenLine {
  /** Shows the question, again where the terminal was given away meanwhile. */
  readonly draw: (isEmpty: boolean) => void;
  /** Says whether anything was typed, and no more than that. */
  readonly show: (isEmpty: boolean) => void;
  /** An Enter came where nothing had been typed. */
  readonly askAgain: () => void;
  readonly end: (isEmpty: boolean) => void;
}

interface Shown {
  readonly output: NodeJS.WriteStream;
  readonly style: Style;
}

/** Printable texts. */
interface Texts {
  readonly message: string;
  readonly help: readonly string[];
}

/** The question, with a mark behind it that is redrawn in place. */
export class MarkedLine implements HiddenLine {
  readonly #question: Texts;
  readonly #terminal: Shown;
  #mark = '';

  constructor(question: Texts, terminal: Shown) {
    this.#question = question;
    this.#terminal = terminal;
  }

  draw(isEmpty: boolean): void {
    const { output, style } = this.#terminal;
    const columns = output.columns || 80;
    for (const help of this.#question.help) {
      output.write(
        wrapText(help, columns - 3)
          .map((line) => `  ${style.dim(line)}\n`)
          .join(''),
      );
    }
    const lines = wrapText(`${style.symbols.question} ${this.#question.message}`, columns - 1);
    const last = lines.at(-1)!;
    output.write(lines.map((line) => style.heading(line)).join('\n'));
    // The mark must not wrap: moving the cursor back over it works within a line only.
    output.write(displayWidth(last) + 1 + displayWidth(ASK_AGAIN) < columns ? ' ' : '\n  ');
    this.#mark = '';
    this.show(isEmpty);
  }

  show(isEmpty: boolean): void {
    const { style } = this.#terminal;
    this.#replace(isEmpty ? HINT : style.symbols.hidden, (text) => style.dim(text));
  }

  askAgain(): void {
    const { style } = this.#terminal;
    this.#replace(ASK_AGAIN, (text) => style.warn(text));
  }

  end(isEmpty: boolean): void {
    const { output, style } = this.#terminal;
    this.#replace(isEmpty ? '' : style.symbols.hidden, (text) => style.dim(text));
    output.write('\n');
  }

  #replace(mark: string, paint: (text: string) => string): void {
    if (mark === this.#mark) return;
    const width = displayWidth(this.#mark);
    this.#terminal.output.write(`${width === 0 ? '' : `\x1b[${width}D`}\x1b[K${paint(mark)}`);
    this.#mark = mark;
  }
}

/** The question as text: nothing that was written changes, and nothing is said while somebody types. */
export class PlainLine implements HiddenLine {
  readonly #question: Texts;
  readonly #output: NodeJS.WriteStream;

  constructor(question: Texts, { output }: Shown) {
    this.#question = question;
    this.#output = output;
  }

  draw(): void {
    for (const help of this.#question.help) this.#output.write(`${help}\n`);
    this.#ask();
  }

  show(): void {}

  askAgain(): void {
    this.#output.write(`\nNot accepted: nothing was typed. Ctrl-C leaves.\n`);
    this.#ask();
  }

  end(): void {
    this.#output.write('\n');
  }

  #ask(): void {
    this.#output.write(`${this.#question.message} ${HINT}: `);
  }
}

const HINT = '(hidden, Enter ends it)';
const ASK_AGAIN = '(nothing yet; Ctrl-C leaves)';
