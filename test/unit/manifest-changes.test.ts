/** Slots, environments and settings: what each change makes of the manifest, and who opens what after it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeKeyText } from '../../src/crypto/key-text.ts';
import { newKey, slotPairs } from '../../src/crypto/keys.ts';
import type { Change } from '../../src/vault/core/change.ts';
import type { ManifestSlot } from '../../src/vault/documents/manifest.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { askingSince, vouchedBy } from '../../src/vault/keys/asking.ts';
import { addEnvironment, removeEnvironment } from '../../src/vault/keys/environments.ts';
import { removeSlots } from '../../src/vault/keys/remove-slot.ts';
import { putSetting, settingsOf } from '../../src/vault/keys/settings.ts';
import { addSlot as giveSlot, findSlot } from '../../src/vault/keys/slots.ts';
import type { NewSlot } from '../../src/vault/keys/slots.ts';
import { vouchFor } from '../../src/vault/gate/vouch.ts';
import { verifyAudit } from '../../src/vault/verifying/verify-audit.ts';
import { codeOf } from '../helpers/vandal.ts';
import { addSecret, addSlot, lineageContent, makeVault, nameContent, textOf } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

let made: TestVault;
beforeEach(async () => {
  made = await makeVault({
    environments: ['development', 'production'],
    secrets: { api_key: { development: 'dev-value', production: 'live-value' }, region: 'eu' },
  });
});
afterEach(() => made.remove());

const publicKeyOf = (secret: Uint8Array): string => encodeKeyText('public', slotPairs(secret).publicHalves);
const newSlot = (more: Partial<NewSlot> = {}): NewSlot => ({
  kind: 'key-file',
  label: 'another',
  publicKey: publicKeyOf(newKey()),
  realms: null,
  admin: false,
  wrapped: null,
  ...more,
});
const give = (vault: Vault, added: NewSlot): Promise<ManifestSlot> => vault.change((change) => giveSlot(change, added));
const take = (vault: Vault, ...slots: ManifestSlot[]): Promise<string[]> =>
  vault.change((change) => removeSlots(change, slots, false));
const asKey = (secret: Uint8Array) => ({ key: { secret, identity: made.key.identity } });
const expectWhole = (): Promise<void> =>
  made.using(async (vault) => {
    const report = await vault.read((view) => verifyAudit(view));
    expect(report).toMatchObject({ brokenAt: null, reason: null, unverifiedRows: 0 });
  });

describe('a slot', () => {
  test('opens what it was given from then on, and signs from the entry after its own', async () => {
    const { slot, secret } = await made.using((vault) => addSlot(vault, 'ci', ['development']));
    await made.using(async (vault) => {
      const { head, manifest } = await vault.read(async (view) => view);
      expect(slot.added).toBe(head.seq);
      expect([manifest.generation, manifest.entry]).toEqual([2, head.seq]);
      expect(manifest.slots.map(({ label }) => label)).toEqual(['first', 'ci']);
    });
    await made.using(async (vault) => {
      expect(await textOf(vault, 'api_key', 'development')).toBe('dev-value');
      expect(await codeOf(vault.read(async (view) => view.ring!.realmKey('production')))).toBe('not_granted');
      expect(await codeOf(vault.read(async (view) => view.ring!.realmKey('shared')))).toBe('not_granted');
      await addSecret(vault, 'mine', { development: 'a value of mine' });
    }, asKey(secret));
    await expectWhole();
  });

  test('is refused where its key, half of it, its label or its name is another one', async () => {
    await made.using(async (vault) => {
      const secret = newKey();
      const first = await give(vault, newSlot({ label: 'ci', publicKey: publicKeyOf(secret) }));
      expect(await codeOf(give(vault, newSlot({ publicKey: first.publicKey })))).toBe('usage');
      expect(await codeOf(give(vault, newSlot({ label: 'ci' })))).toBe('invalid_value');
      expect(await codeOf(give(vault, newSlot({ label: ' ' })))).toBe('invalid_value');
      expect(await codeOf(give(vault, newSlot({ label: first.id })))).toBe('invalid_value');
      expect(await codeOf(give(vault, newSlot({ realms: ['staging'] })))).toBe('environment_not_found');
      const halves = [slotPairs(secret).publicHalves, slotPairs(newKey()).publicHalves] as const;
      const mixed = Buffer.concat([halves[1].subarray(0, 32), halves[0].subarray(32)]);
      const publicKey = encodeKeyText('public', new Uint8Array(mixed));
      expect(await codeOf(give(vault, newSlot({ publicKey })))).toBe('invalid_value');
      expect(vault.manifest.slots).toHaveLength(2);
    });
  });

  test('that administers holds every key; no other one changes the manifest', async () => {
    const boss = newKey();
    const all = await made.using((vault) => addSlot(vault, 'all', null));
    await made.using(async (vault) => {
      await expect(give(vault, newSlot({ admin: true, realms: ['development'] }))).rejects.toThrow(/administers/);
      await give(vault, newSlot({ label: 'boss', admin: true, publicKey: publicKeyOf(boss) }));
    });
    const changes: ((change: Change) => Promise<unknown>)[] = [
      (change) => giveSlot(change, newSlot({ realms: ['nowhere'] })),
      (change) => removeSlots(change, [change.manifest.slots[0]!], false),
      (change) => addEnvironment(change, 'production', false),
      (change) => removeEnvironment(change, 'nowhere'),
      (change) => putSetting(change, 'between', '09:00-17:00'),
    ];
    for (const change of changes)
      expect(await codeOf(made.using((vault) => vault.change(change), asKey(all.secret)))).toBe('not_granted');
    await made.using((vault) => give(vault, newSlot({ label: 'by the boss' })), asKey(boss));
    await expectWhole();
  });
});

describe('a slot that is removed', () => {
  test('opens nothing, is remembered as a former one, and what it could read is exposed and due', async () => {
    const { slot, secret } = await made.using((vault) => addSlot(vault, 'leaves', ['production', 'shared']));
    const now = '2025-03-05T10:00:00.000Z';
    await made.using(
      async (vault) => {
        await addSecret(vault, 'unread', { development: 'x' });
        expect(await take(vault, slot)).toEqual(['api_key', 'region']);
        const { manifest } = vault;
        const { id, label, publicKey, realms, admin, added } = slot;
        const removed = manifest.entry;
        expect(manifest.formerSlots).toEqual([{ id, label, publicKey, realms, admin, added, removed }]);
        await vault.read(async (view) => {
          expect(removed).toBe(view.head.seq);
          const marked = { slot: id, label, at: now };
          const exposedIn = async (realm: string, name: string) => (await view.get('name', realm, name))!.exposed;
          expect(await exposedIn('production', 'api_key')).toEqual([marked]);
          expect(await exposedIn('development', 'api_key')).toEqual([]);
          // The shared value is what every environment gives, so each of them says so.
          for (const realm of ['shared', 'production', 'development'])
            expect(await exposedIn(realm, 'region'), realm).toEqual([marked]);
          expect((await view.get('lineage', 'production', 'api_key'))!.dueAt).toBe(now);
          expect((await view.get('lineage', 'development', 'api_key'))!.dueAt).toBeNull();
          expect((await view.get('lineage', 'development', 'region'))!.dueAt).toBe(now);
          expect((await view.get('lineage', 'development', 'unread'))!.dueAt).toBeNull();
        });
      },
      { now },
    );
    expect(await codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), asKey(secret)))).toBe(
      'wrong_key',
    );
    await expectWhole();
  });

  test('is not the last that administers, also of several at once', async () => {
    await made.using(async (vault) => {
      const first = vault.manifest.slots[0]!;
      expect(await codeOf(take(vault, first))).toBe('last_key');
      const second = await give(vault, newSlot({ label: 'second', admin: true }));
      expect(await codeOf(take(vault, ...vault.manifest.slots))).toBe('last_key');
      expect(await take(vault, second)).toEqual(['api_key', 'region']);
      expect(() => findSlot(vault.manifest, 'second')).toThrow(/no key "second" in this vault/);
    });
    await expectWhole();
  });

  test('may be the one that does it: its last entry is that', async () => {
    const secret = newKey();
    await made.using((vault) => give(vault, newSlot({ label: 'second', admin: true, publicKey: publicKeyOf(secret) })));
    await made.using((vault) => take(vault, vault.manifest.slots[0]!));
    await made.using(async (vault) => {
      expect((await vault.read((view) => verifyAudit(view))).brokenAt).toBeNull();
      await addSecret(vault, 'after', { production: 'y' });
      expect((await vault.read((view) => verifyAudit(view))).brokenAt).toBeNull();
    }, asKey(secret));
  });
});

describe('an environment that is added', () => {
  test('has a key of its own for whoever opens everything, and comes before shared', async () => {
    const all = await made.using((vault) => addSlot(vault, 'all', null));
    const some = await made.using((vault) => addSlot(vault, 'some', ['development', 'production', 'shared']));
    await made.using((vault) => vault.change((change) => addEnvironment(change, 'qa', false)));
    await made.using(async (vault) => {
      expect(vault.manifest.realms.map(({ name }) => name)).toEqual(['development', 'production', 'qa', 'shared']);
      await addSecret(vault, 'tok', { qa: 'a value of qa' });
    }, asKey(all.secret));
    await made.using(async (vault) => {
      expect(await codeOf(vault.read(async (view) => view.ring!.realmKey('qa')))).toBe('not_granted');
      expect(await textOf(vault, 'api_key', 'production')).toBe('live-value');
    }, asKey(some.secret));
    expect(await codeOf(made.using((vault) => vault.change((change) => addEnvironment(change, 'qa', true))))).toBe(
      'environment_exists',
    );
    await expectWhole();
  });

  test('takes up the shared names that every other one took up, as they are, and no other', async () => {
    await made.using(async (vault) => {
      await addSecret(vault, 'half', 'not everywhere');
      await addSecret(vault, 'tok', 'a token');
      await addSecret(vault, 'stale', 'was another');
      await vault.change(async (change) => {
        const half = (await change.get('name', 'development', 'half'))!;
        await change.update(half, { state: 'deleted', shared: null });
        const stale = (await change.get('name', 'production', 'stale'))!;
        await change.update(stale, { shared: '00'.repeat(32) });
        for (const realm of ['development', 'production'])
          await change.update((await change.get('name', realm, 'region'))!, { note: 'where it runs', kind: 'config' });
        // What one of them says alone says nothing of the new one.
        const alone = (await change.get('name', 'development', 'tok'))!;
        await change.update(alone, { kind: 'config', owner: 'me', expectUnused: true });
        change.log({ action: 'set' });
      });
      await vault.change((change) => addEnvironment(change, 'qa', false));
      await vault.read(async (view) => {
        const taken = await view.all('name', 'qa');
        expect(
          taken.map(({ name, note, kind, owner, expectUnused }) => [name, note, kind, owner, expectUnused]),
        ).toEqual([
          ['region', 'where it runs', 'config', null, false],
          ['tok', 'what it is for', 'standard', null, false],
        ]);
        const shared = (await view.valueOf((await view.get('name', 'shared', 'region'))!))!;
        expect(taken[0]!.shared).toBe(await view.boxHash(shared));
        expect(await view.all('lineage', 'qa')).toMatchObject([
          { base: 'region', names: ['region'], rotation: null },
          { base: 'tok', names: ['tok'] },
        ]);
      });
    });
    await expectWhole();
  });

  test('has the sources and receivers that all others have alike; who runs there unasked administers', async () => {
    const all = await made.using((vault) => addSlot(vault, 'all', ['development', 'production', 'shared']));
    const source = (change: Change, base: string, command: string) => ({
      base,
      kind: 'command',
      options: { create: command },
      overlap: null,
      createdAt: change.at,
    });
    const put = (base: string, commands: readonly string[]) => (vault: Vault) =>
      vault.change(async (change) => {
        for (const [index, realm] of ['development', 'production'].entries())
          await change.put('source', realm, vouchFor(change, 'source', realm, source(change, base, commands[index]!)));
        change.log({ action: 'source-set' });
      });
    await made.using(put('api_key', ['make', 'make']));
    await made.using(put('differs', ['make-dev', 'make-live']));
    await made.using(put('theirs', ['make-it', 'make-it']), asKey(all.secret));
    await made.using(async (vault) => {
      await vault.change((change) => addEnvironment(change, 'qa', false));
      await vault.read(async (view) => {
        const sources = await view.all('source', 'qa');
        expect(sources.map(({ base, vouched }) => [base, vouched?.slot ?? null])).toEqual([
          ['api_key', vault.manifest.slots[0]!.id],
          ['theirs', null],
        ]);
        const asking = await askingSince(view, 'qa');
        expect(asking.map(({ kindOf, realm }) => `${kindOf} ${realm}`)).toEqual([
          'source development',
          'source production',
          'source qa',
        ]);
        expect(await vouchedBy(view, vault.manifest.slots[0]!)).toHaveLength(5);
      });
    });
    await expectWhole();
  });
});

describe('an environment that is removed', () => {
  test('holds nothing any more; its id is a former one, and no key of it is left', async () => {
    const { secret } = await made.using((vault) => addSlot(vault, 'ci', ['development', 'production']));
    await made.using(async (vault) => {
      const remove = (name: string) => codeOf(vault.change((change) => removeEnvironment(change, name)));
      expect(await remove('production')).toBe('environment_in_use');
      expect(await remove('shared')).toBe('environment_not_found');
      await vault.change(async (change) => {
        const record = (await change.get('name', 'production', 'api_key'))!;
        await change.remove((await change.valueOf(record))!);
        await change.update(record, { state: 'deleted', value: null, deletedAt: change.at });
        change.log({ action: 'delete', secret: 'api_key' });
      });
      const { id } = vault.manifest.realms.find(({ name }) => name === 'production')!;
      // A shared name that it took up does not keep it.
      expect(await remove('production')).toBe('done');
      const { manifest } = vault;
      expect(manifest.realms.map(({ name }) => name)).toEqual(['development', 'shared']);
      expect(manifest.formerRealms).toEqual([{ id, name: 'production', removed: manifest.entry }]);
      expect(await remove('development')).toBe('environment_in_use');
    });
    await made.using(async (vault) => {
      expect(await textOf(vault, 'api_key', 'development')).toBe('dev-value');
      expect(vault.ring!.realmNames).toEqual(['development']);
    }, asKey(secret));
    await expectWhole();
  });

  test('is not one that a route is registered for, or a rotation works on', async () => {
    const full = await makeVault({ environments: ['development', 'production'], withEveryTable: true });
    try {
      await full.using(async (vault) => {
        const remove = () => vault.change((change) => removeEnvironment(change, 'development'));
        await expect(remove()).rejects.toThrow(/is registered for development/);
        await vault.change(async (change) => {
          for (const route of await change.all('route', 'development')) await change.remove(route);
          change.log({ action: 'route-remove' });
        });
        await expect(remove()).rejects.toThrow(/a rotation of development is in progress/);
        await vault.change(async (change) => {
          for (const rotation of await change.all('rotation', 'development'))
            await change.update(rotation, { state: 'aborted', endedAt: change.at });
          change.log({ action: 'rotate-end' });
        });
        await remove();
      });
    } finally {
      full.remove();
    }
  });
});

test('a setting is in the manifest until it is removed', async () => {
  await made.using(async (vault) => {
    await vault.change((change) => putSetting(change, 'between', '09:00-17:00'));
    expect(settingsOf(vault)).toEqual(new Map([['between', '09:00-17:00']]));
    await vault.change((change) => putSetting(change, 'between', null));
    expect(settingsOf(vault)).toEqual(new Map());
    expect(vault.manifest.generation).toBe(3);
  });
  await expectWhole();
});

test('a name that was taken up and a key that has neither are left as they are', async () => {
  // A key for one environment alone reads no shared value.
  const { slot } = await made.using((vault) => addSlot(vault, 'ci', ['development']));
  await made.using(async (vault) => {
    await vault.change(async (change) => {
      await change.put('lineage', 'development', lineageContent(change, 'empty'));
      await change.put('name', 'development', nameContent(change, 'empty', { state: 'deleted' }));
      change.log({ action: 'add' });
    });
    expect(await take(vault, slot)).toEqual(['api_key']);
  });
});
