/** Writing a file of knox's own making, such as a rendered one: whole or not at all, whatever stands there before. */
import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemError } from '../errors.ts';
import { replaceFile } from './replace-file.ts';

/**
 * Folders on the way are made (mode 0700). A link at the target is followed.
 * @param options.mode of the file written
 * @throws io; then the target is as it was
 */
export function writeAtomically(path: string, bytes: Uint8Array, options: { readonly mode: number }): void {
  const target = targetOf(path);
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    replaceFile(target, bytes, (temporary) => chmodSync(temporary, options.mode));
  } catch (error) {
    throw systemError(`can not write ${path}`, error);
  }
}

/** Where a link leads; the path itself where there is none. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
