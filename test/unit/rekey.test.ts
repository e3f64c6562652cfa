/** Replacing the keys: what becomes new, what stays, and who still opens the vault. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renewKeys } from '../../src/vault/keys/renew-keys.ts';
import { encodeKeyText } from '../../src/crypto/key-text.ts';
import { newKey, slotPairs } from '../../src/crypto/keys.ts';
import { removeSlots } from '../../src/vault/keys/remove-slot.ts';
import { addSlot as giveSlot } from '../../src/vault/keys/slots.ts';
import { verifyAudit } from '../../src/vault/verifying/verify-audit.ts';
import type { WithRekey } from '../../src/vault/keys/renew-keys.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { voucherOf, vouchFor } from '../../src/vault/gate/vouch.ts';
import { addSecret, addSlot, makeVault, textOf } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

let made: TestVault;
beforeEach(async () => {
  made = await makeVault({
    secrets: { api_key: { development: 'dev-value', production: 'live-value' }, region: 'eu', 'old-one': 'other' },
    withEveryTable: true,
  });
});
afterEach(() => made.remove());

const rekey = (vault: Vault, work: WithRekey = {}) => renewKeys(vault, work, async () => undefined);
const expectWhole = (file = made.file): Promise<void> =>
  made.using(
    async (vault) => {
      const report = await vault.read((view) => verifyAudit(view));
      expect(report).toMatchObject({ brokenAt: null, reason: null, unverifiedRows: 0 });
    },
    { file },
  );

/** Everything that is stored, but what keys are made of. */
function stored(): { records: unknown[]; values: unknown[]; keys: string[] } {
  const database = new Database(made.file, { readonly: true });
  const rows = <T>(sql: string): T[] => database.prepare(sql).all() as T[];
  const records = rows<{ kind: string; body: string }>('SELECT realm, kind, id, place, entry, body FROM record');
  const values = rows<{ body: string }>('SELECT realm, id, place, entry, body FROM value');
  const keys = [
    ...rows<{ box: Buffer }>('SELECT box FROM value').map(({ box }) => box.toString('hex')),
    ...rows<{ key: string; sealed: Buffer }>('SELECT key, sealed FROM grants').flatMap(({ key, sealed }) => [
      key,
      sealed.toString('hex'),
    ]),
  ];
  database.close();
  const parsed = (row: { body: string }) => ({ ...row, body: JSON.parse(row.body) as Record<string, unknown> });
  return { records: records.map(parsed), values: values.map(parsed), keys };
}

describe('a rekey', () => {
  test('makes every key, ciphertext and grant anew; ids, entries and what records say stay', async () => {
    const before = stored();
    const { identity, generation, realms } = await made.using(async (vault) => vault.manifest);
    expect(await made.using((vault) => rekey(vault))).toEqual({ values: 4, carried: [] });
    const after = stored();
    const untold = (rows: unknown[], field: string) =>
      (rows as { body: Record<string, unknown> }[]).map((row) => ({ ...row, body: { ...row.body, [field]: '' } }));
    expect(untold(after.records, 'shared')).toEqual(untold(before.records, 'shared'));
    expect(untold(after.values, 'key')).toEqual(untold(before.values, 'key'));
    expect(after.values).not.toEqual(before.values);
    expect(after.keys.filter((key) => before.keys.includes(key))).toEqual([]);
    await made.using(async (vault) => {
      const { manifest } = vault;
      expect(manifest.identity).not.toBe(identity);
      expect([manifest.generation, manifest.links]).toEqual([generation + 1, [manifest.entry]]);
      const named = ({ id, name, production }: (typeof realms)[number]) => [id, name, production];
      expect(manifest.realms.map(named)).toEqual(realms.map(named));
      expect(manifest.realms.filter(({ key }) => realms.some((realm) => realm.key === key))).toEqual([]);
      expect(await vault.read((view) => view.isIdentity(identity))).toBe(true);
    });
    await expectWhole();
  });

  test('leaves every value, and every name that took up a shared one; one that had not, has not', async () => {
    await made.using(async (vault) => {
      await vault.change(async (change) => {
        const stale = (await change.get('name', 'production', 'old-one'))!;
        await change.update(stale, { shared: '11'.repeat(32) });
        change.log({ action: 'set' });
      });
      await rekey(vault);
      expect(await textOf(vault, 'api_key', 'production')).toBe('live-value');
      expect(await textOf(vault, 'region', 'shared')).toBe('eu');
      await vault.read(async (view) => {
        const value = (await view.valueOf((await view.get('name', 'shared', 'region'))!))!;
        const hash = await view.boxHash(value);
        for (const environment of view.environmentNames())
          expect((await view.get('name', environment, 'region'))!.shared).toBe(hash);
        expect((await view.get('name', 'production', 'old-one'))!.shared).toBe('11'.repeat(32));
        expect((await view.get('name', 'development', 'old-one'))!.shared).not.toBe('11'.repeat(32));
      });
    });
    await expectWhole();
  });

  test('leaves what was vouched for, and every other key as it was', async () => {
    const some = await made.using((vault) => addSlot(vault, 'ci', ['development']));
    await made.using(async (vault) => {
      await vault.change(async (change) => {
        const content = { base: 'api_key', kind: 'command', options: {}, overlap: null, createdAt: change.at };
        await change.put('source', 'production', vouchFor(change, 'source', 'production', content));
        change.log({ action: 'source-set' });
      });
      await rekey(vault);
      const source = await vault.read((view) => view.get('source', 'production', 'api_key'));
      expect(voucherOf(vault.manifest, source!)?.label).toBe('first');
    });
    const theirs = { key: { secret: some.secret, identity: made.key.identity } };
    await made.using(async (vault) => {
      expect(await textOf(vault, 'api_key', 'development')).toBe('dev-value');
      await expect(textOf(vault, 'api_key', 'production')).rejects.toMatchObject({ code: 'not_granted' });
      await addSecret(vault, 'mine', { development: 'of mine' });
    }, theirs);
    await expectWhole();
  });

  test("goes with the removal of a key, one's own too: that comes last", async () => {
    const second = await made.using((vault) => addSlot(vault, 'leaves', null));
    const remove = (label: string): Promise<string[]> =>
      made.using(async (vault) => {
        let exposed: string[] = [];
        const slot = vault.manifest.slots.find((known) => known.label === label)!;
        const isOwn = vault.ring!.slot.id === slot.id;
        const work = async (change: Parameters<typeof removeSlots>[0]): Promise<void> => {
          exposed = await removeSlots(change, [slot], true);
        };
        await rekey(vault, isOwn ? { after: work } : { before: work });
        return exposed;
      });
    expect(await remove('leaves')).toEqual(['api_key', 'old-one', 'region']);
    await expect(
      made.using((vault) => textOf(vault, 'api_key', 'production'), {
        key: { secret: second.secret, identity: made.key.identity },
      }),
    ).rejects.toMatchObject({ code: 'wrong_key' });
    await expectWhole();
    await expect(remove('first')).rejects.toMatchObject({ code: 'last_key' });
    const boss = newKey();
    const publicKey = encodeKeyText('public', slotPairs(boss).publicHalves);
    const added = { kind: 'key-file', label: 'boss', publicKey, realms: null, admin: true, wrapped: null } as const;
    await made.using((vault) => vault.change((change) => giveSlot(change, added)));
    expect(await remove('first')).toEqual(['api_key', 'old-one', 'region']);
    await expect(made.open()).rejects.toMatchObject({ code: 'wrong_key' });
    await made.using(
      async (vault) => {
        expect(await textOf(vault, 'api_key', 'production')).toBe('live-value');
        expect((await vault.read((view) => verifyAudit(view))).brokenAt).toBeNull();
        expect(vault.manifest.formerSlots.map(({ label }) => label)).toEqual(['leaves', 'first']);
      },
      { key: { secret: boss, identity: made.key.identity } },
    );
  });

  test('tells how far it is, up to the end, and leaves everything where it fails on the way', async () => {
    const { identity } = made;
    const told: [number, number][] = [];
    await made.using(async (vault) => {
      await expect(
        renewKeys(vault, {}, async (done, of) => {
          told.push([done, of]);
          if (done === of) throw new Error('stop');
        }),
      ).rejects.toThrow('stop');
    });
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((one, other) => one - other));
    expect(new Set(told.map(([, of]) => of)).size).toBe(1);
    expect(await made.using(async (vault) => vault.manifest.identity)).toBe(identity);
    await expectWhole();
  });
});
