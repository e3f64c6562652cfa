/**
 * A test or deploy command: `sh -c` in the vault's root, the rendered route on stdin, an end after its time. What it prints is kept
 * only to explain a failure, and masked before anybody sees it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { formatDuration } from '../domain/duration.ts';
import { maskText } from '../domain/mask.ts';
import type { MaskedSecret } from '../domain/mask.ts';
import { reveal } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { errors } from '../errors.ts';
import type { RouteServices } from './probe.ts';

/** The end of what a command printed is what explains its failure. */
const KEPT_BYTES = 65_536;
const SHOWN_LINES = 12;
/** How long the last output of a command that has ended is waited for. */
const LAST_WORDS_MS = 250;
/** What ends knox ends the command too: it is in a group of its own, where the terminal's Ctrl-C does not reach it. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface HookOptions {
  readonly command: string;
  readonly route: string;
  readonly environment: string;
  readonly rotation: string | null;
  readonly attempt: string | null;
  /** What the route renders to. */
  readonly input: Plaintext;
  readonly secrets: readonly MaskedSecret[];
  readonly timeoutSeconds: number;
  readonly services: RouteServices;
}

/** @throws hook_failed, with the exit status and the last lines, masked; cancelled by a signal */
export async function runHook(options: HookOptions): Promise<void> {
  const { command, services, input, timeoutSeconds } = options;
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: services.root,
    env: { ...services.environment, ...variables(options) },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that all that it started can be ended with it.
    detached: true,
  });
  const output = collect(child);
  // A command that does not read what it is given closes the pipe: that is no failure.
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(Buffer.from(reveal(input)));
  const ended = await endOf(child, timeoutSeconds, services.signals);
  if (ended === 'done') return;
  const said = lastLines(output(), options.secrets);
  const text = said === '' ? '' : `\n${said}`;
  throw errors.hook_failed(
    `the command of ${options.route} for ${options.environment} ${ended}${text}`,
    'run it by hand to see more; the rendered file comes on its stdin',
  );
}

function variables({ route, environment, rotation, attempt }: HookOptions): Record<string, string> {
  return {
    KNOX_ROUTE: route,
    KNOX_ENVIRONMENT: environment,
    KNOX_ROTATION: rotation ?? '',
    KNOX_ATTEMPT: attempt ?? '',
  };
}

function collect(child: ChildProcess): () => Buffer {
  let kept = Buffer.alloc(0);
  let isCut = false;
  const take = (part: Buffer): void => {
    kept = Buffer.concat([kept, part]);
    if (kept.length <= 2 * KEPT_BYTES) return;
    kept = kept.subarray(-KEPT_BYTES);
    isCut = true;
  };
  child.stdout!.on('data', take);
  child.stderr!.on('data', take);
  // Where it was cut, the rest of a value may stand, which nothing would recognise: that line goes.
  return () => (isCut ? kept.subarray(kept.includes(10) ? kept.indexOf(10) + 1 : kept.length) : kept);
}

function endOf(child: ChildProcess, timeoutSeconds: number, signals: NodeJS.EventEmitter | null): Promise<string> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      endGroup(child);
    }, timeoutSeconds * 1000);
    const cancel = (): void => {
      endGroup(child);
      finish(() => reject(errors.cancelled('cancelled; the command was ended')));
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
    child.once('error', (error) =>
      finish(() => resolve(`could not be started (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)),
    );
    // Its own end counts; what it printed last is waited for, but not for whoever else holds the pipe.
    child.once('exit', (code, signal) => {
      const how = isLate
        ? `did not end in ${formatDuration(timeoutSeconds)}`
        : signal !== null
          ? `was ended by ${signal}`
          : code === 0
            ? 'done'
            : `failed with exit status ${code}`;
      const last = setTimeout(() => finish(() => resolve(how)), LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(last);
        finish(() => resolve(how));
      });
    });
  });
}

/** Ends the command and whatever it started. */
function endGroup(child: ChildProcess): void {
  try {
    // oxlint-disable-next-line no-restricted-globals -- a group is signalled by no other way
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function lastLines(output: Buffer, secrets: readonly MaskedSecret[]): string {
  const masked = Buffer.from(maskText(output, secrets)).toString('utf8');
  const lines = masked.split(/\r?\n/).map((line) => `  ${printable(line)}`.trimEnd());
  return lines
    .filter((line) => line !== '')
    .slice(-SHOWN_LINES)
    .join('\n');
}
