/** SQLite's result codes as knox's errors: one place. */
import { damagedVault, errors, isKnoxError, readOnlyError } from '../../errors.ts';
import type { KnoxError } from '../../errors.ts';

/** The error of knox that stands for whatever better-sqlite3 threw; other errors come back as they are. */
export function sqliteFailure(error: unknown, location: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (isKnoxError(error) || typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  if (code === 'SQLITE_READONLY_DBMOVED') return replacedMeanwhile(location);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return errors.vault_busy(`another process is writing to the vault ${location}`, 'try again in a moment');
  }
  if (code === 'SQLITE_FULL')
    return errors.io(
      `no space left on the disk of ${location}`,
      'nothing was changed: free some space and run it again',
    );
  if (isReadOnlyCode(code)) {
    return readOnlyError(
      `${location} or its folder cannot be written`,
      'check the permissions of the file and of the folder it lies in',
    );
  }
  if (code.startsWith('SQLITE_IOERR') || code === 'SQLITE_NOMEM' || code === 'SQLITE_PROTOCOL') {
    return errors.io(
      `reading or writing ${location} failed (${code})`,
      'nothing was changed: check the disk and run it again',
    );
  }
  return damagedVault(`${location} is damaged (${code})`);
}

/** Another file has taken the name of the vault that is open. */
export function replacedMeanwhile(location: string): KnoxError {
  return errors.vault_busy(
    `the vault ${location} was replaced or removed meanwhile`,
    'nothing was changed: run it again',
  );
}

function isReadOnlyCode(code: string): boolean {
  return code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM');
}
