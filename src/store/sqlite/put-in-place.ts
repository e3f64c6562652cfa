/**
 * Putting a whole vault file where another one lies, or nothing does. Whatever ends the process on the way, there is the old vault or the
 * new one. What SQLite kept beside the old one (a journal that a killed process left) goes with it: beside the new one it would be
 * played back into it.
 */
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  closeSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { errors, isKnoxError, systemError } from '../../errors.ts';
import type { ReadTransaction } from '../store.ts';
import { checkSchema, configure, giveName, openConnection, syncFolder } from './connection.ts';
import { sqliteFailure } from './failure.ts';
import { FORMATS, newest } from './formats.ts';
import { patiently } from './patience.ts';
import { SqliteTransaction } from './transaction.ts';

/** What lies there: nothing, a vault that can be read, or a file that cannot. */
export type Standing = 'nothing' | 'unreadable' | ReadTransaction;

const PATIENCE_SECONDS = 10;
/** What SQLite calls the files beside a database. */
const BESIDE = ['-journal', '-wal', '-shm'];

export async function putInPlace(
  { target, fresh, at }: { readonly target: string; readonly fresh: string; readonly at: string },
  complete: (standing: Standing) => Promise<void>,
): Promise<string | null> {
  const old = existsSync(target) ? await lock(target) : null;
  try {
    await complete(old === null ? 'nothing' : old.standing);
    settle(fresh);
    const kept = keep(target, at);
    try {
      if (old !== null) renameSync(fresh, target);
      else if (!giveName(fresh, target))
        throw errors.vault_exists(`a vault was created at ${target} meanwhile`, 'check it, then run it again');
    } catch (error) {
      // With a journal of its own it is more than a second name.
      if (kept?.isAlone === true) unlinkSync(kept.name);
      throw error;
    }
    syncFolder(dirname(target));
    return old === null ? null : kept!.name;
  } catch (error) {
    throw isKnoxError(error) || !isSystemError(error) ? error : systemError(`cannot replace ${target}`, error);
  } finally {
    old?.database?.close();
  }
}

function isSystemError(error: unknown): boolean {
  return /^E[A-Z]/.test(String((error as { code?: unknown } | null)?.code));
}

/** Keeps everybody from committing to what lies there, where it is a database at all. @throws vault_busy, io */
async function lock(target: string): Promise<{ standing: Standing; database: Database.Database | null }> {
  let database: Database.Database | null = null;
  try {
    // SQLite would open it to be read, and hold back nobody.
    accessSync(target, constants.W_OK);
    const opened = openConnection(target, FORMATS);
    database = opened;
    // A journal that a killed process left is played back by this, and is gone.
    await patiently(PATIENCE_SECONDS, () => configure(opened));
    await patiently(PATIENCE_SECONDS, () => opened.exec('BEGIN EXCLUSIVE'));
  } catch (error) {
    database?.close();
    if (isDamage(error, target)) return { standing: 'unreadable', database: null };
    throw error;
  }
  try {
    checkSchema(database, target, newest(FORMATS));
    return { standing: new SqliteTransaction(database), database };
  } catch (error) {
    if (isDamage(error, target)) return { standing: 'unreadable', database };
    database.close();
    throw error;
  }
}

/** Whether nobody can commit to it either. */
function isDamage(error: unknown, target: string): boolean {
  const failure = sqliteFailure(error, target);
  return isKnoxError(failure) && failure.code === 'vault_damaged';
}

/** On the disk before it has the name. */
function settle(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Gives what lies there a second name, and what lies beside it that name alone. @returns null where there was nothing at all */
function keep(target: string, at: string): { name: string; isAlone: boolean } | null {
  const there = ['', ...BESIDE].filter((end) => existsSync(`${target}${end}`));
  if (there.length === 0) return null;
  const name = freeName(`${target}.replaced-${at}`);
  forgetUnfinished(target);
  for (const end of there) {
    double(`${target}${end}`, `${name}${end}`);
    if (end !== '') unlinkSync(`${target}${end}`);
  }
  syncFolder(dirname(target));
  return { name, isAlone: there.length === 1 && there[0] === '' };
}

/** A second name that a killed run gave what still lies there. */
function forgetUnfinished(target: string): void {
  const inode = statSync(target, { throwIfNoEntry: false })?.ino;
  const begin = `${basename(target)}.replaced-`;
  for (const name of readdirSync(dirname(target)).filter((one) => one.startsWith(begin))) {
    const path = join(dirname(target), name);
    if (statSync(path).ino === inode) unlinkSync(path);
  }
}

function freeName(name: string): string {
  const isFree = (one: string) => ['', ...BESIDE].every((end) => !existsSync(`${one}${end}`));
  for (let number = 1; ; number += 1) {
    const one = number === 1 ? name : `${name}-${number}`;
    if (isFree(one)) return one;
  }
}

/** A second name, or where the file system has none, a copy: the first name must lead to a vault until the new one takes it. */
function double(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    copyFileSync(file, name, constants.COPYFILE_EXCL);
    settle(name);
  }
}
