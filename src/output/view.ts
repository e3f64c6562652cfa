/** What a command gives back: data for `--json`, and text for people. A command never prints. */
import type { Moments } from '../domain/moments.ts';
import type { Style } from '../terminal/style.ts';
import type { TableContent } from '../terminal/table.ts';

/** Where a view is drawn to. */
export interface Target {
  readonly isTerminal: boolean;
  /** Columns of the window; not to be used in a pipe. */
  readonly width: number;
  readonly style: Style;
  /** How times are written there. */
  readonly moments: Moments;
}

export interface View {
  /** The one JSON document; left out where the command has none. */
  readonly json?: unknown;
  /** Text for stdout, without a final newline; empty for none. */
  readonly text?: string;
  /** A list: drawn as a table on a terminal, tab-separated rows in a pipe. `text` stands above it, on a terminal only. */
  readonly table?: TableContent;
  /** Text that depends on where it is drawn to. */
  readonly draw?: (target: Target) => string | Promise<string>;
  /** Exact bytes for stdout in place of text. */
  readonly bytes?: Uint8Array;
  /** What somebody most likely types next, on one line: said to a person at a terminal, never where a script reads. */
  readonly next?: string | null;
  /** Exit status where it is not 0. */
  readonly exit?: number;
  /** Errors to report although there is a document: what was done is kept and shown. */
  readonly error?: unknown;
}
