/** Runs knox in this process on a real folder: made-up surroundings, a fake clock, captured streams. What it prints as JSON has to be as its schema says. */
import { Readable, Writable } from 'node:stream';
import type { Io } from '../../src/session.ts';
import { run } from '../../src/main.ts';
import { requireDocuments } from './json-documents.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export async function runKnox(
  cwd: string,
  argv: readonly string[],
  stdin = '',
  env: Record<string, string> = {},
  /** Other surroundings: a clock, answers to questions, a terminal's width. */
  surroundings: Partial<Io> = {},
): Promise<Ran> {
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const sink = (into: Buffer[]) =>
    new Writable({
      write(part: Buffer, _encoding, next) {
        into.push(Buffer.from(part));
        next();
      },
    });
  const exit = await run(argv, {
    stdin: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
    stdout: sink(parts.stdout),
    stderr: sink(parts.stderr),
    env: { XDG_STATE_HOME: `${cwd}/state`, ...env },
    cwd,
    now: () => new Date('2026-01-10T12:00:00.000Z'),
    sleep: async () => undefined,
    fetch,
    userName: () => 'tester@test',
    ...surroundings,
  });
  const ran = { exit, stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr).toString() };
  requireDocuments(argv, ran);
  return ran;
}
