/** What `knox doctor` looks at: one function a check, listed at the end. Each says what is so, and what to type where it is not well. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { relativeTime } from '../domain/time.ts';
import type { AuditReport } from '../vault/verify-audit.ts';

export interface Checked {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
  /** What to type or do; null where all is well. */
  readonly hint: string | null;
}

/** What the checks are told; gathered by the command. */
export interface Patient {
  readonly vaultFile: string;
  /** Null where the key was not given as a file. */
  readonly keyFile: string | null;
  readonly stateFolder: string | null;
  readonly now: Date;
  /** Time of the newest audit entry. */
  readonly lastEntryAt: string;
  readonly isTrusted: boolean;
  readonly isRolledBack: boolean;
  readonly identity: string;
  readonly report: AuditReport;
  readonly nodeVersion: string;
  /** Variables for `git`. */
  readonly environment: Readonly<Record<string, string>>;
}

type Check = (patient: Patient) => Checked | null;

const good = (check: string, message: string): Checked => ({ check, ok: true, message, hint: null });
const bad = (check: string, message: string, hint: string): Checked => ({ check, ok: false, message, hint });

const node: Check = ({ nodeVersion }) => good('node', `Node.js ${nodeVersion}`);

const vaultMode: Check = ({ vaultFile }) => modeOf('vault-file', vaultFile, 'the vault', '600');

const folderMode: Check = ({ vaultFile }) => modeOf('vault-folder', dirname(vaultFile), 'its folder', '700');

const keyMode: Check = ({ keyFile }) => (keyFile === null ? null : modeOf('key-file', keyFile, 'the key file', '600'));

function modeOf(check: string, path: string, what: string, wanted: string): Checked {
  const mode = statSync(path).mode & 0o777;
  const isClosed = (mode & 0o077) === 0;
  const text = `${what} ${path} has mode ${mode.toString(8).padStart(4, '0')}`;
  return isClosed ? good(check, text) : bad(check, `${text}: others can read it`, `chmod ${wanted} ${path}`);
}

/** A vault in a repository gets to everybody who clones it, and stays in its history. */
const repository: Check = ({ vaultFile, environment }) => {
  const git = (...argv: string[]) =>
    spawnSync('git', ['-C', dirname(vaultFile), ...argv], { env: { ...environment }, encoding: 'utf8' });
  if (git('rev-parse', '--is-inside-work-tree').status !== 0)
    return good('repository', 'the vault lies in no git repository');
  if (git('ls-files', '--error-unmatch', vaultFile).status === 0)
    return bad(
      'repository',
      'the vault is committed to git',
      `git rm --cached ${vaultFile}, and add .knox/ to .gitignore`,
    );
  if (git('check-ignore', '-q', vaultFile).status !== 0)
    return bad('repository', 'git does not ignore the vault', 'add .knox/ to .gitignore');
  return good('repository', 'git ignores the vault');
};

/** A program that copies files in the background puts older copies back. */
const synced: Check = ({ vaultFile }) => {
  const service = /[/\\](Dropbox|OneDrive[^/\\]*|Google ?Drive|iCloud[^/\\]*|Nextcloud|Mobile Documents)[/\\]/i.exec(
    vaultFile,
  )?.[1];
  if (service === undefined) return good('synced-folder', 'the vault lies in no synced folder');
  return bad(
    'synced-folder',
    `the vault lies in a folder of ${service}`,
    'move it, and name it: --vault FILE or KNOX_VAULT',
  );
};

const integrity: Check = ({ report }) => {
  const { entries, verifiedRows, unverifiedRows, brokenAt, reason } = report;
  if (brokenAt !== null)
    return bad('integrity', `the audit log does not verify at entry ${brokenAt}: ${reason}`, 'knox audit verify');
  const unseen = unverifiedRows === 0 ? '' : `, ${unverifiedRows} not, for want of their key`;
  return good('integrity', `${entries} audit entries and ${verifiedRows} rows verify${unseen}`);
};

const identity: Check = ({ isTrusted, identity: name }) =>
  isTrusted
    ? good('identity', `the vault is ${name}`)
    : bad(
        'identity',
        `this machine has never seen the vault ${name}`,
        `if that is the identity you were given: knox trust ${name}`,
      );

const rollback: Check = ({ isRolledBack }) =>
  isRolledBack
    ? bad(
        'rollback',
        'the vault is older than the one that was here before',
        'put the newer one back, or: knox doctor --accept-rollback --reason TEXT',
      )
    : good('rollback', 'the vault is no older than what this machine has seen');

const memory: Check = ({ stateFolder }) =>
  stateFolder === null
    ? bad(
        'memory',
        'there is no folder to remember vaults in, so an older copy put back is not noticed',
        'set HOME or XDG_STATE_HOME',
      )
    : good('memory', `what was seen is remembered in ${stateFolder}`);

const clock: Check = ({ now, lastEntryAt }) =>
  now.toISOString() >= lastEntryAt
    ? good('clock', `the newest audit entry is from ${relativeTime(lastEntryAt, now)}`)
    : bad('clock', `this machine's clock is behind the newest audit entry (${lastEntryAt})`, 'set the clock');

const LEAST_FREE_BYTES = 64 * 1024 * 1024;

const disk: Check = ({ vaultFile }) => {
  const { bavail, bsize } = statfsSync(dirname(vaultFile));
  const free = bavail * bsize;
  const text = `${Math.floor(free / 1024 / 1024)} MiB are free where the vault lies`;
  return free >= LEAST_FREE_BYTES ? good('disk', text) : bad('disk', text, 'make room before the next change');
};

const writable: Check = ({ vaultFile }) => {
  try {
    accessSync(vaultFile, constants.W_OK);
    accessSync(dirname(vaultFile), constants.W_OK);
    return good('writable', 'the vault can be written to');
  } catch {
    return bad(
      'writable',
      'the vault can only be read: uses are not recorded',
      `give yourself write access to ${dirname(vaultFile)}`,
    );
  }
};

export const CHECKS: readonly Check[] = [
  node,
  vaultMode,
  folderMode,
  keyMode,
  writable,
  disk,
  repository,
  synced,
  identity,
  rollback,
  memory,
  clock,
  integrity,
];
