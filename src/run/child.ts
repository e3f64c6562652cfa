/** A program with its secrets: signals reach it, its exit status comes back, and what it prints passes through the mask. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import type { MaskedSecret } from '../domain/mask.ts';
import { errors } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { startable } from './find-program.ts';
import { MaskOutput } from './mask-output.ts';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Null: no masking; the child has knox's own streams. */
  readonly secrets: readonly MaskedSecret[] | null;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Where signals come from, or null. */
  readonly signals: NodeJS.EventEmitter | null;
  /** A terminal sends its own signals to the child as well, since both are in its foreground. */
  readonly isOnTerminal: boolean;
  readonly onStart: (pid: number) => void;
}

export interface Ended {
  /** The child's own, 128 and the number for a signal. */
  readonly exit: number;
  readonly masked: number;
}

/** Handed on to the child. What a terminal's keys send reaches it by itself. */
const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;
const FROM_KEYS = ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const;

/** What a program prints last is waited for this long after its end, where another one still holds the pipe. */
const LAST_WORDS_MS = 1000;
const TICK_MS = 100;

/** @returns the error, with the exit status that goes with it, where it could not be started */
export function runChild(options: ChildOptions): Promise<Ended | { readonly error: KnoxError; readonly exit: number }> {
  const { command, args, env, cwd, secrets, signals } = options;
  const pipe = secrets === null ? 'inherit' : 'pipe';
  // In place before the child is there: a signal in between must reach it.
  const early: NodeJS.Signals[] = [];
  let child: ChildProcess | null = null;
  const names = [...FORWARDED, ...FROM_KEYS];
  const handlers = names.map((signal) => {
    const isTheTerminals = options.isOnTerminal && (FROM_KEYS as readonly string[]).includes(signal);
    const handler = (): void => {
      if (child === null) early.push(signal);
      else if (!isTheTerminals) child.kill(signal);
      else if (signal === 'SIGTSTP') stopOneself();
    };
    signals?.on(signal, handler);
    return () => signals?.off(signal, handler);
  });
  return new Promise((resolve) => {
    const finish = (result: Ended | { error: KnoxError; exit: number }): void => {
      for (const off of handlers) off();
      resolve(result);
    };
    const missing = startable(command, env, cwd);
    if (missing !== null) {
      finish(missing);
      return;
    }
    child = spawn(command, [...args], { cwd, env: { ...env }, stdio: ['inherit', pipe, pipe] });
    if (child.pid !== undefined) options.onStart(child.pid);
    for (const signal of early) child.kill(signal);
    child.once('error', (error) => finish(startFailure(command, error)));
    const masks =
      secrets === null ? [] : [pass(child, 'stdout', options, secrets), pass(child, 'stderr', options, secrets)];
    child.once('exit', (code, signal) => {
      const exit = code ?? 128 + (constants.signals[signal!] ?? 0);
      let isOver = false;
      const end = (): void => {
        if (isOver) return;
        isOver = true;
        clearInterval(timer);
        for (const { stop } of masks) stop();
        finish({ exit, masked: masks.reduce((total, { mask }) => total + mask.count, 0) });
      };
      // What is still on its way to a slow reader is waited for; a pipe that is merely held open by another program is not.
      let idleMs = 0;
      const timer = setInterval(() => {
        idleMs = masks.some(({ isBusy }) => isBusy()) ? 0 : idleMs + TICK_MS;
        if (idleMs >= LAST_WORDS_MS) end();
      }, TICK_MS);
      void Promise.all(masks.map(({ done }) => done)).then(end);
    });
  });
}

/** The child stops by the same key: whoever waits for knox is to see it stopped as well. */
function stopOneself(): void {
  // oxlint-disable-next-line no-restricted-globals -- only a signal stops a process
  process.kill(process.pid, 'SIGSTOP');
}

function startFailure(command: string, error: Error): { error: KnoxError; exit: number } {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'E2BIG')
    return { exit: 125, error: errors.io(`the command ${command} could not be started (${code ?? 'unknown'})`) };
  const hint = 'pass some as files: --mount VAR=FILE';
  return { exit: 125, error: errors.invalid_value('the variables together are too long for the system', hint) };
}

/** A reader that leaves is a closed pipe for the child as well, and the signal that comes with one. */
function pass(
  child: ChildProcess,
  name: 'stdout' | 'stderr',
  options: ChildOptions,
  secrets: readonly MaskedSecret[],
): { mask: MaskOutput; done: Promise<void>; isBusy: () => boolean; stop: () => void } {
  const from: Readable = child[name]!;
  const to = options[name];
  const mask = new MaskOutput(secrets, (to as Partial<WriteStream>).isTTY === true);
  const close = (): void => {
    from.destroy();
    child.kill('SIGPIPE');
  };
  to.on('error', close);
  from.pipe(mask).pipe(to, { end: false });
  const done = new Promise<void>((resolve) => {
    mask.once('end', resolve);
    from.once('close', () => {
      if (!from.readableEnded) resolve();
    });
  });
  return {
    mask,
    done,
    isBusy: () =>
      from.readableLength +
        mask.readableLength +
        mask.writableLength +
        ((to as Partial<Writable>).writableLength ?? 0) >
      0,
    stop: () => {
      from.destroy();
      mask.unpipe(to);
      const held = mask.release();
      if (held.length > 0) to.write(held);
      else to.off('error', close);
    },
  };
}
