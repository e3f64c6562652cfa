/** What may lie where a vault is expected, and vaults of which something is cut off. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sqliteFailure } from '../../src/store/sqlite/failure.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { makeVault, textOf } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { codeOf, copyOf, faultsOf, tampered } from '../helpers/vandal.ts';

let made: TestVault;
beforeAll(async () => {
  made = await makeVault({ secrets: { api_key: { production: 'live' } } });
});
afterAll(() => made.remove());

const use = (file: string) => codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), { file }));

describe('what is no vault', () => {
  it('is told: nothing, empty, text, another database, a folder, a pipe, a link to nowhere', async () => {
    const at = (name: string) => join(made.folder, name);
    writeFileSync(at('empty'), '');
    writeFileSync(at('text'), 'not a vault\n'.repeat(1000));
    writeFileSync(at('short'), readFileSync(made.file).subarray(0, 99));
    new Database(at('other')).exec('CREATE TABLE t (x)').close();
    mkdirSync(at('folder'));
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync('nowhere', at('link'));
    expect(await use(at('nothing'))).toBe('vault_not_found');
    expect(await use(at('link'))).toBe('vault_not_found');
    expect(await use(join(made.file, 'below'))).toBe('vault_not_found');
    for (const name of ['empty', 'text', 'short', 'other', 'folder', 'pipe']) {
      expect(await use(at(name)), name).toBe('vault_damaged');
    }
  });

  it('is a vault of a newer knox, which is left as it is', async () => {
    const file = tampered(made, (database) => database.pragma('user_version = 2'));
    const before = readFileSync(file);
    expect(await use(file)).toBe('vault_newer');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is a vault with a write-ahead log, by its header or by a file beside it', async () => {
    const flagged = copyOf(made);
    const bytes = readFileSync(flagged);
    for (const [write, read] of [
      [2, 2],
      [2, 1],
      [1, 2],
    ]) {
      bytes[18] = write!;
      bytes[19] = read!;
      writeFileSync(flagged, bytes);
      expect(await use(flagged)).toBe('vault_damaged');
    }
    const beside = copyOf(made);
    const log = copyOf(made);
    const writer = new Database(log);
    writer.pragma('journal_mode = WAL');
    writer.exec('UPDATE record SET entry = entry');
    writeFileSync(`${beside}-wal`, readFileSync(`${log}-wal`));
    writer.close();
    expect(await use(beside)).toBe('vault_damaged');
  });
});

describe('a vault that was cut short', () => {
  it('at any page, and within a page, gives the right value or is damage', { timeout: 60_000 }, async () => {
    const size = readFileSync(made.file).length;
    const sizes = Array.from({ length: size / 4096 }, (_page, index) => [index * 4096, index * 4096 + 2048]).flat();
    const faults: string[] = [];
    for (const kept of sizes) {
      const file = copyOf(made);
      truncateSync(file, kept);
      const found = await faultsOf(made, file, [['api_key', 'production', 'live']]);
      faults.push(...found.map((fault) => `${kept}: ${fault}`));
      expect(await use(file), String(kept)).toBe('vault_damaged');
    }
    expect(faults).toEqual([]);
  });
});

describe('a vault that is in use', () => {
  it('is opened and read while another process commits, once it is done', async () => {
    const file = copyOf(made);
    const writer = new Database(file);
    writer.exec('BEGIN EXCLUSIVE');
    // oxlint-disable-next-line typescript/unbound-method -- the spy calls it on the database that it is called on
    const exec = Database.prototype.exec;
    let turnedAway = 0;
    // What the reader meets first is a vault that is busy; then the writer is done.
    const spy = vi.spyOn(Database.prototype, 'exec').mockImplementation(function tried(this: Database.Database, sql) {
      try {
        return exec.call(this, sql);
      } catch (error) {
        turnedAway += 1;
        if (writer.inTransaction) exec.call(writer, 'COMMIT');
        throw error;
      }
    });
    try {
      expect({ use: await use(file), turnedAway }).toEqual({ use: 'done', turnedAway: 1 });
    } finally {
      spy.mockRestore();
      writer.close();
    }
  });

  it('takes up its work after a busy time was over', async () => {
    const file = copyOf(made);
    const writer = new Database(file);
    const store = await SqliteStore.open(file);
    writer.exec('BEGIN EXCLUSIVE');
    expect(await codeOf(store.write(0, async () => undefined))).toBe('vault_busy');
    writer.exec('COMMIT');
    expect(await codeOf(store.write(0, async () => undefined))).toBe('done');
    expect(await store.read((transaction) => transaction.count())).toBeGreaterThan(2);
    await store.close();
    writer.close();
  });

  it('tells a vault that can only be read from a full disk', () => {
    const failed = (code: string) => sqliteFailure(Object.assign(new Error('x'), { code }), 'vault.db');
    expect(failed('SQLITE_READONLY_DIRECTORY')).toMatchObject({ code: 'io', isReadOnly: true });
    expect(failed('SQLITE_FULL')).toMatchObject({ code: 'io', isReadOnly: false });
  });
});

describe('a vault whose writer was killed in the middle of a commit', () => {
  it('is as it was before, where the file already says that it has more pages', async () => {
    const file = copyOf(made);
    const killed = copyOf(made);
    const writer = new Database(file);
    writer.exec('BEGIN IMMEDIATE');
    writer.exec("UPDATE manifest SET body = X'00'");
    const numbers = 'WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 400)';
    writer.exec(`${numbers} INSERT INTO audit SELECT i, zeroblob(900), X'', NULL FROM n`);
    const journal = readFileSync(`${file}-journal`);
    writer.close();
    // What a commit does first: the journal gets its mark, which makes its records count, then the first page is written, then the others.
    journal.write('d9d505f920a163d7ffffffff', 'hex');
    const bytes = readFileSync(killed);
    bytes.writeUInt32BE(bytes.readUInt32BE(28) + 75, 28);
    writeFileSync(killed, bytes);
    expect(await use(copyOf(made, killed))).toBe('vault_damaged');
    writeFileSync(`${killed}-journal`, journal);
    expect(await use(killed)).toBe('done');
    expect(await faultsOf(made, killed, [['api_key', 'production', 'live']])).toEqual([]);
    expect(readFileSync(killed).equals(readFileSync(made.file))).toBe(true);
    expect(existsSync(`${killed}-journal`)).toBe(false);
  });
});
