/** Each row swapped with another of its table, each column with its neighbour, each row deleted or replaced by its older self. */
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KIND_NAMES } from '../../src/vault/records/kinds.ts';
import type { KindName, Stored } from '../../src/vault/records/kinds.ts';
import type { Change } from '../../src/vault/core/change.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { auditOf, copyOf, TABLE_KEYS, tampered, useOf } from '../helpers/vandal.ts';

type Cells = Record<string, string | number | Buffer | null>;

let made: TestVault;
/** A copy from before every record was put once more. */
let older: string;

beforeAll(async () => {
  made = await makeVault({
    secrets: { api_key: { development: 'dev', production: 'live' }, token: { production: 'other' }, region: 'eu' },
    withEveryTable: true,
    passphrase: 'correct horse battery',
  });
  await made.using((vault) => addSlot(vault, 'ci', ['development']));
  older = copyOf(made);
  await made.using((vault) =>
    vault.change(async (change) => {
      for (const kind of KIND_NAMES)
        for (const record of await change.across(kind)) if (kind !== 'value') await again(change, record);
      change.log({ action: 'touch' });
    }),
  );
  await made.using((vault) => addSlot(vault, 'later', null));
});
afterAll(() => made.remove());

/** Puts the same once more: the entry that put it is another one. */
async function again(change: Change, record: Stored<KindName>): Promise<void> {
  await change.update(record as Stored<'use'>, {});
}

const ALL = Object.keys(TABLE_KEYS);

function rowsOf(database: Database.Database, table: string): Cells[] {
  return database.prepare(`SELECT * FROM "${table}" ORDER BY ${TABLE_KEYS[table]!.join(', ')}`).all() as Cells[];
}

function remove(database: Database.Database, table: string, row: Cells): void {
  const keys = TABLE_KEYS[table]!;
  const where = keys.map((key) => `"${key}" = ?`).join(' AND ');
  database.prepare(`DELETE FROM "${table}" WHERE ${where}`).run(...keys.map((key) => row[key]));
}

function insert(database: Database.Database, table: string, row: Cells): void {
  const columns = Object.keys(row);
  const list = columns.map((column) => `"${column}"`).join(', ');
  database
    .prepare(`INSERT INTO "${table}" (${list}) VALUES (${columns.map(() => '?').join(', ')})`)
    .run(...Object.values(row));
}

function read(file: string, table: string): Cells[] {
  const database = new Database(file, { readonly: true });
  try {
    return rowsOf(database, table);
  } finally {
    database.close();
  }
}

/** What must be said of a changed file: at `audit verify`, and at use; of the log, what no use needs is found by `audit verify` alone. */
async function expectNoticed(file: string, table: string, what: string): Promise<void> {
  const report = await auditOf(made, file);
  expect(report === null || report.brokenAt !== null, `${what}: audit verify`).toBe(true);
  if (table !== 'audit') expect(await useOf(made, file), `${what}: use`).toBe('vault_damaged');
}

const nameOf = (table: string, row: Cells): string =>
  `${table} ${TABLE_KEYS[table]!.map((key) => String(row[key])).join(' ')}`;

describe('rows changed behind the back of knox', () => {
  it('is a vault that verifies, to begin with', async () => {
    expect(await auditOf(made, made.file)).toMatchObject({ brokenAt: null, reason: null });
    expect(await useOf(made, made.file)).toBe('done');
    expect(ALL.filter((table) => read(made.file, table).length < 2)).toEqual(['manifest', 'head']);
    expect(new Set(read(made.file, 'record').map(({ kind }) => kind)).size).toBe(KIND_NAMES.length - 1);
  });

  it.each(ALL)('a row of %s that is missing is noticed', { timeout: 60_000 }, async (table) => {
    for (const row of read(made.file, table)) {
      const file = tampered(made, (changed) => remove(changed, table, row));
      await expectNoticed(file, table, nameOf(table, row));
    }
  });

  it.each(ALL.filter((table) => table !== 'manifest' && table !== 'head'))(
    'rows of %s that are swapped are noticed',
    { timeout: 60_000 },
    async (table) => {
      const rows = read(made.file, table);
      const keys = TABLE_KEYS[table]!;
      const only = (row: Cells) => Object.fromEntries(keys.map((key) => [key, row[key]!]));
      for (const [index, first] of rows.entries()) {
        const second = rows[(index + 1) % rows.length]!;
        const file = tampered(made, (changed) => {
          remove(changed, table, first);
          remove(changed, table, second);
          insert(changed, table, { ...second, ...only(first) });
          insert(changed, table, { ...first, ...only(second) });
        });
        const isSame = JSON.stringify({ ...first, ...only(second) }) === JSON.stringify(second);
        if (!isSame) await expectNoticed(file, table, nameOf(table, first));
      }
    },
  );

  // A node's columns have a type each.
  it.each(ALL.filter((table) => table !== 'node'))('columns of %s that are swapped are noticed', async (table) => {
    const [row] = read(made.file, table);
    const columns = Object.keys(row!);
    let swaps = 0;
    for (const left of columns)
      for (const right of columns) {
        if (left >= right || JSON.stringify(row![left]) === JSON.stringify(row![right])) continue;
        let isRefused = false;
        const file = tampered(made, (changed) => {
          remove(changed, table, row!);
          try {
            insert(changed, table, { ...row!, [left]: row![right]!, [right]: row![left]! });
          } catch {
            // Another type than the column's: a STRICT table does not take it.
            isRefused = true;
          }
        });
        if (isRefused) continue;
        swaps += 1;
        await expectNoticed(file, table, `${table} ${left} ${right}`);
      }
    // A number, a text and bytes: none of them takes what another holds.
    if (table !== 'node') expect(swaps).toBeGreaterThan(0);
  });

  it.each(ALL.filter((table) => table !== 'audit'))(
    'a row of %s that is turned back is noticed',
    { timeout: 60_000 },
    async (table) => {
      const after = read(made.file, table);
      let count = 0;
      for (const row of read(older, table)) {
        const same = (other: Cells) => TABLE_KEYS[table]!.every((key) => other[key] === row[key]);
        const now = after.find(same);
        if (now !== undefined && JSON.stringify(now) === JSON.stringify(row)) continue;
        count += 1;
        const file = tampered(made, (changed) => {
          remove(changed, table, row);
          insert(changed, table, row);
        });
        await expectNoticed(file, table, nameOf(table, row));
      }
      // Values never change, and keys stay sealed as they are.
      if (table === 'grants' || table === 'value') expect(count).toBe(0);
      else expect(count).toBeGreaterThan(0);
    },
  );

  it('a row that no entry put is noticed', async () => {
    for (const table of ALL.filter((name) => !['manifest', 'head'].includes(name))) {
      const file = tampered(made, (changed) => {
        const [row] = rowsOf(changed, table);
        const key = TABLE_KEYS[table]!.at(-1)!;
        insert(changed, table, { ...row!, [key]: typeof row![key] === 'number' ? 999 : 'planted' });
      });
      const report = await auditOf(made, file);
      expect(report === null || report.brokenAt !== null, table).toBe(true);
      if (table === 'record' || table === 'value') expect(await useOf(made, file), table).toBe('vault_damaged');
    }
  });
});
