/** Git as a program: always without a shell, never with a value among its arguments, its messages in English. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { printable } from '../domain/printable.ts';
import { GIT_OPTIONS, GIT_VARIABLES } from '../files/git-settings.ts';

export type Environment = Readonly<Record<string, string>>;

/** What a hook or a caller says of its own repository does not hold for the folder that is looked at. */
const LOCAL = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY'];

export class Git {
  readonly #cwd: string;
  readonly #env: Record<string, string>;

  /** @param isOwn whether the caller's own repository and index are meant (a hook), wherever they are */
  constructor(cwd: string, env: Environment, isOwn = false) {
    this.#cwd = cwd;
    const kept = Object.entries(env).filter(([name]) => isOwn || !LOCAL.includes(name));
    this.#env = {
      ...Object.fromEntries(kept),
      ...GIT_VARIABLES,
    };
  }

  start(args: readonly string[]): GitRun {
    return new GitRun(
      spawn('git', [...GIT_OPTIONS, ...args], { cwd: this.#cwd, env: this.#env, stdio: ['pipe', 'pipe', 'pipe'] }),
    );
  }

  /** Runs to the end. */
  async ask(args: readonly string[]): Promise<GitEnd & { readonly text: string }> {
    const run = this.start(args);
    run.child.stdin.end();
    const parts: Buffer[] = [];
    for await (const part of run.child.stdout) parts.push(part as Buffer);
    return { ...(await run.end), text: Buffer.concat(parts).toString('utf8') };
  }
}

export interface GitEnd {
  /** Null where it could not be started or was ended. */
  readonly status: number | null;
  /** Whether there is a git at all. */
  readonly isThere: boolean;
  /** The lines that it wrote on stderr. */
  readonly said: readonly string[];
}

export class GitRun {
  readonly child: ChildProcessWithoutNullStreams;
  readonly end: Promise<GitEnd>;
  hasEnded = false;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    let said = '';
    child.stderr.on('data', (part: Buffer) => {
      if (said.length < 65_536) said += part.toString('utf8');
    });
    // A git that has ended takes no more input: that is seen by its end.
    child.stdin.on('error', () => undefined);
    this.end = new Promise((resolve) => {
      const lines = () => said.split('\n').filter((line) => line !== '');
      child.once('error', (error) => {
        const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
        resolve({ status: null, isThere, said: [`git could not be started`] });
      });
      child.once('close', (status) => resolve({ status, isThere: true, said: lines() }));
    });
    void this.end.then(() => (this.hasEnded = true));
  }

  /** Its stdout, cut at each of these bytes. Ends early without harm. */
  async *records(separator: number): AsyncGenerator<Buffer> {
    let rest = Buffer.alloc(0);
    try {
      for await (const part of this.child.stdout) {
        const text = rest.length === 0 ? (part as Buffer) : Buffer.concat([rest, part as Buffer]);
        let start = 0;
        for (let at = text.indexOf(separator); at !== -1; at = text.indexOf(separator, start)) {
          yield text.subarray(start, at);
          start = at + 1;
        }
        rest = Buffer.from(text.subarray(start));
      }
      if (rest.length > 0) yield rest;
    } finally {
      this.child.kill();
    }
  }
}

export interface Refusal {
  readonly reason: string;
  readonly cure: string | null;
}

/** Why git did not do it, in words. */
export function refusalOf({ isThere, said }: GitEnd): Refusal {
  if (!isThere) return { reason: 'git is not on PATH', cure: 'install git' };
  const text = said.join('\n');
  const owned = /dubious ownership in repository at '(.*)'/.exec(text);
  if (owned !== null) {
    const folder = printable(owned[1]!);
    return {
      reason: `git refuses ${folder}, which belongs to another user`,
      cure: `if you trust it: git config --global --add safe.directory ${folder}`,
    };
  }
  if (/not a git repository/.test(text)) {
    return { reason: 'not a git repository', cure: 'run it in one, or search the files only: knox scan' };
  }
  const fatal = said.find((line) => line.startsWith('fatal: ') || line.startsWith('error: '));
  return { reason: `git failed: ${printable(fatal?.replace(/^\w+: /, '') ?? 'no reason given')}`, cure: null };
}
