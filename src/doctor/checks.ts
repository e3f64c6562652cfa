/** What `knox doctor` looks at: one function a check, listed at the end. Each says what is so, and what to type where it is not well. */
import { auditEntries, counted } from '../domain/counted.ts';
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { relativeTime } from '../domain/time.ts';
import { RESTORE_A_COPY } from '../errors.ts';
import { bad, good } from './check.ts';
import type { Check } from './check.ts';
import { leftovers } from './leftovers.ts';
import { folderMode, keyMode, vaultMode, writable } from './permissions.ts';
import { keyRepository, keySynced, repository, synced } from './repository.ts';

export type { Checked, Patient } from './check.ts';

/** The same as in bin/knox.js, which checks it before anything is loaded. */
const NODE_FLOOR = [24, 7] as const;

const node: Check = ({ nodeVersion }) => {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const isNew = Number.isNaN(major) || major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
  const text = `Node.js ${nodeVersion}`;
  return isNew
    ? good('node', text)
    : bad('node', `${text} is too old for knox`, `install Node.js ${NODE_FLOOR.join('.')} or newer`);
};

const integrity: Check = ({ opened }) => {
  if (opened === null) return null;
  const { entries, verifiedRows, unverifiedRows, brokenAt, reason } = opened.report;
  if (opened.damage.length > 0)
    return bad('integrity', `the vault is damaged: ${opened.damage.join('; ')}`, RESTORE_A_COPY);
  if (brokenAt !== null)
    return bad('integrity', `the audit log does not verify at entry ${brokenAt}: ${reason}`, 'knox audit verify');
  const unseen = unverifiedRows === 0 ? '' : `, ${unverifiedRows} without their seal (no key for them)`;
  return good('integrity', `${auditEntries(entries)} and ${counted(verifiedRows, 'record')} verify${unseen}`);
};

const identity: Check = ({ opened }) => {
  if (opened === null) return null;
  const { isTrusted, identity: name } = opened;
  if (isTrusted) return good('identity', `the vault is ${name}`);
  const hint = `if that is the identity you were given: knox trust ${name}`;
  return bad('identity', `this machine has never seen the vault ${name}`, hint);
};

const rollback: Check = ({ opened }) => {
  if (opened === null) return null;
  if (!opened.isRolledBack) return good('rollback', 'the vault is not older than the one last seen here');
  return bad(
    'rollback',
    'the vault is older than the one last seen here',
    'restore the newer one, or: knox doctor --accept-rollback --reason TEXT',
  );
};

const memory: Check = ({ stateFolder }) =>
  stateFolder === null
    ? bad(
        'memory',
        'no folder for state: an older copy put in place of the vault goes unnoticed',
        'set HOME or XDG_STATE_HOME',
      )
    : good('memory', `state is kept in ${stateFolder}`);

const clock: Check = ({ now, moments, opened }) => {
  if (opened === null) return null;
  const { lastEntryAt, ahead } = opened;
  if (ahead === null) return good('clock', `the newest audit entry is from ${relativeTime(lastEntryAt, now)}`);
  return bad(
    'clock',
    `audit entry ${ahead.seq} (${ahead.action} by ${ahead.actor}) is from ${moments.at(ahead.at)}, ${relativeTime(ahead.at, now)} by this machine's clock (${moments.at(now.toISOString())})`,
    'if this clock is wrong, set it; if it is right: knox doctor --accept-clock --reason TEXT',
  );
};

const LEAST_FREE_BYTES = 64 * 1024 * 1024;

const disk: Check = ({ vaultFile }) => {
  const free = freeBytes(dirname(vaultFile));
  if (free === null) return null;
  const text = `${Math.floor(free / 1024 / 1024)} MiB free on the disk of the vault`;
  return free >= LEAST_FREE_BYTES ? good('disk', text) : bad('disk', text, 'free some space before the next change');
};

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

export const CHECKS: readonly Check[] = [
  node,
  vaultMode,
  folderMode,
  keyMode,
  writable,
  disk,
  repository,
  keyRepository,
  synced,
  keySynced,
  leftovers,
  identity,
  rollback,
  memory,
  clock,
  integrity,
];
