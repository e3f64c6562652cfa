/**
 * A lock between processes that the system itself lets go when its holder ends, however it ends: an exclusive lock by SQLite on an
 * empty file beside the vault. The file is removed on release; one that a killed process left is empty, unlocked and taken over.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import Database from 'better-sqlite3';
import { sqliteFailure } from './failure.ts';
import type { Lock } from '../store.ts';

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

/** @returns null where it is held elsewhere. @throws io */
export function takeFileLock(file: string): Lock | null {
  try {
    for (;;) {
      const held = tryLock(file);
      if (held === null) return null;
      // The file may have been removed and made anew between opening and locking. Then the name leads to another file, which can
      // still be locked: what is held is worthless. Where the name leads to the held file, the second attempt is refused.
      const second = tryLock(file);
      if (second === null) {
        chmodSync(file, 0o600);
        return new FileLock(file, held);
      }
      second.close();
      held.close();
    }
  } catch (error) {
    throw sqliteFailure(error, file);
  }
}

class FileLock implements Lock {
  readonly #file: string;
  readonly #held: Database.Database;
  constructor(file: string, held: Database.Database) {
    this.#file = file;
    this.#held = held;
  }
  async release(): Promise<void> {
    if (!this.#held.open) return;
    try {
      unlinkSync(this.#file);
    } catch {
      // Removed by hand: the lock itself goes with the connection below.
    }
    this.#held.close();
  }
}
