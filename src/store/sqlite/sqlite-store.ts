/**
 * A vault in one SQLite file. SQLite's own rollback journal makes a transaction whole or nothing, also after `kill -9`. A vault that was
 * replaced by another file while it was open is left alone: its journal has the other one's name.
 */
import { realpathSync, statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { Lock, ReadTransaction, Store, Upgraded, WriteTransaction } from '../store.ts';
import { checkSchema, configure, createVaultFile, openConnection } from './connection.ts';
import { replacedMeanwhile, sqliteFailure } from './failure.ts';
import { countFileLocks, lockFile, takeFileLock } from './file-lock.ts';
import { FORMATS, newest } from './formats.ts';
import type { Format } from './formats.ts';
import { patiently } from './patience.ts';
import { putInPlace } from './put-in-place.ts';
import type { Standing } from './put-in-place.ts';
import { SqliteTransaction } from './transaction.ts';

/** How long a reader waits for a writer that is committing. */
const READ_PATIENCE_SECONDS = 30;
const UPGRADE_PATIENCE_SECONDS = 30;

/** Which file a name leads to; null where it leads to none. */
function inodeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? null;
}

async function upgradeTo(
  database: Database.Database,
  file: string,
  formats: readonly Format[],
): Promise<Upgraded | null> {
  const { formatOf, upgrade } = await import('./upgrade.ts');
  const from = formatOf(database);
  if (from >= newest(formats).version) return null;
  const copy = await upgrade(database, file, formats, (sql) =>
    patiently(UPGRADE_PATIENCE_SECONDS, () => database.exec(sql)),
  );
  return copy === null ? null : { from, to: newest(formats).version, copy };
}

export class SqliteStore implements Store {
  /** A lock on a file of any name. */
  static readonly lockFile = lockFile;
  readonly location: string;
  readonly #database: Database.Database;
  readonly #transaction: SqliteTransaction;
  /** The file that was opened. */
  readonly #inode: number | null;
  /** SQLite's number of the schema that was checked; a change of the schema changes it. */
  #checkedSchema: unknown = null;
  /** One connection holds one transaction: work that overlaps in this process queues here. */
  #queue: Promise<unknown> = Promise.resolve();

  readonly upgraded: Upgraded | null;
  readonly #formats: readonly Format[];

  private constructor(
    file: string,
    inode: number | null,
    database: Database.Database,
    formats: readonly Format[],
    upgraded: Upgraded | null,
  ) {
    this.location = file;
    this.#inode = inode;
    this.#database = database;
    this.#formats = formats;
    this.upgraded = upgraded;
    this.#transaction = new SqliteTransaction(database);
  }

  /**
   * @param formats that this program knows, oldest first; a vault of an earlier one becomes one of the last
   * @throws vault_not_found, vault_damaged, vault_newer, io
   */
  static async open(file: string, formats: readonly Format[] = FORMATS): Promise<SqliteStore> {
    try {
      // Before it is opened: where the file is replaced in between, the next transaction sees it.
      const inode = inodeOf(file);
      const database = openConnection(file, formats);
      try {
        await patiently(READ_PATIENCE_SECONDS, () => configure(database));
        const real = realpathSync(file);
        const upgraded = formats.length > 1 ? await upgradeTo(database, real, formats) : null;
        return new SqliteStore(real, inode, database, formats, upgraded);
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      throw sqliteFailure(error, file);
    }
  }

  /** Makes the vault file in one step with what `fill` writes. @throws vault_exists, io */
  static async create(file: string, fill: (transaction: WriteTransaction) => Promise<void>): Promise<void> {
    try {
      await createVaultFile(file, (database) => fill(new SqliteTransaction(database)));
    } catch (error) {
      throw sqliteFailure(error, file);
    }
  }

  /**
   * Gives a whole vault file the name `target`, in one step; what was there is kept beside it under another name.
   * @param fresh in the same folder; nobody else knows it
   * @param at for the name of what was there: a time
   * @param complete called while nobody can commit to what was there, with what that says; the last that happens before
   * @returns the name of what was there, or null where nothing was
   * @throws vault_exists (made meanwhile), vault_busy, io, and what `complete` throws; then nothing was replaced
   */
  static async replace(
    target: string,
    fresh: string,
    at: string,
    complete: (standing: Standing) => Promise<void>,
  ): Promise<string | null> {
    try {
      return await putInPlace({ target, fresh, at }, complete);
    } catch (error) {
      throw sqliteFailure(error, target);
    }
  }

  read<T>(work: (transaction: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      // The first SELECT takes the lock; later ones of the same transaction can't meet a busy vault.
      await patiently(READ_PATIENCE_SECONDS, () => {
        this.#requireInPlace();
        this.#database.exec('BEGIN');
        try {
          this.#database.prepare('SELECT 1 FROM sqlite_schema').get();
        } catch (error) {
          if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
          throw error;
        }
      });
      return this.#finish(work);
    });
  }

  write<T>(patienceSeconds: number, work: (transaction: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      await patiently(patienceSeconds, () => this.#database.exec('BEGIN IMMEDIATE'));
      return this.#finish(async (transaction) => {
        this.#requireInPlace();
        return work(transaction);
      });
    });
  }

  /** @throws vault_busy where the name leads to another file than the one that is open */
  #requireInPlace(): void {
    if (inodeOf(this.location) !== this.#inode) throw replacedMeanwhile(this.location);
  }

  async lock(name: string): Promise<Lock | null> {
    return takeFileLock(this.location, name);
  }

  async heldLocks(): Promise<number> {
    return countFileLocks(this.location);
  }

  damage(): Promise<string[]> {
    return this.read(async () => {
      const found = this.#database.pragma('quick_check(10)') as { quick_check: string }[];
      return found.map((row) => row.quick_check).filter((line) => line !== 'ok');
    });
  }

  copyTo(file: string): Promise<void> {
    // SQLite copies it itself: a file that is opened and closed beside it would let go of its locks.
    return this.#enqueue(async () => {
      try {
        await patiently(READ_PATIENCE_SECONDS, () => void this.#database.prepare('VACUUM INTO ?').run(file));
      } catch (error) {
        throw sqliteFailure(error, file);
      }
    });
  }

  async settled(): Promise<void> {
    if (this.upgraded !== null || this.#formats.length === 1) return;
    const { removeCopies } = await import('./upgrade.ts');
    removeCopies(this.location);
  }

  async close(): Promise<void> {
    await this.#queue;
    this.#database.close();
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work).catch((error: unknown) => {
      throw sqliteFailure(error, this.location);
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #finish<T>(work: (transaction: WriteTransaction) => Promise<T>): Promise<T> {
    try {
      const schema = this.#database.pragma('schema_version', { simple: true });
      if (schema !== this.#checkedSchema) {
        checkSchema(this.#database, this.location, newest(this.#formats));
        this.#checkedSchema = schema;
      }
      const result = await work(this.#transaction);
      // Readers that are not done yet keep a commit waiting; the transaction stays open meanwhile.
      await patiently(READ_PATIENCE_SECONDS, () => this.#database.exec('COMMIT'));
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
