/**
 * A program in a pseudo-terminal, with a terminal emulator as its screen. Tests wait for what the screen shows, never for
 * time: `waitFor` looks again whenever the screen changed, and fails with the screen's text when the deadline has passed or
 * the program has ended without showing it.
 */
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** Far above what any step takes, so that only a program that hangs meets it. */
const DEADLINE_MS = 30_000;

export interface PtyOptions {
  /** In place of the deadline of 30 s, where one wait is for a whole run of much work. */
  deadlineMs?: number;
  columns?: number;
  rows?: number;
  cwd?: string;
  /** Replaces the environment; where left out, the test's own without `CI` and `NO_COLOR`. */
  env?: Record<string, string>;
  /** What the terminal says that it is; it is drawn as an xterm all the same. */
  term?: string;
}

/** Characters that stand side by side in one style. */
export interface Run {
  readonly text: string;
  readonly column: number;
  /** One of the 256 colours, or null for the terminal's own. */
  readonly colour: number | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isInverse: boolean;
}

export interface PtyExit {
  code: number;
  /** 0 where it was not ended by a signal. */
  signal: number;
}

export interface Pty {
  readonly pid: number;
  /** Resolves once the screen shows `what` at least `times` times; with the screen's text. */
  waitFor(what: string | RegExp, options?: { times?: number }): Promise<string>;
  /** Types `text` as it is: `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D. */
  send(text: string): void;
  /** Pastes as a terminal does: line ends become `\r`, between the marks of a paste where the program asked for them. */
  paste(text: string): void;
  /** What has been shown, also what has scrolled off, a line a row, without blanks at line ends or empty last rows. */
  screen(): string;
  /** What is on the screen now, row by row, with its styles; blanks at line ends and empty last rows are left out. */
  shown(): Run[][];
  /** Every byte that the program wrote, escape sequences included. */
  raw(): string;
  /** Whether the program has the terminal mark pastes. */
  isMarkingPastes(): boolean;
  isCursorHidden(): boolean;
  resize(columns: number, rows: number): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the program has ended and all that it wrote is on the screen. */
  exit(): Promise<PtyExit>;
}

/** Starts `file` with `args`. A program still running at the end of a test is the test's to end, with `kill`. */
export function startPty(file: string, args: readonly string[], options: PtyOptions = {}): Pty {
  const columns = options.columns ?? 80;
  const rows = options.rows ?? 24;
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const screen = new xterm.Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true });
  const term = options.term ?? 'xterm-256color';
  const program = spawn(file, [...args], {
    name: term,
    cols: columns,
    rows,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...(options.env ?? ownEnvironment()), TERM: term },
  });

  let raw = '';
  let ended: PtyExit | null = null;
  let looks: (() => void)[] = [];
  const lookAgain = (): void => {
    for (const look of looks) {
      look();
    }
  };
  program.onData((data) => {
    raw += data;
    screen.write(data, lookAgain);
  });
  program.onExit(({ exitCode, signal }) => {
    // The emulator draws in its own time: an empty write comes after all that was written before.
    screen.write('', () => {
      ended = { code: exitCode, signal: signal ?? 0 };
      lookAgain();
    });
  });

  /** Resolves with the first result of `look` that is not null, asked again at each change. */
  const until = <Result>(what: string, isExitExpected: boolean, look: () => Result | null): Promise<Result> =>
    new Promise((resolve, reject) => {
      const settle = (): boolean => {
        const result = look();
        if (result !== null) {
          resolve(result);
          return true;
        }
        if (ended !== null && !isExitExpected) {
          reject(
            new Error(`the program ended (${JSON.stringify(ended)}) without ${what}; the screen:\n${text(screen)}`),
          );
          return true;
        }
        return false;
      };
      const stop = (): void => {
        clearTimeout(deadline);
        looks = looks.filter((other) => other !== again);
      };
      const again = (): void => {
        if (settle()) {
          stop();
        }
      };
      const deadline = setTimeout(() => {
        stop();
        reject(new Error(`no ${what} in ${deadlineMs / 1000} s; the screen:\n${text(screen)}`));
      }, deadlineMs);
      looks.push(again);
      again();
    });

  return {
    pid: program.pid,
    waitFor: (what, { times = 1 } = {}) =>
      until(`${JSON.stringify(String(what))} on the screen`, false, () => {
        const shown = text(screen);
        return count(shown, what) >= times || count(unwrapped(screen), what) >= times ? shown : null;
      }),
    send: (keys) => program.write(keys),
    paste(pasted) {
      const lines = pasted.replaceAll(/\r?\n/g, '\r');
      program.write(screen.modes.bracketedPasteMode ? `\x1b[200~${lines}\x1b[201~` : lines);
    },
    screen: () => text(screen),
    shown: () => styledRows(screen),
    raw: () => raw,
    isMarkingPastes: () => screen.modes.bracketedPasteMode,
    isCursorHidden: () => raw.lastIndexOf('\x1b[?25l') > raw.lastIndexOf('\x1b[?25h'),
    resize(newColumns, newRows) {
      screen.resize(newColumns, newRows);
      program.resize(newColumns, newRows);
    },
    kill: (signal) => program.kill(signal),
    exit: () => until('an end', true, () => ended),
  };
}

type Screen = InstanceType<typeof xterm.Terminal>;

function text(screen: Screen): string {
  return rowsOf(screen)
    .map((row) => row.text.trimEnd())
    .join('\n')
    .trimEnd();
}

/** The same, with the rows that one long line took joined again. */
function unwrapped(screen: Screen): string {
  return rowsOf(screen)
    .map((row, index) => (row.isWrapped || index === 0 ? row.text : `\n${row.text}`))
    .join('')
    .trimEnd();
}

function rowsOf(screen: Screen): { text: string; isWrapped: boolean }[] {
  const buffer = screen.buffer.active;
  return Array.from({ length: buffer.length }, (_, index) => {
    const line = buffer.getLine(index);
    return { text: line?.translateToString(true) ?? '', isWrapped: line?.isWrapped ?? false };
  });
}

function styledRows(screen: Screen): Run[][] {
  const buffer = screen.buffer.active;
  const rows = Array.from({ length: screen.rows }, (_, row) => runsOf(buffer.getLine(buffer.viewportY + row)));
  return rows.slice(0, rows.findLastIndex((runs) => runs.length > 0) + 1);
}

function runsOf(line: ReturnType<Screen['buffer']['active']['getLine']>): Run[] {
  const runs: { -readonly [Key in keyof Run]: Run[Key] }[] = [];
  const end = line?.translateToString(true).trimEnd().length ?? 0;
  for (let column = 0; column < end; column++) {
    const cell = line!.getCell(column)!;
    const style = {
      colour: cell.isFgPalette() ? cell.getFgColor() : null,
      isBold: cell.isBold() !== 0,
      isDim: cell.isDim() !== 0,
      isInverse: cell.isInverse() !== 0,
    };
    const last = runs.at(-1);
    const isSame =
      last !== undefined &&
      (Object.keys(style) as (keyof typeof style)[]).every((property) => last[property] === style[property]);
    if (isSame) last.text += cell.getChars() || ' ';
    else runs.push({ text: cell.getChars() || ' ', column, ...style });
  }
  return runs;
}

function count(shown: string, what: string | RegExp): number {
  if (typeof what === 'string') {
    return shown.split(what).length - 1;
  }
  const flags = what.flags.includes('g') ? what.flags : `${what.flags}g`;
  return [...shown.matchAll(new RegExp(what.source, flags))].length;
}

function ownEnvironment(): Record<string, string> {
  const { CI: _ci, NO_COLOR: _noColor, ...rest } = process.env;
  return Object.fromEntries(Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
