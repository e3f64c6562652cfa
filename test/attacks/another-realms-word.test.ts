/**
 * Whoever holds staging and `shared` decides what production's names mean there: `@current` of one secret is another one, a value that production
 * never took up takes the place of its own, and its values are said to be plain settings.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { isKnoxError } from '../../src/errors.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { lineageOf, requireValue, versionAt } from '../../src/vault/secrets/find-secret.ts';
import { Colleague } from '../helpers/colleague.ts';
import { must } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

const PASSWORD = 'prod-db-password-SECRET-0001';

let made: TestVault;
let theirs: { secret: Uint8Array; identity: Uint8Array };
beforeEach(async () => {
  made = await makeVault({
    environments: ['staging', 'production'],
    secrets: {
      db_password: { staging: 'staging-db-password', production: PASSWORD },
      analytics_id: { staging: 'UA-staging', production: 'UA-production' },
    },
  });
  const { secret } = await made.using((vault) => addSlot(vault, 'colleague', ['staging', 'shared']));
  theirs = { secret, identity: made.key.identity };
});
afterEach(() => made.remove());

const knox = (...argv: string[]) =>
  runKnox(made.folder, ['--vault', 'vault.db', ...argv], '', { KNOX_KEY_FILE: made.keyFile });
const valueOf = async (reference: string) => (await must(knox('get', reference, '-e', 'production'))).stdout.toString();

test('by what their own keys can seal', async () => {
  await made.using(
    (vault: Vault) =>
      vault.change(async (change) => {
        for (const realm of ['staging', 'shared']) {
          const id = (await change.get('name', 'staging', 'analytics_id'))!;
          const password = (await change.get('name', 'staging', 'db_password'))!;
          const { kindOf: _kind, realm: _realm, entry: _entry, ...content } = password;
          const { id: value } = await change.putValue(realm, 'db_password', Plaintext.fromText('EVIL'), {
            sameAs: [],
            wrongEnvironment: false,
          });
          await change.put('name', realm, { ...content, base: 'analytics_id', version: 9, value, kind: 'config' });
          if (realm === 'staging') await change.update(id, { state: 'deleted', value: null });
          const names = ['analytics_id', 'db_password'];
          const lineage = (await change.get('lineage', 'staging', 'analytics_id'))!;
          const { kindOf: _k, realm: _r, entry: _e, ...rest } = lineage;
          await change.put('lineage', realm, { ...rest, names, highest: 9, current: 'db_password' });
        }
        change.log({ action: 'set', detail: { note: 'tidy' } });
      }),
    { key: theirs },
  );
  expect(await valueOf('analytics_id@current')).toBe('UA-production');
  expect(await valueOf('analytics_id')).toBe('UA-production');
  expect(await valueOf('db_password')).toBe(PASSWORD);
  expect(await valueOf('db_password@current')).toBe(PASSWORD);
  writeFileSync(join(made.folder, 'page.txt'), 'id={{secret:analytics_id@current}} {{secret:db_password@previous}}');
  const rendered = await must(knox('render', 'page.txt', '-e', 'production'));
  expect(rendered.stdout.toString()).toBe(`id=UA-production ${PASSWORD}`);
  writeFileSync(join(made.folder, 'leak.txt'), PASSWORD);
  expect((await knox('scan', 'leak.txt')).exit).toBe(3);
  const check = JSON.parse((await knox('check', '--json')).stdout.toString()) as { code: string; secret: string }[];
  expect(check.filter(({ code }) => code === 'disagree').map(({ secret }) => secret)).toEqual(['db_password']);
});

test('by what is written into production’s records past their keys', async () => {
  await Colleague.at(made, { key: theirs }, async (colleague) => {
    const password = await colleague.get('name', 'production', 'db_password');
    await colleague.put('name', 'production', { ...password, base: 'analytics_id', version: 9 });
    const lineage = await colleague.get('lineage', 'production', 'analytics_id');
    await colleague.put('lineage', 'production', { ...lineage, names: ['analytics_id', 'db_password'], highest: 9 });
    await colleague.finish({ production: await colleague.relist('production') });
  });
  for (const reference of ['analytics_id@current', 'analytics_id', 'db_password'])
    expect((await knox('get', reference, '-e', 'production')).exit, reference).toBe(8);
});

test('by turning production’s name into a shared one', async () => {
  await Colleague.at(made, { key: theirs }, async (colleague) => {
    const password = await colleague.get('name', 'production', 'db_password');
    await colleague.put('name', 'production', { ...password, value: null, shared: '00'.repeat(32) });
    await colleague.finish({ production: await colleague.relist('production') });
  });
  expect((await knox('get', 'db_password', '-e', 'production')).exit).toBe(8);
  expect((await knox('run', '-e', 'production', '--secret', 'X=db_password', '--', 'true')).exit).toBe(125);
});

test('whatever the records of an environment say of each other, a reference gives a version of its own lineage alone', async () => {
  await made.using((vault) =>
    vault.change(async (change) => {
      // As a name may stand that belonged to another lineage before.
      const lineage = (await change.get('lineage', 'production', 'analytics_id'))!;
      await change.update(lineage, { names: ['analytics_id', 'db_password'], current: 'db_password' });
      change.log({ action: 'x' });
    }),
  );
  await made.using((vault) =>
    vault.read(async (view) => {
      expect((await versionAt(view, 'analytics_id', 'current', 'production')).name).toBe('analytics_id');
      expect((await versionAt(view, 'analytics_id', 'previous', 'production')).name).toBe('analytics_id');
      expect((await lineageOf(view, 'db_password', 'production'))!.base).toBe('db_password');
      const missing = await requireValue(view, 'nothing', 'production').catch((error: unknown) => error);
      expect(isKnoxError(missing) && missing.code).toBe('secret_not_found');
    }),
  );
});
