/**
 * Commands that `knox run` started on this machine and that still have their values: one file each in the state folder for as long as they
 * live, also where knox, their parent, was killed. A file that was left is told by its process, and by when that process began, since numbers
 * are used again.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './processes.ts';

export interface RunningCommand {
  /** Id of the vault. */
  readonly vault: string;
  /** As the audit log has it: `run node`. */
  readonly consumer: string;
  readonly actor: string;
  /** ISO time at which it began. */
  readonly at: string;
  /** Names of versions, and an environment or `shared`. */
  readonly uses: readonly { readonly secret: string; readonly environment: string }[];
}

interface Kept extends RunningCommand {
  readonly host: string;
  readonly pid: number;
  readonly began: string | null;
}

const FOLDER = 'running';

/**
 * Without a state folder, or one that can't be written, it is done without: the use itself stands in the log.
 * @param stateFolder null where there is none @param pid the command's process, or that of knox before it is there
 * @returns takes the note away
 */
export function noteRunning(stateFolder: string | null, pid: number, command: RunningCommand): () => void {
  if (stateFolder === null || pid <= 0 || command.uses.length === 0) return () => undefined;
  const folder = join(stateFolder, FOLDER);
  const file = join(folder, `${pid}-${Date.parse(command.at).toString(36)}-${(count += 1)}.json`);
  const kept: Kept = { ...command, host: hostname(), pid, began: beginOf(pid) };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify(kept), { mode: 0o600, flag: 'wx' });
  } catch {
    return () => undefined;
  }
  return () => discard(file);
}

let count = 0;

/** Those that run now. */
export function runningCommands(stateFolder: string | null, vault: string): RunningCommand[] {
  if (stateFolder === null) return [];
  const folder = join(stateFolder, FOLDER);
  return namesIn(folder).flatMap((name) => {
    const kept = read(join(folder, name));
    // Another machine that shares the folder knows its own processes.
    if (kept === null || kept.host !== hostname()) return [];
    if (isRunning(kept.pid) && beginOf(kept.pid) === kept.began) return kept.vault === vault ? [kept] : [];
    discard(join(folder, name));
    return [];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function read(file: string): Kept | null {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<Kept> | null;
    const texts = [found?.vault, found?.consumer, found?.actor, found?.at, found?.host];
    const isWhole =
      texts.every((text) => typeof text === 'string') &&
      typeof found?.pid === 'number' &&
      Array.isArray(found.uses) &&
      found.uses.every(
        (use) => typeof use === 'object' && typeof use.secret === 'string' && typeof use.environment === 'string',
      );
    return isWhole ? (found as Kept) : null;
  } catch {
    return null;
  }
}

/** When a process began, in the system's own words; null where it can't be told. */
function beginOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before it may hold blanks and brackets.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return beginByList(pid);
  }
}

/** Where the system has no such file. */
function beginByList(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It is told by its process, whether it is there or not.
  }
}
