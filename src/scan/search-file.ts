/** Searching one file: a regular one as bytes, a gzip file inside as well, a link by its own text. Nothing that could block is waited for. */
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import type { Leaks } from './leaks.ts';
import type { Scanner } from './scanner.ts';
import { inflated, isCompressed, isGzip } from './compressed.ts';
import { systemWord } from './system-word.ts';

/** A link that was put in place of what was listed is not followed, and a FIFO not waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const BYTES_PER_STEP = 16 << 20;

export interface FileSearch {
  readonly scanner: Scanner;
  readonly leaks: Leaks;
  /** Called now and then in a long file. */
  readonly step: () => Promise<void>;
}

/**
 * @param shown the path as it is shown
 * @param isNamed whether the person named it
 * @returns whether it is a folder, which was not searched
 */
export async function searchFile(path: Buffer, shown: string, isNamed: boolean, search: FileSearch): Promise<boolean> {
  const { leaks } = search;
  let file: number | null = null;
  try {
    const found = lstatSync(path);
    if (found.isDirectory()) return true;
    if (found.isSymbolicLink()) searchLink(path, shown, search);
    else if (!found.isFile()) refuse(found, shown, isNamed, leaks);
    else {
      file = openSync(path, FLAGS);
      const opened = fstatSync(file);
      if (opened.isFile()) await searchOpened(file, path, shown, search);
      else refuse(opened, shown, isNamed, leaks);
    }
  } catch (error) {
    // A file that git lists and that was deleted, or one that went away during the walk, holds nothing.
    if (isNamed || (error as NodeJS.ErrnoException).code !== 'ENOENT')
      leaks.unread(`cannot read ${shown}: ${systemWord(error)}`);
  } finally {
    if (file !== null) closeSync(file);
  }
  return false;
}

function refuse(found: Stats, shown: string, isNamed: boolean, leaks: Leaks): void {
  const kind = found.isFIFO() ? 'a FIFO' : found.isSocket() ? 'a socket' : 'a device';
  if (isNamed) leaks.unread(`${shown} is ${kind}: nothing to search`);
  else leaks.note(`not searched: ${shown} is ${kind}`);
}

/** Git keeps a link's text as it keeps a file's. */
function searchLink(path: Buffer, shown: string, { scanner, leaks }: FileSearch): void {
  scanner.begin();
  scanner.push(readlinkSync(path, { encoding: 'buffer' }));
  leaks.add(scanner.end(), { file: shown, commit: null, authoredAt: null }, false);
}

async function searchOpened(file: number, path: Buffer, shown: string, search: FileSearch): Promise<void> {
  const { scanner, leaks, step } = search;
  const spot = { file: shown, commit: null, authoredAt: null };
  leaks.searched += 1;
  scanner.begin();
  let head: Buffer | null = null;
  let stepped = 0;
  try {
    for (;;) {
      const count = readSync(file, scanner.space);
      if (count > 0) head ??= Buffer.from(scanner.space.subarray(0, Math.min(count, 16)));
      scanner.advance(count);
      if (count === 0) break;
      stepped += count;
      if (stepped >= BYTES_PER_STEP) {
        stepped = 0;
        await step();
      }
    }
  } finally {
    leaks.add(scanner.end(), spot, scanner.isCut);
  }
  if (head !== null && isGzip(head)) {
    const stream = createReadStream(path, { fd: file, start: 0, autoClose: false });
    await searchInside(stream, shown, search);
  } else if (head !== null && isCompressed(head)) leaks.note(`compressed, so its contents were not searched: ${shown}`);
}

async function searchInside(stream: NodeJS.ReadableStream, shown: string, search: FileSearch): Promise<void> {
  const { scanner, leaks, step } = search;
  scanner.begin();
  let why: string | null = null;
  try {
    for await (const part of inflated(stream)) {
      scanner.push(part);
      await step();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^(Z_|ERR_|E[A-Z]+$)/.test(code)) throw error;
    why = code;
  } finally {
    leaks.add(scanner.end(), { file: shown, commit: null, authoredAt: null }, scanner.isCut);
  }
  if (why !== null) leaks.unread(`cannot unpack all of ${shown}: it is damaged`);
}
