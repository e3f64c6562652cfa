/** A realm's own chain: the entries that name it, however much of others lies between them, and nothing that was not proved. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loggedUses } from '../../src/vault/uses/logged-uses.ts';
import { recordUses } from '../../src/vault/uses/record-use.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { copyOf, tampered } from '../helpers/vandal.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { OpenVault, TestVault } from '../helpers/vault.ts';

let made: TestVault;
beforeAll(async () => {
  made = await makeVault({ secrets: { api_key: { development: 'dev value', production: 'prod value' } } });
  await made.using(async (vault) => {
    for (const realm of ['production', ...Array.from({ length: 30 }, () => 'development'), 'production'])
      await use(vault, realm);
  });
});
afterAll(() => made.remove());

const use = (vault: Vault, realm: string) =>
  vault.recordUse((change) => recordUses(change, [{ name: 'api_key', realm }], 'get'));
const numbers = (file: string, realm: string, options: OpenVault = {}) =>
  made.using(
    (vault) =>
      vault.read(async (view) => {
        const found: number[] = [];
        for await (const { seq } of view.realmEntriesDown(realm)) found.push(seq);
        return found;
      }),
    { trusted: made.identity, ...options, file },
  );

describe('a realm’s chain', () => {
  it('leads from its newest entry to its first, near ones and far ones', async () => {
    // 1 made the vault, 2 added the secret to both.
    expect(await numbers(made.file, 'production')).toEqual([34, 3, 2, 1]);
    expect(await numbers(made.file, 'development')).toEqual([...Array.from({ length: 30 }, (_, i) => 33 - i), 2, 1]);
    expect(await numbers(made.file, 'shared', { key: null })).toEqual([1]);
  });

  it.each([
    ['an entry of it', 'DELETE FROM audit WHERE seq = 3'],
    ['the one below an entry of it', 'DELETE FROM audit WHERE seq = 33'],
    ['its body', `UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'tester', 'nobody') AS BLOB) WHERE seq = 3`],
    ['its hash', `UPDATE audit SET hash = zeroblob(32) WHERE seq = 3`],
    ['the hash below', `UPDATE audit SET hash = zeroblob(32) WHERE seq = 2`],
  ])('is broken without %s', async (_what, sql) => {
    const file = tampered(made, (database) => void database.exec(sql));
    await expect(numbers(file, 'production', { key: null })).rejects.toMatchObject({ code: 'audit_broken' });
  });

  it('is not concerned by what lies between its entries', async () => {
    const file = tampered(made, (database) => void database.exec('DELETE FROM audit WHERE seq BETWEEN 10 AND 20'));
    expect(await numbers(file, 'production', { key: null })).toEqual([34, 3, 2, 1]);
  });
});

describe('uses of a realm', () => {
  it('are those after an entry, of that realm alone', async () => {
    const usesAfter = (entry: number, realm: string) =>
      made.using((vault) =>
        vault.read(async (view) => {
          const found: string[] = [];
          for await (const { secret, environment } of loggedUses(view, realm, { entry, at: '' }))
            found.push(`${secret} ${environment}`);
          return found;
        }),
      );
    expect(await usesAfter(3, 'production')).toEqual(['api_key production']);
    expect(await usesAfter(0, 'production')).toHaveLength(2);
    expect(await usesAfter(30, 'development')).toHaveLength(3);
  });

  it('that a key of another realm claims are none', async () => {
    const file = copyOf(made);
    const { slot, secret } = await made.using((vault) => addSlot(vault, 'dev-only', ['development']), { file });
    const key = { secret, identity: made.key.identity };
    await made.using(
      (vault) =>
        vault.recordUse(async (change) => {
          change.nameRealm('development');
          const uses = [{ secret: 'api_key', environment: 'production', consumer: 'get' }];
          change.log({ action: 'use', detail: { uses } });
        }),
      { file, key },
    );
    expect(slot.realms).toHaveLength(1);
    const seen = await made.using(
      (vault) =>
        vault.read(async (view) => {
          const found: number[] = [];
          for (const realm of ['development', 'production'])
            for await (const one of loggedUses(view, realm, { entry: 34, at: '' })) found.push(one.count);
          return found;
        }),
      { file },
    );
    expect(seen).toEqual([]);
  });

  it('keep one record a consumer, with the last entry and how many', async () => {
    const records = await made.using((vault) => vault.read((view) => view.about('use', 'development', 'api_key')));
    expect(records).toMatchObject([{ consumer: 'get', count: 30, lastEntry: 33, lastActor: 'tester' }]);
  });
});
