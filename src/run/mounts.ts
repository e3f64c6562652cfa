/** Files for a program's life, and the variables that lead to them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { reveal } from '../domain/plaintext.ts';
import { systemError } from '../errors.ts';
import { makeMemoryFolder } from '../files/memory-folder.ts';
import type { Given } from './variables.ts';

export interface Mounted {
  /** Variable and path. */
  readonly variables: Readonly<Record<string, string>>;
  /** False where no file system in memory was found. */
  readonly isInMemory: boolean;
  readonly remove: () => void;
}

/** Of a failure nothing is left. @param runtime `XDG_RUNTIME_DIR`, or null @throws io */
export function mount(mounts: Given['mounts'], runtime: string | null, pid: number): Mounted {
  let made: string | null = null;
  try {
    const { folder, isInMemory } = makeMemoryFolder(runtime, pid);
    made = folder;
    const variables: Record<string, string> = {};
    for (const [index, { variable, file, content }] of mounts.entries()) {
      const own = join(folder, String(index));
      mkdirSync(own, { mode: 0o700 });
      variables[variable] = join(own, basename(file));
      writeFileSync(variables[variable], reveal(content), { mode: 0o600, flag: 'wx' });
    }
    return { variables, isInMemory, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } catch (error) {
    if (made !== null) rmSync(made, { recursive: true, force: true });
    throw systemError('can not make a private file for the command', error);
  }
}
