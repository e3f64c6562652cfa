/**
 * A lock between processes that the system itself lets go when its holder ends, however it ends: an exclusive lock by SQLite on an
 * empty file beside the vault. The file is removed on release; one that a killed process left is empty, unlocked and taken over.
 *
 * What it locks may be anybody's text, and others may be able to write to the folder: the file's name is a hash of what is locked, it is made
 * with mode 0600, and what is not an empty file of this user's own under that name, such as a link, is neither opened nor removed. It is looked at,
 * never opened beside SQLite: to close a file lets go of every lock that the process has on it.
 */
import { closeSync, constants, lstatSync, openSync, readdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { errors, systemError } from '../../errors.ts';
import { sqliteFailure } from './failure.ts';
import type { Lock } from '../store.ts';

const INFIX = '-lock-';
const HASHED = /^[0-9a-f]{32}$/;

/** @param location of the vault @param name what is locked @returns null where it is held elsewhere. @throws io */
export async function takeFileLock(location: string, name: string): Promise<Lock | null> {
  // Only here: it takes long to load, and most locks are named already.
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return lockFile(`${location}${INFIX}${hash}`);
}

/** How many of a vault's locks somebody holds; those that nobody does are swept away by asking. */
export async function countFileLocks(location: string): Promise<number> {
  const prefix = `${basename(location)}${INFIX}`;
  let held = 0;
  for (const name of readdirSync(dirname(location))) {
    if (!name.startsWith(prefix) || !HASHED.test(name.slice(prefix.length))) continue;
    const lock = lockFile(join(dirname(location), name));
    await lock?.release();
    if (lock === null) held += 1;
  }
  return held;
}

/** The lock that is this file. @returns null where it is held elsewhere. @throws io */
export function lockFile(file: string): Lock | null {
  try {
    for (;;) {
      const inode = makeFile(file);
      const held = tryLock(file);
      if (held === null) return null;
      // The file may have been removed and made again between opening and locking. Then the name leads to another file, which can
      // still be locked: what is held is worthless. Where the name leads to the held file, the second attempt is refused.
      const second = inodeOf(file) === inode ? tryLock(file) : undefined;
      if (second === null) return new FileLock(file, inode, held);
      second?.close();
      held.close();
    }
  } catch (error) {
    throw sqliteFailure(error, file);
  }
}

/** Makes it where it is not there. @returns its inode @throws io for what is not a lock of this user's */
function makeFile(file: string): bigint {
  for (;;) {
    try {
      // With O_EXCL no link is followed.
      closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw systemError(`cannot create the lock ${file}`, error);
    }
    const inode = inodeOf(file);
    if (inode !== null) return inode;
  }
}

/** Null where nothing is there. @throws io for what is not an empty file of this user's */
function inodeOf(file: string): bigint | null {
  const found = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return null;
  // oxlint-disable-next-line no-restricted-globals -- a user without a name in the system's list still has a number
  const uid = BigInt(process.getuid?.() ?? 0);
  if (found.isFile() && found.size === 0n && found.nlink === 1n && (uid === 0n || found.uid === uid)) return found.ino;
  throw errors.io(
    `${file} is where knox puts a lock, but is not an empty file of this user: it was not opened`,
    'check what it is, and move it away',
  );
}

function tryLock(file: string): Database.Database | null {
  const database = new Database(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
}

class FileLock implements Lock {
  readonly #file: string;
  readonly #inode: bigint;
  readonly #held: Database.Database;
  constructor(file: string, inode: bigint, held: Database.Database) {
    this.#file = file;
    this.#inode = inode;
    this.#held = held;
  }
  async release(): Promise<void> {
    if (!this.#held.open) return;
    try {
      if (inodeOf(this.#file) === this.#inode) unlinkSync(this.#file);
    } catch {
      // Removed by hand, or something else by now: the lock itself goes with the connection below.
    }
    this.#held.close();
  }
}
