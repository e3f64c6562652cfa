/**
 * A program in a terminal of its own, so that colours, prompts and full-screen programs work while what it shows is masked. What is typed
 * goes through untouched; the window's size follows.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import type { MaskedSecret } from '../domain/mask.ts';
import type { Ended } from './child.ts';
import { startable } from './find-program.ts';
import { asJob, jobOf, shellFor, STOPPED } from './job.ts';
import { MaskOutput } from './mask-output.ts';

export interface TerminalOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly secrets: readonly MaskedSecret[];
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly signals: NodeJS.EventEmitter | null;
  readonly onStart: (pid: number) => void;
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGTSTP', 'SIGCONT'] as const;

/** A stop takes hold within this time; what comes after it runs when knox was continued. */
const STOP_MS = 50;

/** @returns null where no terminal can be made here: the library is not installed, or the system gives none */
export async function runInTerminal(options: TerminalOptions): Promise<Ended | ReturnType<typeof startable>> {
  const { command, args, env, cwd, secrets, stdin, stdout, signals } = options;
  const missing = startable(command, env, cwd);
  if (missing !== null) return missing;
  const terminal = await open();
  if (terminal === null) return null;
  const job = asJob(command, args, shellFor(Object.keys(env)));
  const child = terminal.spawn(job.file, job.args, {
    name: env['TERM'] ?? 'xterm',
    cols: stdout.columns,
    rows: stdout.rows,
    cwd,
    env: { ...env },
    encoding: null,
  });
  options.onStart(child.pid);
  const mask = new MaskOutput(secrets, true);
  mask.pipe(stdout, { end: false });
  child.onData((data) => {
    // Typed as text by the library; with no encoding it is bytes, which are written as they are.
    if (!mask.write(data)) {
      child.pause();
      mask.once('drain', () => child.resume());
    }
  });
  const type = (data: Buffer): void => child.write(data as unknown as string);
  const resize = (): void => child.resize(stdout.columns, stdout.rows);
  const handlers = new Map<NodeJS.Signals, () => void>(
    FORWARDED.map((signal) => [signal, () => sendTo((job.isJob ? jobOf(child.pid) : null) ?? child.pid, signal)]),
  );
  if (job.isJob) handlers.set(STOPPED, () => void stop());
  for (const [signal, handler] of handlers) signals?.on(signal, handler);
  const stop = async (): Promise<void> => {
    stdin.setRawMode(false);
    stopOwnGroup(signals, handlers.get('SIGTSTP')!);
    await pause(STOP_MS);
    signals?.on('SIGTSTP', handlers.get('SIGTSTP')!);
    stdin.setRawMode(true);
    resize();
    child.kill('SIGCONT');
  };
  stdin.setRawMode(true);
  stdin.on('data', type);
  stdin.resume();
  stdout.on('resize', resize);
  const ended = await new Promise<{ exitCode: number; signal?: number | undefined }>((_resolve) =>
    child.onExit(_resolve),
  );
  for (const [signal, handler] of handlers) signals?.off(signal, handler);
  stdout.off('resize', resize);
  stdin.off('data', type);
  stdin.setRawMode(false);
  stdin.pause();
  await new Promise<void>((_resolve) => {
    mask.once('end', _resolve);
    mask.end();
  });
  const signal = ended.signal ?? 0;
  return { exit: signal > 0 ? 128 + signal : ended.exitCode, masked: mask.count };
}

/** With the launcher and whatever else the person's shell started together with knox, as its Ctrl-Z would have done. */
function stopOwnGroup(signals: NodeJS.EventEmitter | null, handler: () => void): void {
  signals?.off('SIGTSTP', handler);
  // oxlint-disable-next-line no-restricted-globals -- only a signal stops a process
  process.kill(0, 'SIGTSTP');
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    // oxlint-disable-next-line no-restricted-globals -- the only way to send a signal
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** The library comes as an optional dependency: it has binaries for the usual systems, and there are others. */
async function open() {
  try {
    return await import('@lydell/node-pty');
  } catch {
    return null;
  }
}
