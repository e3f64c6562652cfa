/**
 * Opening and making the SQLite file: what is checked before SQLite sees a byte of it, the settings of every connection, and the
 * schema's text. Nothing here waits or retries.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { damagedVault, errors, systemError, vaultExists } from '../../errors.ts';
import { FORMATS, newest } from './formats.ts';
import type { Format } from './formats.ts';
import { APPLICATION_ID, SCHEMA } from './schema.ts';

const SETTINGS = `
  PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON; PRAGMA cache_spill = OFF; PRAGMA foreign_keys = ON;
`;

/** How long one call into SQLite may block the process while it waits for a lock, in milliseconds. Longer waits are asynchronous. */
const BLOCKING_WAIT = 50;

/**
 * The connection still needs `configure`, which can meet a busy vault.
 * @throws vault_not_found, vault_damaged (not a vault, empty or cut short), io
 */
export function openConnection(file: string, formats: readonly Format[]): Database.Database {
  checkHeader(file, formats);
  return new Database(file, { fileMustExist: true, timeout: BLOCKING_WAIT });
}

/** Takes the settings of every connection. Reads the schema: SQLITE_BUSY while another process commits. */
export function configure(database: Database.Database): void {
  database.exec(SETTINGS);
}

function newer(file: string, version: number, known: number) {
  return errors.vault_newer(
    `${file} was written by a newer knox (format ${version}, this one knows ${known})`,
    'update knox',
  );
}

/**
 * SQLite would take an empty file for an empty database, and would switch to another journal where the header says so.
 * Both are refused before it is opened.
 */
function checkHeader(file: string, formats: readonly Format[]): void {
  const header = Buffer.alloc(100);
  let read: number;
  let size: number;
  try {
    // Without O_NONBLOCK a pipe that was put in the vault's place would keep knox waiting for ever.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) throw errors.vault_damaged(`${file} is not a file`);
      size = stat.size;
      read = readSync(descriptor, header, 0, 100, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw errors.vault_not_found(`no vault at ${file}`, 'create one: knox init', 'or use another: --vault FILE');
    }
    if (code === 'vault_damaged') throw error;
    throw systemError(`cannot read the vault ${file}`, error);
  }
  if (size === 0) throw damagedVault(`${file} is empty`);
  const isDatabase = read === 100 && header.toString('latin1', 0, 16) === 'SQLite format 3\0';
  if (!isDatabase || header.readUInt32BE(68) !== APPLICATION_ID) {
    throw errors.vault_damaged(`${file} is not a knox vault`, 'give the right file: --vault FILE');
  }
  const version = header.readUInt32BE(60);
  const known = newest(formats).version;
  if (version > known) throw newer(file, version, known);
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const real = realpathSync(file);
  // Whether the file has as many pages as it says is SQLite's to judge, under its lock: here a commit may be half done, by another
  // process, or by one that was killed and whose journal SQLite is about to play back.
  const isWhole =
    version >= formats[0]!.version && pageSize >= 512 && (size % pageSize === 0 || existsSync(`${real}-journal`));
  // SQLite reads a write-ahead log wherever one lies beside the file; a vault never has one.
  if (!isWhole || header[18] !== 1 || header[19] !== 1 || existsSync(`${real}-wal`)) {
    throw damagedVault(`${file} is damaged or was cut short`);
  }
}

/**
 * Compares the schema with the expected one: a planted trigger, view or column is damage. Call inside a transaction. The header is
 * looked at again: a journal that SQLite played back, or another process, may have changed it since.
 */
export function checkSchema(database: Database.Database, file: string, format: Format): void {
  const version = database.pragma('user_version', { simple: true });
  if (typeof version === 'number' && version > format.version) throw newer(file, version, format.version);
  const rows = database.prepare<[], { sql: string }>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  const found = rows
    .map((row) => row.sql)
    .toSorted()
    .join('\n');
  if (found !== format.schema) {
    throw damagedVault(`the tables of ${file} are not those of a knox vault`);
  }
}

/**
 * Makes an empty vault file (mode 0600) under a temporary name beside `file`, lets `fill` write into it, and then gives it its
 * name in one step: whatever ends the process on the way, there is a whole vault or none.
 * @throws vault_exists
 */
export async function createVaultFile(
  file: string,
  fill: (database: Database.Database) => Promise<void>,
): Promise<void> {
  const taken = () => vaultExists(file);
  if (existsSync(file)) throw taken();
  // Loaded here alone: it costs more than opening a vault does.
  const { randomBytes } = await import('node:crypto');
  const fresh = `${file}.new-${randomBytes(6).toString('hex')}`;
  try {
    closeSync(openSync(fresh, 'wx', 0o600));
  } catch (error) {
    throw systemError(`cannot create ${file}`, error);
  }
  try {
    const database = new Database(fresh);
    try {
      database.exec(SETTINGS);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${newest(FORMATS).version};`);
      database.exec('BEGIN IMMEDIATE');
      for (const statement of SCHEMA) database.exec(statement);
      await fill(database);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
    if (!giveName(fresh, file)) throw taken();
  } finally {
    if (existsSync(fresh)) unlinkSync(fresh);
  }
  syncFolder(dirname(file));
}

/** Gives a file a second name that nothing has yet. @returns whether it got it */
export function giveName(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    // File systems without hard links: a rename would replace what was made in between, so look once more.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(name)) return false;
    renameSync(file, name);
    return true;
  }
}

/** Makes a new name outlast a power cut. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
