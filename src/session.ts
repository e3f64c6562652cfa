/**
 * What a command may ask for that has nothing to do with a vault: the streams, questions to a person, the clock, what was said on the command
 * line. Each is made on first use.
 */
import type { Variable } from './domain/reference/variables.ts';
import type { WarningCode } from './domain/reference/warnings.ts';
import { Guards } from './domain/guards.ts';
import type { Force } from './domain/guards.ts';
import { FILE_LIMIT } from './domain/limits.ts';
import type { Limit } from './domain/limits.ts';
import { withoutKeys } from './domain/misplaced-text.ts';
import { localMoments, UTC } from './domain/moments.ts';
import type { Moments } from './domain/moments.ts';
import { printableLines } from './domain/printable.ts';
import { errors } from './errors.ts';
import type { LongWork } from './terminal/long-work.ts';
import type { Prompts } from './terminal/prompts.ts';
import type { Style } from './terminal/style.ts';
import type { BootTime } from './vault/trust/kept-key.ts';

export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The surroundings of one run: the process's own in `main`, made up in a test. */
export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: () => Date;
  /** The time since the machine was started, which nobody sets; left out where the system does not tell. */
  readonly bootTime?: () => BootTime | null;
  /** Waits; a test's clock moves on instead. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly fetch: typeof fetch;
  /** The person's name for the audit log. */
  readonly userName: () => string;
  /** Answers questions in place of a terminal. */
  readonly prompts?: Prompts;
  readonly nodeVersion?: string;
  readonly pid?: number;
  /** The user's number; left out where the system has none. */
  readonly uid?: number | undefined;
  /** As Node names it; left out where there is to be no keyring. */
  readonly platform?: NodeJS.Platform;
  /** Where signals come from while a question is open. */
  readonly signals?: NodeJS.EventEmitter;
}

/** Options that every command takes. */
export interface GlobalOptions {
  readonly vault?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly yes?: boolean;
  readonly force?: string | true;
  readonly reason?: string;
}

export class Session {
  readonly io: Io;
  readonly options: GlobalOptions;
  #prompts: Promise<Prompts | null> | undefined;
  #guards: Guards | undefined;
  #closing: (() => Promise<void> | void)[] = [];
  readonly #warned = new Set<string>();
  readonly #texts = new Map<string, Promise<string>>();

  constructor(io: Io, options: GlobalOptions) {
    this.io = io;
    this.options = options;
  }

  get isJson(): boolean {
    return this.options.json === true;
  }
  get width(): number {
    return Math.max(40, this.io.stderr.columns || this.io.stdout.columns || 80);
  }
  variable(name: Variable): string | null {
    const value = this.io.env[name];
    return value === undefined || value === '' ? null : value;
  }

  /** The text that work gives, done once in a run. Holds keys: never logged. */
  once(what: string, work: () => Promise<string>): Promise<string> {
    const before = this.#texts.get(what) ?? work();
    this.#texts.set(what, before);
    return before;
  }

  /** Whether text is to be read out, or goes to a terminal that knows no escape sequences: KNOX_ACCESSIBLE, TERM=dumb. */
  get isAccessible(): boolean {
    const said = this.variable('KNOX_ACCESSIBLE');
    return this.variable('TERM') === 'dumb' || (said !== null && !['0', 'false', 'no'].includes(said.toLowerCase()));
  }

  /** Colours for a stream: none in a pipe, with NO_COLOR, CI, TERM=dumb or --no-color. */
  async style(stream: OutputStream): Promise<Style> {
    const { createStyle, plainStyle } = await import('./terminal/style.ts');
    const locale = this.variable('LC_ALL') ?? this.variable('LC_CTYPE') ?? this.variable('LANG') ?? '';
    const term = this.variable('TERM') ?? '';
    const isUnicode = /utf-?8/i.test(locale) && term !== 'linux';
    // A pipe is for a program, which is spared the words as well as the colours.
    const signs =
      this.isAccessible && stream.isTTY === true ? 'words' : isUnicode && term !== 'dumb' ? 'unicode' : 'ascii';
    const isColored =
      stream.isTTY === true &&
      this.options.color !== false &&
      this.variable('NO_COLOR') === null &&
      this.variable('CI') === null &&
      term !== 'dumb';
    return isColored ? createStyle({ colorLevel: 1, signs }) : plainStyle(signs);
  }

  /** How times are written on a stream: by the local clock on a terminal, else in UTC. */
  moments(stream: OutputStream): Moments {
    return stream.isTTY === true && !this.isJson ? localMoments(this.io.now()) : UTC;
  }

  /** One line on stderr, JSON under --json; each code and message once. */
  warn(code: WarningCode, message: string): void {
    if (this.#warned.has(code + message)) return;
    this.#warned.add(code + message);
    const shown = printableLines(withoutKeys(message));
    this.io.stderr.write(
      this.isJson ? `${JSON.stringify({ warning: { code, message: shown } })}\n` : `warning: ${shown}\n`,
    );
  }

  /** Text for the person, on stderr; silent under --json. */
  say(text: string): void {
    if (!this.isJson) this.io.stderr.write(`${text}\n`);
  }

  /** Whoever can answer, or null: no terminal, or CI. */
  prompts(): Promise<Prompts | null> {
    this.#prompts ??= this.#openPrompts();
    return this.#prompts;
  }

  /** Whether somebody may be there: known without making what asks. */
  get hasTerminal(): boolean {
    return this.variable('CI') === null && (this.io.stdin.isTTY === true || this.io.stderr.isTTY === true);
  }

  async #openPrompts(): Promise<Prompts | null> {
    if (this.io.prompts !== undefined) return this.io.prompts;
    if (!this.hasTerminal) return null;
    const [{ openTerminal }, { createPrompts }] = await Promise.all([
      import('./terminal/terminal-streams.ts'),
      import('./terminal/prompts.ts'),
    ]);
    const terminal = openTerminal({ stdin: this.io.stdin, stderr: this.io.stderr });
    if (terminal === null) return null;
    this.#closing.push(() => terminal.close());
    const signals = this.io.signals === undefined ? {} : { signals: this.io.signals as never };
    const style = await this.style(terminal.output as OutputStream);
    return createPrompts(terminal, { style, isAccessible: this.isAccessible, ...signals });
  }

  /** @param what is asked for, such as `a passphrase` @param flag what answers it where nobody can be asked @throws needs_terminal */
  async requirePrompts(what: string, flag: string): Promise<Prompts> {
    const prompts = await this.prompts();
    if (prompts === null) throw errors.needs_terminal(`no terminal to ask for ${what}`, `use ${flag}`);
    return prompts;
  }

  /** A yes or no; `--yes` answers it. @param what it does, such as `delete api_key` @throws needs_terminal */
  async confirm(message: string, what: string): Promise<boolean> {
    if (this.options.yes === true) return true;
    const prompts = await this.prompts();
    if (prompts === null) throw errors.needs_terminal(`refusing to ${what} without confirmation`, 'add --yes');
    return prompts.confirm({ message });
  }

  /**
   * Runs work that may take long, with a line on the terminal that says how far it is.
   * @param left what is true when it was cancelled, such as `nothing was imported`
   * @throws cancelled, and what `work` throws
   */
  async longWork<T>(left: string, work: (step: LongWork['step']) => Promise<T>): Promise<T> {
    const { runLongWork } = await import('./terminal/long-work.ts');
    const { stderr: output, signals = null } = this.io;
    const columns = (): number => output.columns || 80;
    const isTerminal = output.isTTY === true && !this.isJson;
    return runLongWork({ output, isTerminal, columns, style: await this.style(output), signals }, left, work);
  }

  /** The guards that --force names, with the reason. @param forceable where not those of every command @throws usage */
  guards(forceable?: readonly Force[]): Guards {
    this.#guards ??= Guards.parse(this.options.force, this.options.reason, forceable);
    return this.#guards;
  }

  /** All of stdin. @throws invalid_value where it is longer */
  async readStdin(limit: Limit = FILE_LIMIT): Promise<Buffer> {
    const { readStream } = await import('./files/read-input.ts');
    return readStream(this.io.stdin, 'standard input', limit);
  }

  get nodeVersion(): string {
    return this.io.nodeVersion ?? 'unknown';
  }

  /** This process's number. */
  get pid(): number {
    return this.io.pid ?? 0;
  }

  /** Registers work for the end of the run. */
  onClose(work: () => Promise<void> | void): void {
    this.#closing.push(work);
  }
  async close(): Promise<void> {
    const left = this.#closing.toReversed();
    this.#closing = [];
    const failures: unknown[] = [];
    // What fails keeps nothing open.
    for (const work of left)
      try {
        await work();
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }

  /** A file or pipe given by the person, whole. @throws io; invalid_value where it is longer; usage for what is not a name */
  async readFile(path: string, limit: Limit = FILE_LIMIT): Promise<Buffer> {
    const { readNamed } = await import('./files/read-input.ts');
    return readNamed(path, this.io.cwd, limit);
  }
}
