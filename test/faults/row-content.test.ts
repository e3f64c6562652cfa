/** Records that say what no knox writes, looked at without a key, as fuzzing found them: damage, never a crash. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KIND_NAMES } from '../../src/vault/records/kinds.ts';
import type { KindName } from '../../src/vault/records/kinds.ts';
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
          for (const kind of KIND_NAMES) await view.across(kind);
        }),
      { file, key: null },
    ),
  );

describe('a record', () => {
  it('as knox writes it is read, without a key too', async () => {
    expect(await readAll(made.file)).toBe('done');
  });

  it.each<[kind: KindName, field: string, value: unknown]>([
    ['name', 'createdAt', '\u00002026-01-10T12:00:00.000Z'],
    ['name', 'createdAt', '2026-02-40T12:00:00.000Z'],
    ['name', 'expiresAt', 'soon'],
    ['name', 'every', Number.MAX_SAFE_INTEGER],
    ['name', 'kind', 'toString'],
    ['name', 'base', 'a; reboot'],
    ['name', 'name', 'another'],
    ['name', 'version', -1],
    ['name', 'shared', 'no hash'],
    ['name', 'value', '../../etc'],
    ['name', 'exposed', [{ slot: 'x' }]],
    ['name', 'more', 1],
    ['use', 'lastAt', '\ufffd'],
    ['use', 'id', 'x/../../y'],
    ['value', 'facts', ''],
    ['value', 'facts', { sameAs: 7 }],
    ['lineage', 'names', ['api_key; reboot']],
    ['lineage', 'rotation', 'x/../../y'],
    ['route', 'headers', '$'],
    ['route', 'headers', [7]],
    ['route', 'names', 'api_key'],
    ['route', 'hosts', [['a']]],
    ['route', 'vouched', { slot: 'x' }],
    ['rotation', 'needs', ''],
    ['rotation', 'needs', { kind: 'time', step: 'monitor', until: 'soon', environments: [] }],
    ['rotation', 'steps', [{ id: 'constructor', state: 'todo' }]],
    ['rotation', 'window', -1],
    ['rotation', 'secrets', [{ from: '\u0000\u001b[2J' }]],
    ['rotation', 'routes', [{ originals: [7] }]],
    ['rotation', 'options', []],
    ['source', 'options', { program: null }],
    ['receiver', 'events', null],
    ['receiver', 'events', ['everything']],
    ['incident', 'startedAt', 0],
  ])('of the kind %s whose %s is %j', async (kind, field, value) => {
    const table = kind === 'value' ? 'value' : 'record';
    const where = kind === 'value' ? '' : `WHERE kind = '${kind}'`;
    const file = tampered(made, (database) => {
      const rows = database.prepare(`SELECT realm, id, body FROM ${table} ${where}`).all() as {
        realm: string;
        id: string;
        body: string;
      }[];
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        const body = JSON.stringify({ ...(JSON.parse(row.body) as object), [field]: value });
        const own = kind === 'value' ? '' : ` AND kind = '${kind}'`;
        database.prepare(`UPDATE ${table} SET body = ? WHERE realm = ? AND id = ?${own}`).run(body, row.realm, row.id);
      }
    });
    expect(await readAll(file)).toBe('vault_damaged');
  });

  it.each(['', '[]', 'null', '{', '{"name":"api_key"}', '"text"'])('whose body is %j', async (body) => {
    const file = tampered(made, (database) => database.prepare('UPDATE record SET body = ?').run(body));
    expect(await readAll(file)).toBe('vault_damaged');
  });
});
