/** Rows that say what no knox writes, looked at without a key, as fuzzing found them: damage, never a crash. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableName } from '../../src/store/tables.ts';
import { TABLE_NAMES } from '../../src/store/tables.ts';
import { makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { codeOf, tampered } from '../helpers/vandal.ts';

let made: TestVault;
beforeAll(async () => {
  made = await makeVault({ secrets: { api_key: { development: 'dev', production: 'live' } }, withEveryTable: true });
});
afterAll(() => made.remove());

const readAll = (file: string) =>
  codeOf(
    made.using(
      (vault) =>
        vault.read(async (view) => {
          for (const table of TABLE_NAMES) await view.find(table);
        }),
      { file, key: null },
    ),
  );

describe('a row', () => {
  it('as knox writes it is read, without a key too', async () => {
    expect(await readAll(made.file)).toBe('done');
  });

  it.each<[table: TableName, column: string, cell: string | number]>([
    ['secret', 'created_at', '\u00002026-01-10T12:00:00.000Z'],
    ['secret', 'created_at', '2026-02-40T12:00:00.000Z'],
    ['secret', 'expires_at', 'soon'],
    ['secret', 'every', Number.MAX_SAFE_INTEGER],
    ['secret', 'kind', 'toString'],
    ['secret', 'name', 'a; reboot'],
    ['usage', 'last_at', '\ufffd'],
    ['value', 'facts', ''],
    ['value', 'facts', '{"sameAs":7}'],
    ['registration', 'headers', '$'],
    ['registration', 'headers', '[7]'],
    ['registration', 'names', 'Z"api_key_v2"]'],
    ['registration', 'hosts', '[["a"]]'],
    ['setting', 'value', '/dev/zero'],
    ['setting', 'value', '{}'],
    ['rotation', 'needs', ''],
    ['rotation', 'steps', '[{"id":"constructor","state":"todo"}]'],
    ['rotation', 'window', -1],
    ['rotation_secret', 'from_name', '\u0000\u001b[2J'],
    ['rotation_environment', 'to_name', ''],
    ['current', 'name', 'api_key; reboot'],
    ['source', 'options', '{"program":null}'],
    ['notification', 'events', 'null'],
    ['rotation_environment', 'terms', '[]'],
    ['rotation_route', 'originals', '[7]'],
  ])('of %s whose %s is %j', async (table, column, cell) => {
    const file = tampered(made, (database) => database.prepare(`UPDATE "${table}" SET "${column}" = ?`).run(cell));
    expect(await readAll(file)).toBe('vault_damaged');
  });
});
