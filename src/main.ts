/** The way in: `run` takes arguments and surroundings and gives an exit status; `main` hands it the process's own. The only catch-all. */
import { readFileSync } from 'node:fs';
import { userInfo, hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Context } from './context.ts';
import type { Io } from './session.ts';
import { errors, isKnoxError } from './errors.ts';
import type { KnoxError } from './errors.ts';
import type { View } from './output/view.ts';
import { bugPlace, errorLines } from './output/error-text.ts';
import { commandWord, parseArguments } from './program.ts';

interface Running {
  isJson: boolean;
  context?: Context;
}

/** @param argv without the program's own name @returns the exit status */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  // Behind -- it is another program's.
  const isJson = argv.slice(0, argv.indexOf('--') === -1 ? argv.length : argv.indexOf('--')).includes('--json');
  const running: Running = { isJson };
  const failed = (error: unknown): number => {
    const exit = report(error, running.isJson, io);
    // A program that takes knox for its command must be able to tell whose failure it was.
    return commandWord(argv) === 'run' && exit !== 0 ? 125 : exit;
  };
  const exit = await answer(argv, io, running).catch(failed);
  try {
    await running.context?.close();
    return exit;
  } catch (error) {
    const late = failed(error);
    return exit === 0 ? late : exit;
  }
}

async function answer(argv: readonly string[], io: Io, running: Running): Promise<number> {
  const parsed = await parseArguments(argv, io);
  if ('help' in parsed) {
    if (parsed.error !== undefined) return reportUsage(parsed.error, parsed.help, running.isJson, io);
    await write(io, Buffer.from(parsed.help));
    return 0;
  }
  running.isJson = parsed.globals.json === true;
  running.context = new Context(io, parsed.globals);
  const view = await parsed.run(running.context);
  await write(io, await bytesOf(view, running.context));
  if (view.error === undefined) {
    sayNext(view, running.context);
    return view.exit ?? 0;
  }
  const exit = report(view.error, running.isJson, io);
  return view.exit ?? exit;
}

/** Only where the output is read by a person who decides what to type: no pipe, no CI, no `--yes`. */
function sayNext({ next }: View, context: Context): void {
  const { io, options } = context;
  const isRead = io.stdout.isTTY === true && io.stderr.isTTY === true && context.variable('CI') === null;
  if (next !== undefined && next !== null && isRead && options.yes !== true) context.say(`Next: ${next}`);
}

function report(error: unknown, isJson: boolean, io: Io): number {
  if (isClosedPipe(error)) return 0;
  const known = toKnoxError(error);
  io.stderr.write(errorLines(known, isJson));
  return known.exit;
}

/** The command line said too little: for a person the help says what else there is. */
function reportUsage(error: KnoxError, help: string, isJson: boolean, io: Io): number {
  if (isJson) return report(error, isJson, io);
  io.stderr.write(`${help.trimEnd()}\n\n${errorLines(errors.usage(error.message), isJson)}`);
  return error.exit;
}

function isClosedPipe(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'EPIPE';
}

function toKnoxError(error: unknown): KnoxError {
  if (isKnoxError(error)) return error;
  const name = (error as { name?: unknown } | null)?.name;
  if (name === 'ExitPromptError' || name === 'AbortError') return errors.cancelled('cancelled');
  return errors.bug(
    `internal error (${bugPlace(error)})`,
    'no change to the vault was left half done; please report this with the command that you ran, without values',
  );
}

/** stdout's bytes of a view. */
async function bytesOf(view: View, context: Context): Promise<Uint8Array> {
  if (context.isJson && view.json !== undefined) return Buffer.from(`${JSON.stringify(view.json, null, 2)}\n`);
  if (view.bytes !== undefined) return view.bytes;
  if (view.table === undefined && view.draw === undefined) return lineOf(view.text);
  const { stdout } = context.io;
  const isTerminal = stdout.isTTY === true;
  const width = Math.max(40, stdout.columns || 80);
  const target = { isTerminal, width, style: await context.style(stdout), moments: context.moments(stdout) };
  if (view.draw !== undefined) return lineOf(await view.draw(target));
  const { renderTable } = await import('./terminal/table.ts');
  const above = isTerminal ? lineOf(view.text) : Buffer.alloc(0);
  return Buffer.concat([above, Buffer.from(await renderTable(view.table!, target))]);
}

function lineOf(text: string | undefined): Buffer {
  return Buffer.from(text === undefined || text === '' ? '' : `${text}\n`);
}

/** Waits until the stream took it all. @throws EPIPE for a closed stream, io for a full disk */
function write(io: Io, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    io.stdout.write(bytes, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(isClosedPipe(error) ? error : errors.io('cannot write to standard output: is the disk full?'));
    });
  });
}

/** Name and machine; a user without a name in the system's list is their number. */
function userName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
}

/** As Linux tells it, in every container too. */
function bootTime(): { boot: string; seconds: number } | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    const seconds = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
    return Number.isFinite(seconds) ? { boot, seconds } : null;
  } catch {
    return null;
  }
}

const ignore = (): void => undefined;

/** A closed pipe is met where it is written to; this keeps the stream's own event from ending the process with a trace. */
function quietly<S extends NodeJS.WriteStream>(stream: S): S {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  return stream;
}

/** Runs knox for this process. */
export async function main(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), {
    // Each stream is made when it is first used: together they cost more than reading a value does.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return quietly(process.stdout);
    },
    get stderr() {
      return quietly(process.stderr);
    },
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    bootTime,
    sleep: async (milliseconds) => pause(milliseconds),
    fetch: (...request) => fetch(...request),
    userName,
    nodeVersion: process.versions.node,
    pid: process.pid,
    uid: process.getuid?.(),
    platform: process.platform,
    signals: process,
  });
}
