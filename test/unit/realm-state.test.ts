/** Reading and changing records of a realm: what is read is whole and the newest, whatever was done to the file. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renewKeys } from '../../src/vault/keys/renew-keys.ts';
import { recordDigest } from '../../src/vault/documents/tree.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { codeOf } from '../helpers/vandal.ts';
import { lineageContent, makeVault, nameContent, readSecret, textOf } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

let made: TestVault;
beforeEach(async () => {
  made = await makeVault({
    secrets: { api_key: { development: 'dev-value', production: 'live-value' }, region: 'shared-value' },
    withEveryTable: true,
  });
});
afterEach(() => made.remove());

/** Does something to the file as whoever has no key can. */
function vandal(work: (database: Database.Database) => void): void {
  const database = new Database(made.file);
  work(database);
  database.close();
}

describe('a realm', () => {
  test('gives back what was put, in a later process too', async () => {
    await made.using(async (vault) => {
      expect(await textOf(vault, 'api_key', 'production')).toBe('live-value');
      expect(await textOf(vault, 'api_key', 'development')).toBe('dev-value');
      expect(await readSecret(vault, 'api_keys', 'production')).toBeNull();
      await vault.read(async (view) => {
        expect((await view.all('route', 'production')).map(({ path }) => path).toSorted()).toEqual([
          'config/1.env',
          'config/2.env',
        ]);
        expect((await view.about('use', 'production', 'secret_1')).map(({ count }) => count)).toEqual([1]);
        expect((await view.all('name', 'production')).map(({ name }) => name)).toEqual([
          'api_key',
          'region',
          'secret_1',
          'secret_2',
        ]);
        await view.requireWhole(view.realmNames());
      });
    });
  });

  test('a record is changed in some fields, and removed', async () => {
    await made.using(async (vault) => {
      await vault.change(async (change) => {
        const record = (await change.get('name', 'production', 'api_key'))!;
        const changed = await change.update(record, { note: 'another' });
        expect([changed.note, changed.entry, changed.value]).toEqual(['another', change.seq, record.value]);
        for (const route of await change.all('route', 'production')) await change.remove(route);
        change.log({ action: 'set' });
      });
      await vault.read(async (view) => {
        expect((await view.get('name', 'production', 'api_key'))?.note).toBe('another');
        expect((await view.get('name', 'development', 'api_key'))?.note).toBe('what it is for');
        expect(await view.all('route', 'production')).toEqual([]);
        await view.requireWhole(view.realmNames());
      });
    });
  });

  test('many names, all of whose lists are made in one change', async () => {
    await made.using(async (vault) => {
      await vault.change(async (change) => {
        for (let number = 0; number < 3000; number += 1) {
          await change.put('lineage', 'production', lineageContent(change, `n${number}`));
          await change.put('name', 'production', nameContent(change, `n${number}`));
        }
        change.log({ action: 'import' });
      });
    });
    await made.using((vault) =>
      vault.read(async (view) => {
        expect((await view.all('name', 'production')).length).toBe(3004);
        expect((await view.get('name', 'production', 'n2999'))?.name).toBe('n2999');
        expect(await view.get('name', 'production', 'n3000')).toBeNull();
      }),
    );
  });
});

describe('what a vandal did shows at the next use', () => {
  const use = async () => {
    const codes = ['production', 'development'].map((realm) =>
      codeOf(made.using((vault) => textOf(vault, 'api_key', realm))),
    );
    return (await Promise.all(codes)).find((code) => code !== 'done') ?? 'done';
  };
  const cases: Readonly<Record<string, string>> = {
    'a name removed': `DELETE FROM record WHERE kind = 'name' AND id = 'api_key'`,
    'a value removed': `DELETE FROM value`,
    'a note changed': `UPDATE record SET body = replace(body, 'what it is for', 'something') WHERE kind = 'name'`,
    'an entry changed': `UPDATE record SET entry = 1 WHERE kind = 'name'`,
    'a digest changed': `UPDATE record SET digest = zeroblob(32) WHERE kind = 'name'`,
    'a box changed': `UPDATE value SET box = zeroblob(104)`,
    'a node removed': `DELETE FROM node WHERE node >= 0`,
    'a root removed': `DELETE FROM node WHERE node < 0`,
    'a record in another realm': `UPDATE OR REPLACE record SET realm = (SELECT max(realm) FROM node WHERE node >= 0) WHERE id = 'api_key' AND realm = (SELECT min(realm) FROM record WHERE id = 'api_key')`,
  };
  test.each(Object.entries(cases))('%s', async (_name, sql) => {
    vandal((database) => database.exec(sql));
    expect(await use()).toBe('vault_damaged');
  });

  test('a record is planted', async () => {
    vandal((database) =>
      database.exec(
        `INSERT INTO record (realm, kind, id, place, body, entry, digest) SELECT realm, kind, 'planted', place, replace(body, '"api_key"', '"planted"'), entry, digest FROM record WHERE kind = 'name' AND id = 'api_key'`,
      ),
    );
    expect(await use()).toBe('vault_damaged');
    // In no list at all: whoever walks them all counts.
    vandal((database) => database.exec(`UPDATE record SET place = NULL WHERE id = 'planted'`));
    const all = (vault: Vault) => vault.read((view) => view.all('name', 'production'));
    expect(await codeOf(made.using(all))).toBe('vault_damaged');
  });

  test('a record is changed behind an index that has its old digest still: only the walk over records meets it', async () => {
    const forged = await made.using((vault) =>
      vault.read(async (view) => {
        const id = view.realmId('production');
        const row = (await view.rows.get({ realm: id, kind: 'name', id: 'api_key' }))!;
        const body = row.body.replace('what it is for', 'another note');
        const place = { vault: vault.manifest.vault, realm: id, kind: 'name', id: row.id } as const;
        const digest = recordDigest(place, row.entry, body);
        return { ...row, body, digest };
      }),
    );
    const database = new Database(made.file);
    database.unsafeMode(true);
    const schema = 'SELECT * FROM sqlite_schema WHERE name = ?';
    const index = database.prepare<string[], Record<string, unknown>>(schema).get('record_of_place')!;
    database.pragma('writable_schema = ON');
    database.exec("DELETE FROM sqlite_schema WHERE name = 'record_of_place'");
    database.pragma('writable_schema = RESET');
    database
      .prepare('UPDATE record SET body = ?, digest = ? WHERE realm = ? AND kind = ? AND id = ?')
      .run(forged.body, forged.digest, forged.realm, forged.kind, forged.id);
    database.pragma('writable_schema = ON');
    database
      .prepare('INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)')
      .run(index['type'], index['name'], index['tbl_name'], index['rootpage'], index['sql']);
    database.close();
    await made.using((vault) =>
      vault.read(async (view) => {
        // The lists are whole: the index says so.
        await view.requireWhole(['production']);
        expect(await codeOf(view.all('name', 'production'))).toBe('vault_damaged');
        expect(await codeOf(view.get('name', 'production', 'api_key'))).toBe('vault_damaged');
      }),
    );
    expect(await codeOf(made.using((vault) => renewKeys(vault, {}, async () => undefined)))).toBe('audit_broken');
  });
});
