/** Who else can read the vault, its folder and the key. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { shellWord } from '../domain/shell-word.ts';
import { bad, good } from './check.ts';
import type { Check, Checked } from './check.ts';

export const vaultMode: Check = ({ vaultFile }) => modeOf('vault-file', vaultFile, 'the vault', '600');

export const folderMode: Check = ({ vaultFile }) => modeOf('vault-folder', dirname(vaultFile), 'its folder', '700');

export const keyMode: Check = ({ keyFile }) =>
  keyFile === null ? null : modeOf('key-file', keyFile, 'the key file', '600');

function modeOf(check: string, path: string, what: string, wanted: string): Checked {
  const found = statOf(path);
  if (typeof found === 'string') return bad(check, `cannot check ${what} ${path}: ${found}`, accessHint(path));
  const mode = found.mode & 0o777;
  const text = `${what} ${path} has mode ${mode.toString(8).padStart(4, '0')}`;
  return (mode & 0o077) === 0
    ? good(check, text)
    : bad(check, `${text}: others can read it`, `chmod ${wanted} ${shellWord(path)}`);
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** What to type where this user may not get at a file or folder. */
export function accessHint(path: string): string {
  const found = statOf(path);
  if (typeof found === 'string') return `check it: ls -ld ${shellWord(path)}`;
  // oxlint-disable-next-line no-restricted-globals -- whose file it is decides what helps
  const isOwn = found.uid === process.getuid?.();
  const bits = found.isDirectory() ? 'u+rwx' : 'u+rw';
  return isOwn ? `chmod ${bits} ${shellWord(path)}` : `sudo chown -R "$(id -un)" ${shellWord(path)}`;
}

export const writable: Check = ({ vaultFile }) => {
  for (const path of [vaultFile, dirname(vaultFile)]) {
    try {
      accessSync(path, constants.W_OK);
    } catch {
      return bad('writable', 'the vault is read-only: uses are not recorded', accessHint(path));
    }
  }
  return good('writable', 'the vault is writable');
};
