/**
 * A vault of an earlier format becomes one of the newest: forward only, all steps in one transaction, after a copy beside the vault. The
 * copy is removed when the upgraded vault was opened once more.
 */
import { closeSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { errors } from '../../errors.ts';
import { checkSchema } from './connection.ts';
import { newest } from './formats.ts';
import type { Format } from './formats.ts';

/** Where the copy of a vault lies that had format `version`. */
function copyBefore(file: string, version: number): string {
  return `${file}-format-${version}`;
}

export function formatOf(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

/**
 * Call with no transaction open.
 * @param patiently runs SQL that others may hold up for a while
 * @returns the copy of the vault as it was, or null where there was nothing to do
 * @throws vault_damaged, io
 */
export async function upgrade(
  database: Database.Database,
  file: string,
  formats: readonly Format[],
  patiently: (sql: string) => Promise<void>,
): Promise<string | null> {
  for (;;) {
    const writes = writesOf(database);
    const version = formatOf(database);
    if (version >= newest(formats).version) return null;
    // Loaded here alone: it costs more than opening a vault does.
    const { randomUUID } = await import('node:crypto');
    const fresh = `${copyBefore(file, version)}.${randomUUID()}`;
    try {
      // Its own, from the first moment on; SQLite writes into an empty file.
      closeSync(openSync(fresh, 'wx', 0o600));
      database.prepare('VACUUM INTO ?').run(fresh);
      await patiently('BEGIN IMMEDIATE');
      // Where somebody wrote between the copy and the lock, the copy would lack it.
      if (writesOf(database) !== writes) continue;
      climb(database, file, formats, version);
      const copy = copyBefore(file, version);
      renameSync(fresh, copy);
      await patiently('COMMIT');
      return copy;
    } finally {
      if (database.inTransaction) database.exec('ROLLBACK');
      rmSync(fresh, { force: true });
    }
  }
}

/** Another number whenever somebody else has written. */
function writesOf(database: Database.Database): number {
  return database.pragma('data_version', { simple: true }) as number;
}

function climb(database: Database.Database, file: string, formats: readonly Format[], from: number): void {
  const start = formats.find(({ version }) => version === from);
  if (start === undefined) throw errors.vault_damaged(`${file} has the unknown format ${from}`);
  checkSchema(database, file, start);
  for (const format of formats.filter(({ version }) => version > from)) {
    format.upgrade!(database);
    database.pragma(`user_version = ${format.version}`);
    checkSchema(database, file, format);
  }
}

/** Removes the copies of earlier formats, those too that a killed process did not finish. */
export function removeCopies(file: string): void {
  const prefix = copyBefore(basename(file), 0).slice(0, -1);
  for (const name of readdirSync(dirname(file)))
    if (name.startsWith(prefix)) rmSync(join(dirname(file), name), { force: true });
}
