/** Files for a program's life, and the variables that lead to them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { reveal } from '../domain/plaintext.ts';
import { systemError } from '../errors.ts';
import type { LockFile } from '../files/memory-folder.ts';
import { makeMemoryFolder } from '../files/run-folder.ts';
import type { MemoryFolder } from '../files/run-folder.ts';
import type { Given } from './variables.ts';

export interface Mounted {
  /** Variable and path. */
  readonly variables: Readonly<Record<string, string>>;
  /** False where no file system in memory was found. */
  readonly isInMemory: boolean;
  readonly remove: () => void;
}

/** Of a failure nothing is left. @param runtime `XDG_RUNTIME_DIR`, or null @throws io */
export function mount(mounts: Given['mounts'], runtime: string | null, lockFile: LockFile): Mounted {
  let made: MemoryFolder | null = null;
  try {
    made = makeMemoryFolder(runtime, lockFile);
    const { folder, isInMemory, remove } = made;
    const variables: Record<string, string> = {};
    for (const [index, { variable, file, content }] of mounts.entries()) {
      const own = join(folder, String(index));
      mkdirSync(own, { mode: 0o700 });
      variables[variable] = join(own, basename(file));
      writeFileSync(variables[variable], reveal(content), { mode: 0o600, flag: 'wx' });
    }
    return { variables, isInMemory, remove };
  } catch (error) {
    made?.remove();
    throw systemError('cannot create a private file for the command', error);
  }
}
