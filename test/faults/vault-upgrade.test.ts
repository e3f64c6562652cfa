/** A vault of an earlier format, proven on a next version that is made up: nobody has released one yet. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/store/sqlite/formats.ts';
import type { Format } from '../../src/store/sqlite/formats.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import { verifyAudit } from '../../src/vault/verifying/verify-audit.ts';
import { Vault } from '../../src/vault/opening/vault.ts';
import { codeOf, tampered } from '../helpers/vandal.ts';
import { makeVault, textOf } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

const COLUMN = 'ALTER TABLE record ADD COLUMN colour TEXT';
const TABLE = 'CREATE TABLE flag (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT';

/** What SQLite makes of the schema by these statements. */
function after(statements: readonly string[]): string {
  const database = new Database(':memory:');
  for (const sql of FORMATS.at(-1)!
    .schema.split('\n')
    .toSorted((left) => (left.startsWith('CREATE TABLE') ? -1 : 1)))
    database.exec(sql);
  for (const sql of statements) database.exec(sql);
  const rows = database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').pluck().all() as string[];
  return rows.toSorted().join('\n');
}

const version = FORMATS.at(-1)!.version;
const SECOND: Format = { version: version + 1, schema: after([COLUMN]), upgrade: (database) => database.exec(COLUMN) };
const THIRD: Format = {
  version: version + 2,
  schema: after([COLUMN, TABLE]),
  upgrade: (database) => database.exec(TABLE),
};
const NEXT = [...FORMATS, SECOND, THIRD];

let made: TestVault;
beforeEach(async () => {
  made = await makeVault({ secrets: { api_key: { production: 'live value' } }, withEveryTable: true });
});
afterEach(() => made.remove());

interface Told {
  readonly vault: Vault;
  readonly warnings: string[];
}

async function open(formats: readonly Format[], file = made.file): Promise<Told> {
  const store = await SqliteStore.open(file, formats);
  const warnings: string[] = [];
  try {
    const vault = await Vault.open({
      store,
      unlock: { kind: 'key', ...made.key, source: 'the test' },
      trusted: null,
      expectedHead: null,
      memory: new HeadMemory(null),
      now: () => new Date('2025-03-02T10:00:00.000Z'),
      actor: 'tester',
      warn: (code) => void warnings.push(code),
    });
    return { vault, warnings };
  } catch (error) {
    await store.close();
    throw error;
  }
}
const files = (): string[] => readdirSync(made.folder).filter((name) => name.startsWith('vault.db'));
const copy = (): string => `${made.file}-format-${version}`;

describe('a vault of an earlier format', () => {
  it('becomes one of the newest, whole, with its digests; the copy is removed at the second opening', async () => {
    const first = await open(NEXT);
    expect(first.warnings).toEqual(['vault_upgraded']);
    expect(existsSync(copy())).toBe(true);
    expect(statSync(copy()).mode & 0o777).toBe(0o600);
    expect(await textOf(first.vault, 'api_key', 'production')).toBe('live value');
    const report = await first.vault.read((view) => verifyAudit(view));
    expect(report).toMatchObject({ brokenAt: null, unverifiedRows: 0 });
    await first.vault.change(async (change) => {
      const record = (await change.get('name', 'production', 'api_key'))!;
      await change.update(record, { note: 'by the later one' });
      change.log({ action: 'set' });
    });
    await first.vault.close();

    const second = await open(NEXT);
    expect(second.warnings).toEqual([]);
    expect(files()).toEqual(['vault.db']);
    const found = await second.vault.read((view) => view.all('name', 'production'));
    expect(found.map(({ name, note }) => [name, note])).toContainEqual(['api_key', 'by the later one']);
    await second.vault.close();
    // The knox of before says so, and touches nothing.
    const bytes = readFileSync(made.file);
    expect(await codeOf(made.using(async () => undefined))).toBe('vault_newer');
    expect(readFileSync(made.file).equals(bytes)).toBe(true);
  });

  it('has a copy that the knox of before opens', async () => {
    await (await open(NEXT)).vault.close();
    expect(await made.using((vault) => textOf(vault, 'api_key', 'production'), { file: copy() })).toBe('live value');
  });

  it('is left as it was where a step fails or does not lead to the schema that it promises', async () => {
    const bytes = readFileSync(made.file);
    const wrong: Format = { ...SECOND, upgrade: (database) => database.exec(TABLE) };
    expect(await codeOf(open([...FORMATS, wrong]))).toBe('vault_damaged');
    const failing: Format = {
      ...SECOND,
      upgrade: (database) => {
        database.exec(COLUMN);
        throw new Error('no');
      },
    };
    await expect(open([...FORMATS, failing])).rejects.toThrow('no');
    expect(readFileSync(made.file).equals(bytes)).toBe(true);
    expect(files()).toEqual(['vault.db']);
  });

  it('is not upgraded where something was planted in it', async () => {
    const file = tampered(made, (database) =>
      database.exec('CREATE TRIGGER planted AFTER INSERT ON audit BEGIN DELETE FROM record; END'),
    );
    expect(await codeOf(open(NEXT, file))).toBe('vault_damaged');
    expect(readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}-format`))).toEqual([]);
  });

  it('is upgraded once where two open it at the same time', async () => {
    const [one, other] = await Promise.all([open(NEXT), open(NEXT)]);
    expect([...one.warnings, ...other.warnings]).toEqual(['vault_upgraded']);
    for (const { vault } of [one, other]) {
      expect(await textOf(vault, 'api_key', 'production')).toBe('live value');
      await vault.close();
    }
  });
});
