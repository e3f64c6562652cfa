/**
 * A folder of files for a program's life: private, on a file system that lies in memory where there is one. Beside it lies a lock, which is
 * held for as long: what a killed run left is swept up by a later one. The number of a process would tell nothing, since what shares the file
 * system, such as a container, may number processes otherwise.
 */
import { lstatSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The name of a folder, and that of its lock. */
const NAME = /^(knox-run-[0-9a-f]{24})(\.lock)?$/;
export const LOCK = '.lock';
/** `tmpfs` and `ramfs`, as statfs(2) numbers them. */
const MEMORY = new Set([0x01_02_19_94, 0x85_84_58_f6]);

/** A lock on a file that is named: null where it is held. The file goes with it. @throws io */
export type LockFile = (file: string) => { release(): unknown } | null;

/** Folders that lie in memory, the user's own first. @param runtime `XDG_RUNTIME_DIR`, or null */
export function memoryPlaces(runtime: string | null): string[] {
  return placesFor(runtime).filter(isInMemory);
}

/** The folders of this user's runs that are gone; those of others are theirs to sweep. */
export function sweepMemoryFolders(runtime: string | null, uid: number | null, lockFile: LockFile): void {
  for (const parent of new Set([...placesFor(runtime), tmpdir()])) {
    for (const name of new Set(namesIn(parent).flatMap((found) => NAME.exec(found)?.[1] ?? []))) {
      try {
        sweep(join(parent, name), uid, lockFile);
      } catch {
        // It is tried again by the next run.
      }
    }
  }
}

function sweep(folder: string, uid: number | null, lockFile: LockFile): void {
  const isOthers = [folder, folder + LOCK]
    .map((path) => lstatSync(path, { throwIfNoEntry: false }))
    .some((found) => found !== undefined && uid !== null && found.uid !== uid);
  if (isOthers) return;
  const lock = lockFile(folder + LOCK);
  if (lock === null) return;
  rmSync(folder, { recursive: true, force: true });
  lock.release();
}

function placesFor(runtime: string | null): string[] {
  return [runtime, '/dev/shm', '/run/shm'].filter((folder) => folder !== null && folder !== '') as string[];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isInMemory(folder: string): boolean {
  try {
    return statSync(folder).isDirectory() && MEMORY.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}
