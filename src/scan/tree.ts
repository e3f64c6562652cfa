/**
 * The files under a folder: by git's list where there is a repository, so that what it ignores is left out, else by walking. Links are
 * not followed. Paths are bytes: a name need not be text.
 */
import { existsSync, readdirSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { sep } from 'node:path';
import { printable } from '../domain/printable.ts';
import { systemWord } from './system-word.ts';
import { Git, refusalOf } from './git.ts';
import type { Environment } from './git.ts';
import type { Leaks } from './leaks.ts';

const SLASH = Buffer.from(sep);
const SKIPPED = new Set(['.git', 'node_modules']);

export interface TreeOptions {
  readonly env: Environment;
  /** The vault's own folder. */
  readonly vaultFolder: string;
  readonly leaks: Leaks;
  readonly shown: (path: Buffer) => string;
  /** Whether the history is searched as well. */
  readonly hasHistory: boolean;
}

/**
 * Regular files, links, and folders that git does not look into.
 * @param isInside whether it is such a folder: a repository of its own, or a submodule that is not there
 */
export async function* filesUnder(folder: Buffer, options: TreeOptions, isInside = false): AsyncGenerator<Buffer> {
  const { leaks, shown } = options;
  if (isInside && !existsSync(join(folder, Buffer.from('.git')))) {
    yield* walk(folder, options);
    return;
  }
  const git = new Git(folder.toString(), options.env);
  // A folder that git ignores and that somebody names is meant.
  const ignored = await git.ask(['check-ignore', '-q', '--', '.']);
  if (ignored.status === 0) {
    yield* walk(folder, options);
    return;
  }
  const run = git.start(['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  run.child.stdin.end();
  for await (const name of run.records(0)) yield join(folder, name);
  const end = await run.end;
  for (const line of end.said) {
    const closed = /^warning: could not open directory '(.*)': (.*)$/.exec(line);
    if (closed !== null)
      leaks.unread(
        `cannot open ${printable(join(Buffer.from(shown(folder)), Buffer.from(closed[1]!)).toString())}: ${closed[2]!.toLowerCase()}`,
      );
  }
  if (end.status === 0) return;
  const text = end.said.join('\n');
  if (/must be run in a work tree/.test(text) && !options.hasHistory) {
    leaks.unread(`${shown(folder)} is inside a .git folder`, 'search the history: knox scan --history');
  }
  if (end.isThere && !/not a git repository|must be run in a work tree/.test(text)) {
    leaks.note(`files that git ignores are searched too: ${refusalOf(end).reason}`);
  }
  yield* walk(folder, options);
}

async function* walk(top: Buffer, options: TreeOptions): AsyncGenerator<Buffer> {
  const folders = [top];
  while (folders.length > 0) {
    const folder = folders.pop()!;
    let entries: Dirent<Buffer>[];
    try {
      entries = readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      options.leaks.unread(`cannot open ${options.shown(folder)}: ${systemWord(error)}`);
      continue;
    }
    // A repository in the tree has its own rules.
    if (folder !== top && entries.some((entry) => isOfGit(entry))) {
      yield* filesUnder(folder, options);
      continue;
    }
    const below: Buffer[] = [];
    for (const entry of entries.toSorted((left, right) => Buffer.compare(left.name, right.name))) {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) {
        if (!isOfGit(entry)) yield path;
      } else if (!SKIPPED.has(entry.name.toString()) && path.toString() !== options.vaultFolder) below.push(path);
    }
    folders.push(...below.toReversed());
  }
}

function isOfGit({ name }: Dirent<Buffer>): boolean {
  return name.toString() === '.git';
}

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, SLASH, name]);
}
