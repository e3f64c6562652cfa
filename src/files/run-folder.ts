/** Making the folder that `memory-folder.ts` tells of; apart from it, since few commands make one and all sweep. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCK, memoryPlaces } from './memory-folder.ts';
import type { LockFile } from './memory-folder.ts';

export interface MemoryFolder {
  readonly folder: string;
  readonly isInMemory: boolean;
  readonly remove: () => void;
}

/** @param runtime `XDG_RUNTIME_DIR`, or null @throws what the system says, and what the lock says */
export function makeMemoryFolder(runtime: string | null, lockFile: LockFile): MemoryFolder {
  const [parent] = memoryPlaces(runtime);
  const folder = join(parent ?? tmpdir(), `knox-run-${randomBytes(12).toString('hex')}`);
  // Held before the folder is there: nobody sees one that is not in use.
  const lock = lockFile(folder + LOCK);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    lock?.release();
    throw error;
  }
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
    lock?.release();
  };
  return { folder, isInMemory: parent !== undefined, remove };
}
