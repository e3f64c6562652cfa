/** What runs that were killed have left: temporary files beside the vault and beside registered files, and locks that nobody holds. */
import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isRunning } from '../files/processes.ts';
import { shellWord } from '../domain/shell-word.ts';
import { bad, good } from './check.ts';
import type { Check } from './check.ts';

/** As `files/replace-file.ts` names them: with the number of the process. */
const TEMPORARY = /^\..*\.knox-tmp-(\d+)-/;
/** As a vault is called while it is being made. */
const UNBORN = /\.new-[0-9a-f]{12}(?:-journal)?$/;
const MOST_NAMED = 10;

export const leftovers: Check = async ({ vaultFile, opened }) => {
  const file = realOf(vaultFile);
  const folders = new Set([dirname(file), ...(opened?.routeFolders ?? [])]);
  const found = [...folders].flatMap((folder) =>
    namesIn(folder)
      .filter((name) => isTemporary(name) || (folder === dirname(file) && isUnborn(name, basename(file))))
      .map((name) => join(folder, name)),
  );
  if (found.length > 0) {
    const shown = found.slice(0, MOST_NAMED).map(shellWord).join(' ');
    return bad(
      'leftovers',
      `a run that was killed left ${found.length} temporary ${found.length === 1 ? 'file' : 'files'}`,
      `rm ${shown}`,
    );
  }
  const held = opened?.heldLocks ?? 0;
  if (typeof held !== 'number') return bad('leftovers', held.message, held.hints[0] ?? 'move it away');
  return held === 0
    ? good('leftovers', 'no leftover temporary files or locks')
    : good(
        'leftovers',
        `no leftover temporary files; ${held} ${held === 1 ? 'lock is' : 'locks are'} held by a running knox`,
      );
};

function isTemporary(name: string): boolean {
  const pid = Number(TEMPORARY.exec(name)?.[1]);
  return pid > 0 && !isRunning(pid);
}

function isUnborn(name: string, vault: string): boolean {
  return name.startsWith(`${vault}.new-`) && UNBORN.test(name);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
