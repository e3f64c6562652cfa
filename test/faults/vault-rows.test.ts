/** Each row swapped with another of its table, each column with its neighbour, each row deleted or replaced by its older self. */
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TABLE_NAMES, TABLES } from '../../src/store/tables.ts';
import type { Row, TableName } from '../../src/store/tables.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { auditOf, copyOf, tampered, useOf } from '../helpers/vandal.ts';

type Cells = Record<string, string | number | Buffer | null>;

let made: TestVault;
/** A copy from before every row was changed once more. */
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
      for (const table of TABLE_NAMES) {
        for (const { entry: _entry, tag: _tag, ...row } of await change.find(table)) {
          await change.put(table, touched(table, row as unknown as Cells) as unknown as Row<TableName>);
        }
      }
      change.log({ action: 'touch' });
    }),
  );
  await made.using((vault) => addSlot(vault, 'later', null));
});
afterAll(() => made.remove());

/** The row with one thing changed that stands in no unique index. */
function touched(table: TableName, row: Cells): Cells {
  const column = ['created_at', 'last_at', 'at', 'moved_at', 'started_at', 'reason', 'attempt', 'detail', 'value'].find(
    (name) => name in TABLES[table].columns,
  );
  return column === undefined ? row : { ...row, [column]: `${String(row[column])}!` };
}

function rowsOf(database: Database.Database, table: string): Cells[] {
  const order = table === 'audit' ? 'seq' : table === 'grants' ? 'slot, key' : 'id';
  return database.prepare(`SELECT * FROM "${table}" ORDER BY ${order}`).all() as Cells[];
}

function keyOf(table: string): string[] {
  if (table === 'audit') return ['seq'];
  return table === 'grants' ? ['slot', 'key'] : ['id'];
}

function remove(database: Database.Database, table: string, row: Cells): void {
  const keys = keyOf(table);
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

/** What must be said of a changed file: at `audit verify` always, at use for the small tables. */
async function expectNoticed(file: string, table: string, what: string): Promise<void> {
  const report = await auditOf(made, file);
  expect(report === null || report.brokenAt !== null, `${what}: audit verify`).toBe(true);
  const isAtUse = ['manifest', 'head'].includes(table) || (table in TABLES && TABLES[table as TableName].small);
  if (isAtUse) expect(await useOf(made, file), `${what}: use`).toBe('vault_damaged');
}

const ALL = ['manifest', 'head', 'slot', 'grants', 'audit', ...TABLE_NAMES];

describe('rows changed behind the back of knox', () => {
  it('is a vault that verifies, to begin with', async () => {
    expect(await auditOf(made, made.file)).toMatchObject({ brokenAt: null, reason: null });
    expect(await useOf(made, made.file)).toBe('done');
    const database = new Database(made.file, { readonly: true });
    const few = ALL.filter((table) => rowsOf(database, table).length < 2);
    database.close();
    expect(few).toEqual(['manifest', 'head']);
  });

  it.each(ALL)('a row of %s that is missing is noticed', async (table) => {
    const database = new Database(made.file, { readonly: true });
    const rows = rowsOf(database, table);
    database.close();
    for (const row of rows) {
      const file = tampered(made, (changed) => remove(changed, table, row));
      await expectNoticed(file, table, `${table} ${JSON.stringify(row['id'] ?? row['seq'])}`);
    }
  });

  it.each(ALL.filter((table) => table !== 'manifest' && table !== 'head'))(
    'rows of %s that are swapped are noticed',
    async (table) => {
      const database = new Database(made.file, { readonly: true });
      const rows = rowsOf(database, table);
      database.close();
      const keys = keyOf(table);
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
        if (!isSame) await expectNoticed(file, table, `${table} ${index}`);
      }
    },
  );

  it.each(ALL)('columns of %s that are swapped are noticed', async (table) => {
    const database = new Database(made.file, { readonly: true });
    const [row] = rowsOf(database, table);
    database.close();
    const columns = Object.keys(row!);
    let swaps = 0;
    for (const [index, left] of columns.slice(0, -1).entries()) {
      const right = columns[index + 1]!;
      if (JSON.stringify(row![left]) === JSON.stringify(row![right])) continue;
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
    expect(swaps).toBeGreaterThan(0);
  });

  it.each(ALL.filter((table) => table !== 'audit'))('a row of %s that is turned back is noticed', async (table) => {
    const source = new Database(older, { readonly: true });
    const database = new Database(made.file, { readonly: true });
    const before = rowsOf(source, table);
    const after = rowsOf(database, table);
    source.close();
    database.close();
    let count = 0;
    for (const row of before) {
      const same = (other: Cells) => keyOf(table).every((key) => other[key] === row[key]);
      const now = after.find(same);
      if (now !== undefined && JSON.stringify(now) === JSON.stringify(row)) continue;
      count += 1;
      const file = tampered(made, (changed) => {
        remove(changed, table, row);
        insert(changed, table, row);
      });
      await expectNoticed(file, table, `${table} ${String(row['id'])}`);
    }
    expect(count).toBe(table === 'slot' || table === 'grants' ? 0 : before.length);
  });

  it('a row that no entry put is noticed', async () => {
    for (const table of ALL.filter((name) => !['manifest', 'head'].includes(name))) {
      const file = tampered(made, (changed) => {
        const [row] = rowsOf(changed, table);
        const fresh = table === 'audit' ? { seq: 999 } : { [keyOf(table).at(-1)!]: 'planted' };
        try {
          insert(changed, table, { ...row!, ...fresh });
        } catch {
          // A unique index stands in the way: the row is planted in place of its model.
          remove(changed, table, row!);
          insert(changed, table, { ...row!, ...fresh });
        }
      });
      await expectNoticed(file, table, table);
    }
  });
});
