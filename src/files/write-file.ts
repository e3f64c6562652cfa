/** Writing a file of knox's own making, such as a rendered one: whole or not at all, whatever stands there before. */
import { chmodSync, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { printable } from '../domain/printable.ts';
import { brokenLink, errors, systemError } from '../errors.ts';
import { NotReplaced, replaceFile, replaceFiles } from './replace-file.ts';

/**
 * Folders on the way are made (mode 0700). A link at the target is followed.
 * @param options.mode of the file written
 * @throws io; then the target is as it was
 */
export function writeAtomically(path: string, bytes: Uint8Array, options: { readonly mode: number }): void {
  const target = requireTarget(path);
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    replaceFile(target, bytes, (temporary) => chmodSync(temporary, options.mode));
  } catch (error) {
    throw systemError(`cannot write ${printable(path)}`, error);
  }
}

/**
 * Writes many files so, all of which are whole on the disk before the first takes its place.
 * @param step called after each; what it throws ends the work with every target as it was
 * @throws io, and what `step` throws
 */
export async function writeAllAtomically(
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
  options: { readonly mode: number; readonly step: (written: number) => Promise<void> },
): Promise<void> {
  const replacements = files.map(({ path, bytes }) => {
    const target = requireTarget(path);
    try {
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    } catch (error) {
      throw systemError(`cannot write ${printable(path)}`, error);
    }
    return { target, bytes };
  });
  try {
    await replaceFiles(replacements, options.mode, options.step);
  } catch (error) {
    if (!(error instanceof NotReplaced)) throw error;
    const done = error.replaced === 0 ? 'none was written' : `${error.replaced} of ${files.length} files were written`;
    throw systemError(`cannot write ${printable(error.target)} (${done})`, error.cause);
  }
}

/**
 * Where a path leads, every link followed; it need not be there yet. What is not a regular file, such as a device, would be replaced by
 * one, and a link that leads nowhere too: both are refused.
 * @throws io
 */
export function requireTarget(path: string): string {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) {
      if (stats.isFile()) return realpathSync(path);
      throw errors.io(
        `cannot write ${printable(path)}: it is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}`,
        NAME_ONE,
      );
    }
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
    throw brokenLink(printable(path), NAME_ONE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A part of the path that is not there yet, or cannot be one: making the folders tells.
    if (code === 'ENOTDIR' || code === 'ENOENT') return path;
    if (code === undefined || !/^E[A-Z]/.test(code)) throw error;
    throw systemError(`cannot write ${printable(path)}`, error);
  }
}

const NAME_ONE = 'use another file';
