/**
 * Git, and folders that a program copies about. A vault is encrypted, so it may be in a repository; a key may not, and never the two of
 * them together: whoever clones it then reads every value, and history keeps both.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { patternOf } from '../files/git-ignore.ts';
import { GIT_OPTIONS, GIT_VARIABLES } from '../files/git-settings.ts';
import { shellWord } from '../domain/shell-word.ts';
import { bad, good } from './check.ts';
import type { Check, Checked, Patient } from './check.ts';

interface InGit {
  /** Its topmost folder. */
  readonly root: string;
  readonly state: 'tracked' | 'ignored' | 'untracked';
}

/** Null where a file lies in no repository, or where there is no git to ask. A program that its settings name is not run. */
function inGit(file: string, { environment }: Patient): InGit | null {
  const git = (...argv: string[]) =>
    spawnSync('git', ['-C', dirname(file), ...GIT_OPTIONS, ...argv], {
      env: { ...environment, ...GIT_VARIABLES },
      encoding: 'utf8',
    });
  const found = git('rev-parse', '--show-toplevel');
  if (found.status !== 0) return null;
  const root = found.stdout.replace(/\r?\n$/, '');
  if (git('ls-files', '--error-unmatch', '--', file).status === 0) return { root, state: 'tracked' };
  return { root, state: git('check-ignore', '-q', '--', file).status === 0 ? 'ignored' : 'untracked' };
}

export const repository: Check = (patient) => {
  const vault = inGit(patient.vaultFile, patient);
  if (vault === null) return good('repository', 'the vault is not in a git repository');
  if (vault.state === 'ignored') return good('repository', 'git ignores the vault');
  const key = patient.keyFile === null ? null : inGit(patient.keyFile, patient);
  const isTogether = key !== null && key.root === vault.root && key.state !== 'ignored';
  if (!isTogether)
    return good(
      'repository',
      vault.state === 'tracked'
        ? 'the vault is committed to git, encrypted; its key is not'
        : 'git would commit the vault, encrypted; its key is elsewhere',
    );
  if (vault.state === 'tracked')
    return bad(
      'repository',
      'the vault is committed to git, and its key is in the same repository',
      `git rm --cached ${shellWord(patient.vaultFile)} && ${ignore(vault.root, '.knox/')}`,
    );
  return bad(
    'repository',
    'git does not ignore the vault, and its key is in the same repository',
    ignore(vault.root, '.knox/'),
  );
};

export const keyRepository: Check = (patient) => {
  const { keyFile } = patient;
  if (keyFile === null) return null;
  const key = inGit(keyFile, patient);
  if (key === null || key.state === 'ignored')
    return good(
      'key-repository',
      key === null ? 'the key file is not in a git repository' : 'git ignores the key file',
    );
  const line = ignore(key.root, patternOf(key.root, realOf(keyFile)));
  if (key.state === 'tracked')
    return bad(
      'key-repository',
      'the key file is committed to git: whoever has the repository, or its history, has the key',
      `git rm --cached ${shellWord(keyFile)} && ${line}, then give the vault another key`,
    );
  return bad('key-repository', 'git does not ignore the key file: the next "git add ." adds it', line);
};

function ignore(root: string, entry: string): string {
  return `echo ${shellWord(entry)} >> ${shellWord(join(root, '.gitignore'))}`;
}

const SERVICE =
  /[/\\](Dropbox(?: \([^/\\]*\))?|OneDrive[^/\\]*|Google ?Drive[^/\\]*|My Drive|iCloud[^/\\]*|Mobile Documents|CloudStorage|Nextcloud|Syncthing)[/\\]/i;
/** What such programs put into the folder that they look after. */
const MARKERS: readonly (readonly [string, string])[] = [
  ['.stfolder', 'Syncthing'],
  ['.dropbox', 'Dropbox'],
  ['.dropbox.cache', 'Dropbox'],
  ['.sync_journal.db', 'Nextcloud'],
];

/** A program that copies files in the background puts older copies back, or two halves of two vaults. */
export const synced: Check = ({ vaultFile }) =>
  syncedBy('synced-folder', vaultFile, 'the vault', 'move it, then use --vault FILE or KNOX_VAULT');

export const keySynced: Check = ({ keyFile }) =>
  keyFile === null
    ? null
    : syncedBy('key-synced-folder', keyFile, 'the key file', 'move it, then use --key-file FILE or KNOX_KEY_FILE');

function syncedBy(check: string, file: string, what: string, hint: string): Checked {
  const service = serviceOf(realOf(file));
  if (service === null) return good(check, `${what} is not in a synced folder`);
  return bad(check, `${what} is in a folder that ${service} syncs`, hint);
}

function serviceOf(file: string): string | null {
  const named = SERVICE.exec(file)?.[1];
  if (named !== undefined) return /^(?:Mobile Documents|iCloud)/i.test(named) ? 'iCloud Drive' : named;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const marker = MARKERS.find(([name]) => existsSync(join(folder, name)));
    if (marker !== undefined) return marker[1];
    if (dirname(folder) === folder) return null;
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
