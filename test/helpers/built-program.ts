/** Starts knox as a user has it: built from the present source, in a process of its own. On a terminal: built-terminal.ts. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** The checkout's folder. */
export const ROOT = join(import.meta.dirname, '../..');

/**
 * The file to run as `process.execPath FILE ARGUMENTS`.
 * @throws where it could not be built
 */
export function builtProgram(): string {
  const failure = inject('buildFailure');
  if (failure !== '') throw new Error(`the program could not be built: ${failure}`);
  return join(ROOT, 'bin/knox.js');
}

/** For the environment of a program that a test starts many times: what Node compiled of it before, in this run of the tests. */
export const COMPILED: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
};

/** Far above what any command takes, so that only one that hangs meets it. */
const DEADLINE_MS = 120_000;

/** Variables; undefined takes away one that would be there. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface Surroundings {
  /** Also its home, the place of its state and of the key file `k.key`. */
  readonly cwd: string;
  /** On top of `environmentOf(cwd)`. */
  readonly env?: Variables;
  /** Who runs it; the group has the same number. */
  readonly uid?: number;
  /** Options of Node, before the program. */
  readonly node?: readonly string[];
  /** What starts Node, such as `unshare -pf`. */
  readonly by?: readonly string[];
}

export interface Given extends Surroundings {
  readonly stdin?: string | Buffer;
  /** How stdout becomes text; `latin1` keeps each byte. */
  readonly encoding?: BufferEncoding;
}

export interface Exited {
  /** Null where a signal ended it. */
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The variables of somebody whose home is `folder`: nothing of whoever runs the tests but PATH. */
export function environmentOf(folder: string, more: Variables = {}): Record<string, string> {
  const all: Variables = {
    PATH: process.env['PATH'],
    HOME: folder,
    LANG: 'C.UTF-8',
    KNOX_KEY_FILE: join(folder, 'k.key'),
    XDG_STATE_HOME: join(folder, 'state'),
    ...COMPILED,
    ...more,
  };
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function commandOf(argv: readonly string[], { cwd, env, uid, node = [], by = [] }: Surroundings) {
  const [file, ...before] = [...by, process.execPath];
  return {
    file: file ?? process.execPath,
    argv: [...before, ...node, builtProgram(), ...argv],
    options: { cwd, env: environmentOf(cwd, { CI: '1', ...env }), ...(uid === undefined ? {} : { uid, gid: uid }) },
  };
}

/** Runs it to its end while this process waits: nothing that it asks of this process is answered. */
export function runBuiltSync(argv: readonly string[], given: Given): Exited {
  const command = commandOf(argv, given);
  const ran = spawnSync(command.file, command.argv, {
    ...command.options,
    input: given.stdin ?? '',
    maxBuffer: 64 << 20,
    timeout: DEADLINE_MS,
  });
  if (ran.error !== undefined) throw ran.error;
  const stdout = ran.stdout.toString(given.encoding ?? 'utf8');
  return { exit: ran.status, signal: ran.signal, stdout, stderr: ran.stderr.toString() };
}

/** Runs it to its end. */
export function runBuilt(argv: readonly string[], given: Given): Promise<Exited> {
  const started = startBuilt(argv, given);
  started.child.stdin.end(given.stdin ?? '');
  return started.ended;
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has written to stdout by now. */
  readonly out: () => string;
  /** Resolves once stdout contains this; fails where it ends without it. */
  readonly shows: (text: string) => Promise<void>;
  /** Resolves when it has ended and its streams are closed. */
  readonly ended: Promise<Exited>;
}

/** Starts it and leaves its stdin open. */
export function startBuilt(argv: readonly string[], surroundings: Omit<Given, 'stdin'>): Started {
  const command = commandOf(argv, surroundings);
  const child = spawn(command.file, command.argv, command.options);
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (part: Buffer) => void parts[stream].push(part));
  // A program that ends before it has read everything closes the pipe.
  child.stdin.on('error', () => undefined);
  const out = () => Buffer.concat(parts.stdout).toString(surroundings.encoding ?? 'utf8');
  const err = () => Buffer.concat(parts.stderr).toString();
  const ended = new Promise<Exited>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit, signal) => resolve({ exit, signal, stdout: out(), stderr: err() }));
  });
  const shows = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (out().includes(text)) resolve();
      };
      child.stdout.on('data', look);
      child.on('close', () => reject(new Error(`it ended without showing ${text}; it showed ${out()}${err()}`)));
      look();
    });
  return { child, out, shows, ended };
}

/** @throws where a command that only prepares fails */
export function successful<Result extends { readonly exit: number | null; readonly stderr: string }>(
  ran: Result,
): Result {
  if (ran.exit !== 0) throw new Error(`exit ${ran.exit}: ${ran.stderr}`);
  return ran;
}

/** The program as words of a shell. */
export function shellCommand(): string {
  return `"${process.execPath}" "${builtProgram()}"`;
}

/** Puts a `knox` that runs the built program into a folder, which may then stand on PATH. @returns the file */
export function installKnox(folder: string): string {
  const file = join(folder, 'knox');
  writeFileSync(file, `#!/bin/sh\nexec ${shellCommand()} "$@"\n`, { mode: 0o755 });
  return file;
}
