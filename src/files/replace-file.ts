/**
 * Replacing a file whole or not at all: a temporary file beside it, made durable, then renamed over it. What a killed run left beside a
 * target is swept away by the next run that writes the same target.
 */
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isRunning } from './processes.ts';

/** Makes the names of this process differ; that a name is nobody else's is seen when the file is made. */
let count = 0;

/** Bytes of a target's name that its temporary file bears. */
const LONGEST_KEPT = 180;

/**
 * @param target absolute, links followed
 * @param before done with the temporary file right before it takes the target's place: its mode and owner, a last look at the target
 * @throws what the system says; then the target is as it was
 */
export function replaceFile(target: string, bytes: Uint8Array, before: (temporary: string) => void): void {
  const folder = dirname(target);
  sweep(folder, [target]);
  const temporary = temporaryOf(target);
  try {
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(handle, bytes);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    before(temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

export interface Replacement {
  /** Absolute, links followed. */
  readonly target: string;
  readonly bytes: Uint8Array;
}

/** What the system said (`cause`) of one of many files. */
export class NotReplaced extends Error {
  readonly target: string;
  /** How many had their new content by then. */
  readonly replaced: number;

  constructor(target: string, replaced: number, cause: unknown) {
    super(`${target} was not replaced`, { cause });
    this.target = target;
    this.replaced = replaced;
  }
}

/** Files whose bytes are on their way to the disk at the same time: more would not make a disk faster, and handles are not endless. */
const AT_ONCE = 16;

/**
 * Replaces many files: all temporary files are whole and durable before the first target is replaced.
 * @param mode of every file
 * @param step called after each file that was made durable; what it throws leaves every target as it was
 * @throws NotReplaced, and what `step` throws
 */
export async function replaceFiles(
  files: readonly Replacement[],
  mode: number,
  step: (written: number) => Promise<void>,
): Promise<void> {
  const folders = Map.groupBy(files, ({ target }) => dirname(target));
  for (const [folder, inside] of folders)
    sweep(
      folder,
      inside.map(({ target }) => target),
    );
  const temporaries = files.map(({ target }) => temporaryOf(target));
  let next = 0;
  let written = 0;
  const writeSome = async (): Promise<void> => {
    for (let index = next++; index < files.length; index = next++) {
      const { target, bytes } = files[index]!;
      try {
        await writeDurably(temporaries[index]!, bytes, mode);
      } catch (error) {
        throw new NotReplaced(target, 0, error);
      }
      await step(++written);
    }
  };
  const stop = (error: unknown): never => {
    next = files.length;
    throw error;
  };
  let replaced = 0;
  try {
    // All are waited for, so that none makes a file after the others were taken away.
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, async () => writeSome().catch(stop)));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    for (; replaced < files.length; replaced++) {
      const { target } = files[replaced]!;
      try {
        renameSync(temporaries[replaced]!, target);
      } catch (error) {
        throw new NotReplaced(target, replaced, error);
      }
    }
  } catch (error) {
    for (const temporary of temporaries.slice(replaced)) rmSync(temporary, { force: true });
    throw error;
  }
  for (const folder of folders.keys()) syncFolder(folder);
}

const syncLater = promisify(fsync);

/** Only the wait for the disk is worth another thread: making a file and filling it takes less than handing that over. */
async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const handle = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(handle, bytes);
    // Most have it already, and each change is one more thing for the disk to keep.
    if ((fstatSync(handle).mode & 0o7777) !== mode) fchmodSync(handle, mode);
    await syncLater(handle);
  } finally {
    closeSync(handle);
  }
}

/** A name for a temporary file beside the target that nobody has; what killed runs left there is swept away. @throws what the system says */
export function temporaryBeside(target: string): string {
  sweep(dirname(target), [target]);
  return temporaryOf(target);
}

function temporaryOf(target: string): string {
  count += 1;
  // oxlint-disable-next-line no-restricted-globals -- the mark by which another run can tell whether this one lives
  return join(dirname(target), `${prefixOf(target)}${process.pid}-${Date.now().toString(36)}-${count}`);
}

/** With the name of the target, or as much of its beginning as leaves room for the rest: a name has 255 bytes at most. */
function prefixOf(target: string): string {
  const characters = [...basename(target)];
  while (Buffer.byteLength(characters.join('')) > LONGEST_KEPT) characters.pop();
  return `.${characters.join('')}${MARK}`;
}

const MARK = '.knox-tmp-';

/** Removes temporary files of these targets whose process is gone. */
function sweep(folder: string, targets: readonly string[]): void {
  const prefixes = new Set(targets.map(prefixOf));
  for (const name of readdirSync(folder)) {
    const end = name.lastIndexOf(MARK) + MARK.length;
    if (end < MARK.length || !prefixes.has(name.slice(0, end))) continue;
    const pid = Number(/^\d+/.exec(name.slice(end))?.[0]);
    if (pid > 0 && !isRunning(pid)) rmSync(join(folder, name), { force: true });
  }
}

/** Makes the new name of a file outlast a power cut. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
