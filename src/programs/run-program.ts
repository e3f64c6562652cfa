/**
 * A program that knox starts for a person: a route's test or deploy command, a source. `sh -c` in the vault's root, its input on stdin,
 * an end after its time; all that it started ends with it, and with knox.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { formatDuration } from '../domain/duration.ts';
import { maskText } from '../domain/mask.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { printable } from '../domain/printable.ts';
import { errors } from '../errors.ts';
import { ShownOutput } from './shown-output.ts';
import type { Showing } from './shown-output.ts';

/** The end of what a program printed is what explains its failure. */
const KEPT_BYTES = 65_536;
/** The most that an answer can be: a value of 1 MiB in base64, and some room. */
const LONGEST_ANSWER = 2 << 20;
const SHOWN_LINES = 12;
/** How long the last output of a program that has ended is waited for. */
const LAST_WORDS_MS = 250;
/** What ends knox ends the program too: it is in a group of its own, where the terminal's Ctrl-C does not reach it. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface ProgramOptions {
  /** For `sh -c`. */
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: Uint8Array;
  readonly timeoutSeconds: number;
  readonly signals: NodeJS.EventEmitter | null;
  /** Whether stdout is an answer: kept whole, and no part of what the program said. */
  readonly answers?: boolean;
  /** Where each line that it prints is shown as it comes. */
  readonly showing?: Showing | undefined;
}

export interface ProgramEnd {
  /** Null where it was ended by a signal or its time, or could not be started. */
  readonly status: number | null;
  /** In words: `failed with exit status 3`; `done` for 0. */
  readonly how: string;
  /** Of a program that answers. */
  readonly answer: Buffer;
  /** The end of what it said, masked, indented, or empty. */
  readonly said: (secrets: readonly MaskedSecret[]) => string;
}

/** @throws cancelled by a signal, io for an answer without an end */
export async function runProgram(options: ProgramOptions): Promise<ProgramEnd> {
  // A secret may be part of it.
  if (options.command.includes('\0'))
    return { status: null, how: 'could not be started: its text has a NUL', answer: Buffer.alloc(0), said: () => '' };
  const { signals } = options;
  // Listened for before there is a program: a signal that came in between would end knox and leave the program.
  for (const signal of ENDING) signals?.on(signal, waits);
  try {
    return await runToItsEnd(options);
  } finally {
    for (const signal of ENDING) signals?.off(signal, waits);
  }
}

/** What the signal does is up to whoever listens beside it, once it is handed out. */
function waits(): void {}

async function runToItsEnd(options: ProgramOptions): Promise<ProgramEnd> {
  const child = spawn('/bin/sh', ['-c', options.command], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that all that it started can be ended with it.
    detached: true,
  });
  const said = new Tail();
  const { showing } = options;
  const shown = showing === undefined ? null : { out: new ShownOutput(showing), err: new ShownOutput(showing) };
  const answer: Buffer[] = [];
  let length = 0;
  child.stderr.on('data', (part: Buffer) => {
    said.take(part);
    shown?.err.take(part);
  });
  child.stdout.on('data', (part: Buffer) => {
    shown?.out.take(part);
    if (options.answers !== true) said.take(part);
    else if ((length += part.length) > LONGEST_ANSWER) endGroup(child);
    else answer.push(part);
  });
  // A program that does not read what it is given closes the pipe: that is not a failure.
  child.stdin.on('error', () => undefined);
  child.stdin.end(Buffer.from(options.input));
  const { status, how } = await endOf(child, options.timeoutSeconds, options.signals).finally(() => {
    shown?.out.end();
    shown?.err.end();
  });
  if (length > LONGEST_ANSWER) throw errors.io('the program answered with more than 2 MiB');
  return { status, how, answer: Buffer.concat(answer), said: (secrets) => said.lines(secrets) };
}

/** The last of an output. */
class Tail {
  #kept = Buffer.alloc(0);
  #isCut = false;

  take(part: Buffer): void {
    this.#kept = Buffer.concat([this.#kept, part]);
    if (this.#kept.length <= 2 * KEPT_BYTES) return;
    this.#kept = this.#kept.subarray(-KEPT_BYTES);
    this.#isCut = true;
  }

  lines(secrets: readonly MaskedSecret[]): string {
    const kept = this.#kept;
    // Where it was cut, the rest of a value may stand, which nothing would recognise: that line goes.
    const whole = this.#isCut ? kept.subarray(kept.includes(10) ? kept.indexOf(10) + 1 : kept.length) : kept;
    const masked = Buffer.from(maskText(whole, secrets)).toString('utf8');
    const lines = masked.split(/\r?\n/).map((line) => `  ${printable(line)}`.trimEnd());
    return lines
      .filter((line) => line !== '')
      .slice(-SHOWN_LINES)
      .join('\n');
  }
}

function endOf(
  child: ChildProcess,
  timeoutSeconds: number,
  signals: NodeJS.EventEmitter | null,
): Promise<{ status: number | null; how: string }> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      endGroup(child);
    }, timeoutSeconds * 1000);
    const cancel = (): void => {
      endGroup(child);
      finish(() => reject(errors.cancelled('cancelled; the command was stopped')));
    };
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      for (const signal of ENDING) signals?.off(signal, cancel);
      // A program that the command left in the background may hold the pipes for ever.
      child.stdout!.destroy();
      child.stderr!.destroy();
      settle();
    };
    for (const signal of ENDING) signals?.on(signal, cancel);
    child.once('error', (error) => {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      finish(() => resolve({ status: null, how: `could not be started (${code})` }));
    });
    // Its own end counts; what it printed last is waited for, but not for whoever else holds the pipe.
    child.once('exit', (code, signal) => {
      const how = isLate
        ? `timed out after ${formatDuration(timeoutSeconds)}`
        : signal !== null
          ? `was killed by ${signal}`
          : code === 0
            ? 'done'
            : `failed with exit status ${code}`;
      const ended = { status: isLate ? null : code, how };
      const last = setTimeout(() => finish(() => resolve(ended)), LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(last);
        finish(() => resolve(ended));
      });
    });
  });
}

/** Ends the program and whatever it started. */
function endGroup(child: ChildProcess): void {
  try {
    // oxlint-disable-next-line no-restricted-globals -- a group is signalled by no other way
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
