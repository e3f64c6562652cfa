/**
 * Files for a program's life: private, on a file system that lies in memory, gone when the program ends. A folder bears the number of the
 * process that made it, so that the next run sweeps up what a killed one left.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { reveal } from '../domain/plaintext.ts';
import { systemError } from '../errors.ts';
import type { Given } from './variables.ts';

const PREFIX = 'knox-run-';
/** `tmpfs` and `ramfs`, as statfs(2) numbers them. */
const MEMORY = new Set([0x01_02_19_94, 0x85_84_58_f6]);

export interface Mounted {
  /** Variable and path. */
  readonly variables: Readonly<Record<string, string>>;
  /** False where no file system in memory was found. */
  readonly isInMemory: boolean;
  readonly remove: () => void;
}

/** @param runtime `XDG_RUNTIME_DIR`, or null @throws io */
export function mount(mounts: Given['mounts'], runtime: string | null, pid: number): Mounted {
  const base = [runtime, '/dev/shm', '/run/shm'].find((folder) => folder !== null && isInMemory(folder)) ?? null;
  const parent = base ?? tmpdir();
  sweep(parent);
  try {
    const folder = mkdtempSync(join(parent, `${PREFIX}${pid}-`));
    const variables: Record<string, string> = {};
    for (const [index, { variable, file, content }] of mounts.entries()) {
      const own = join(folder, String(index));
      mkdirSync(own, { mode: 0o700 });
      variables[variable] = join(own, basename(file));
      writeFileSync(variables[variable], reveal(content), { mode: 0o600, flag: 'wx' });
    }
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    return { variables, isInMemory: base !== null, remove };
  } catch (error) {
    throw systemError(`can not make a private file in ${parent}`, error);
  }
}

function isInMemory(folder: string): boolean {
  try {
    return statSync(folder).isDirectory() && MEMORY.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

/** Removes what runs left that are gone. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(/^knox-run-(\d+)-/.exec(name)?.[1]);
    if (!(pid > 0) || isRunning(pid)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // Another user's: theirs to sweep.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    // oxlint-disable-next-line no-restricted-globals -- the only way to ask for a process
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
