/**
 * A folder of files for a program's life: private, on a file system that lies in memory where there is one. It bears the number of the
 * process that made it, so that a later one sweeps up what a killed one left.
 */
import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './processes.ts';

const PREFIX = 'knox-run-';
/** `tmpfs` and `ramfs`, as statfs(2) numbers them. */
const MEMORY = new Set([0x01_02_19_94, 0x85_84_58_f6]);

/** @param runtime `XDG_RUNTIME_DIR`, or null @throws what the system says */
export function makeMemoryFolder(runtime: string | null, pid: number): { folder: string; isInMemory: boolean } {
  const [parent] = memoryPlaces(runtime);
  return { folder: mkdtempSync(join(parent ?? tmpdir(), `${PREFIX}${pid}-`)), isInMemory: parent !== undefined };
}

/** Folders that lie in memory, the user's own first. @param runtime `XDG_RUNTIME_DIR`, or null */
export function memoryPlaces(runtime: string | null): string[] {
  return placesFor(runtime).filter(isInMemory);
}

/** Removes the folders of processes that are gone. */
export function sweepMemoryFolders(runtime: string | null): void {
  for (const parent of [...placesFor(runtime), tmpdir()]) {
    for (const name of namesIn(parent)) {
      const pid = Number(/^knox-run-(\d+)-/.exec(name)?.[1]);
      if (!(pid > 0) || isRunning(pid)) continue;
      try {
        rmSync(join(parent, name), { recursive: true, force: true });
      } catch {
        // Another user's: theirs to sweep.
      }
    }
  }
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
