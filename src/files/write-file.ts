/** Writing a file of knox's own making, such as a rendered one: whole or not at all, whatever stands there before. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemError } from '../errors.ts';
import { syncFolder } from './root-file.ts';

/**
 * Folders on the way are made (mode 0700). A link at the target is followed.
 * @param options.mode of the file written
 * @throws io; then the target is as it was
 */
export function writeAtomically(path: string, bytes: Uint8Array, options: { readonly mode: number }): void {
  const target = targetOf(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(handle, bytes);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    chmodSync(temporary, options.mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw systemError(`can not write ${path}`, error);
  }
  syncFolder(dirname(target));
}

/** Where a link leads; the path itself where there is none. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
