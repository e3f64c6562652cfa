/**
 * Files under the vault's root, read and replaced by their registered path. A link is followed, stays a link, and must lead into the
 * root. What is replaced is replaced whole or not at all, and only where it still is what was read.
 */
import { chmodSync, chownSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { printable } from '../domain/printable.ts';
import { brokenLink, errors, systemError } from '../errors.ts';
import { replaceFile } from './replace-file.ts';

export interface RootFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  /** Absolute, every link followed. */
  readonly target: string;
  readonly bytes: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** @throws io where it is not there, cannot be read or leads out of the root; usage where it is not a regular file */
export function readRootFile(root: string, path: string): RootFile {
  const file = findRootFile(root, path);
  if (file === null) throw errors.io(`cannot read ${printable(path)}: no such file or folder`);
  return file;
}

/** The same, null where nothing has that name. */
export function findRootFile(root: string, path: string): RootFile | null {
  try {
    const target = realpathSync.native(join(root, path));
    if (!isInside(realpathSync.native(root), target)) {
      throw errors.io(
        `${printable(path)} is a link that leads out of ${root}`,
        'copy the file into the project, or register it in a vault of its own',
      );
    }
    const stats = statSync(target);
    // A pipe or a device would be waited for, or changed, by reading it.
    if (!stats.isFile())
      throw errors.usage(`${printable(path)} cannot be a route: ${kindOf(stats)}`, 'use a text file');
    const { mode, uid, gid } = stats;
    return { path, target, bytes: readFileSync(target), mode: mode & 0o7777, uid, gid };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return null;
    if (code === undefined || !/^E[A-Z]/.test(code)) throw error;
    throw systemError(`cannot read ${printable(path)}`, error);
  }
}

/** Where a path under the root leads, every link followed; null where nothing is there, or where it leads out of the root. */
export function targetInRoot(root: string, path: string): string | null {
  try {
    const target = realpathSync.native(join(root, path));
    return isInside(realpathSync.native(root), target) ? target : null;
  } catch {
    return null;
  }
}

/**
 * Where a file below a folder is to be written: its own place, with every link on the way followed, none of which leads out of the folder.
 * It and the folders on the way need not be there yet.
 * @param path absolute @throws io
 */
export function placeInside(folder: string, path: string): string {
  const real = realpathSync.native(folder);
  const missing: string[] = [];
  for (let place = path; pathUnder(folder, path) !== null || pathUnder(real, path) !== null; place = dirname(place)) {
    if (isThere(place)) {
      const target = targetOf(place);
      // A file made through it would be wherever it leads.
      if (target === null) throw brokenLink(printable(path), OTHER);
      if (target !== real && !isInside(real, target)) break;
      return join(target, ...missing);
    }
    missing.unshift(basename(place));
  }
  throw errors.io(`cannot write ${printable(path)}: a link leads out of ${printable(folder)}`, OTHER);
}

const OTHER = 'remove the link, or use another path';

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A part of the path is not a folder, or may not be looked into: making the file tells.
    return false;
  }
}

function targetOf(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}

/** The same for a path that may lie elsewhere: what lies below one of these folders stays there. */
export function placeWithin(folders: readonly string[], path: string): string {
  let place = path;
  for (const folder of folders) {
    const isBelow = pathUnder(folder, path) !== null || pathUnder(realOf(folder), path) !== null;
    if (isBelow && isThere(folder)) place = placeInside(folder, path);
  }
  return place;
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'it is a folder';
  return 'it is not a regular file';
}

function isInside(root: string, target: string): boolean {
  return target.startsWith(root.endsWith(sep) ? root : root + sep);
}

/**
 * Puts new bytes in the file's place, keeping mode and owner.
 * @throws file_changed where it is not what was read any more, io
 */
export function replaceRootFile(file: RootFile, bytes: Uint8Array): void {
  try {
    replaceFile(file.target, bytes, (temporary) => {
      chownWhereNeeded(temporary, file);
      chmodSync(temporary, file.mode);
      requireUnchanged(file);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^E[A-Z]/.test(code)) throw error;
    throw systemError(`cannot rewrite ${printable(file.path)}`, error, 'the file was not changed');
  }
}

/** Only the superuser makes files for others: a file of another owner that this user may write stays that owner's. */
function chownWhereNeeded(path: string, { uid, gid }: RootFile): void {
  const own = statSync(path);
  if (own.uid !== uid || own.gid !== gid) chownSync(path, uid, gid);
}

function requireUnchanged(file: RootFile): void {
  const isSame = ((): boolean => {
    try {
      return lstatSync(file.target).isFile() && readFileSync(file.target).equals(file.bytes);
    } catch {
      return false;
    }
  })();
  if (isSame) return;
  throw errors.file_changed(
    `${printable(file.path)} was changed meanwhile and was not overwritten`,
    'run the command again: it reads the file again',
  );
}

/** The registered form of a path as it was typed: relative to the root, with `/`. `@LABEL` stays. @throws usage */
export function routePathOf(root: string, cwd: string, given: string): string {
  if (given.startsWith('@')) return given;
  const path = pathInRoot(root, cwd, given);
  if (path === null)
    throw errors.usage(`${printable(given)} is outside ${root}, the folder of this vault`, 'use a file inside it');
  if (path.startsWith('@'))
    throw errors.usage(
      `${printable(given)} cannot be a route: a name that starts with @ is an inline route`,
      'rename the file',
    );
  return path;
}

/** Relative to the root, with `/`; null where it lies elsewhere. Root and working directory may be reached by different links. */
export function pathInRoot(root: string, cwd: string, given: string): string | null {
  const file = resolve(cwd, given);
  return pathUnder(root, file) ?? pathUnder(realOf(root), join(realOf(dirname(file)), basename(file)));
}

function pathUnder(root: string, file: string): string | null {
  const path = relative(root, file);
  if (path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)) return null;
  return path.split(sep).join('/');
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
