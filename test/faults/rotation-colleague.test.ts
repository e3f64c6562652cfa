/**
 * A colleague whose key opens staging alone, and who may write the file: what they can sign with the keys that every key holds must not
 * become a step, a time, a name or a version for production.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseKeyFile } from '../../src/crypto/key-file.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Row } from '../../src/store/tables.ts';
import type { Change } from '../../src/vault/change.ts';
import { HeadMemory } from '../../src/vault/head-memory.ts';
import { Vault } from '../../src/vault/vault.ts';
import { addRoutes, makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { addSlot } from '../helpers/vault.ts';

let project: Project;
let colleague: { secret: Uint8Array; identity: Uint8Array | null };

beforeEach(async () => {
  await loadSodium();
  project = await makeProject();
  await addRoutes(project);
  for (const key of Object.values(NEW)) project.accepted.add(key);
  const mine = parseKeyFile(readFileSync(join(project.folder, 'k.key'), 'utf8'), 'the test');
  await opened(mine, async (vault) => {
    const { secret } = await addSlot(vault, 'colleague', ['staging']);
    colleague = { secret, identity: mine.identity };
  });
});
afterEach(() => project.remove());

async function opened<T>(
  key: { secret: Uint8Array; identity: Uint8Array | null },
  work: (vault: Vault) => Promise<T>,
): Promise<T> {
  const store = await SqliteStore.open(join(project.folder, '.knox/vault.db'));
  try {
    const vault = await Vault.open({
      store,
      unlock: { kind: 'key', ...key, source: 'the test' },
      trusted: null,
      expectedHead: null,
      memory: new HeadMemory(null),
      now: () => project.now,
      actor: 'colleague',
      warn: () => undefined,
    });
    return await work(vault);
  } finally {
    await store.close();
  }
}

/** One change by the colleague, signed as any other. */
async function asColleague(work: (change: Change) => Promise<void>): Promise<void> {
  await opened(colleague, (vault) =>
    vault.change(async (change) => {
      await work(change);
      change.log({ action: 'set', secret: 'api_key' });
    }),
  );
}

async function changeRotation(content: (row: Row<'rotation'>) => Partial<Row<'rotation'>>): Promise<void> {
  await asColleague(async (change) => {
    const { entry: _entry, tag: _tag, ...row } = (await change.find('rotation'))[0]!;
    await change.put('rotation', { ...row, ...content(row) });
  });
}

const start = (...argv: string[]) =>
  project.json(['rotate', 'api_key', '--values-stdin', '--yes', ...argv], JSON.stringify(NEW));
const goOn = () => project.json(['rotate', 'api_key', '--yes']);

test('their own change of a note goes through: the attack below is not stopped by something else', async () => {
  await asColleague(async (change) => {
    const { entry: _entry, tag: _tag, ...row } = (await change.find('secret', { name: 'api_key' }))[0]!;
    await change.put('secret', { ...row, note: 'by the colleague' });
  });
  expect((await start()).json.step).toBe('monitor');
});

test('a step that production did not do is not taken as done', async () => {
  await start('--until', 'create');
  await changeRotation(({ steps }) => ({
    steps: JSON.stringify(
      (JSON.parse(steps) as object[]).map((step) => ({ ...step, state: 'done', at: project.now.toISOString() })),
    ),
  }));
  expect(await goOn()).toMatchObject({ exit: 8, code: 'vault_damaged' });
  expect(project.read('config/prod.json')).toContain('{{secret:api_key}}');
});

test.each([
  ['a window of a second', { window: 1 }],
  ['a rotation that a timer may do all of', { is_unattended: 0 }],
  ['no quarantine', { quarantine: 5 }],
  ['a rollback', { options: '{"rollback":{"reason":null,"at":"2026-01-10T12:00:00.000Z"}}' }],
  ['values that nobody has to revoke', { source: 'generate' }],
])('%s is not taken from them', async (_what, content) => {
  await start('--until', 'create');
  await changeRotation(() => content);
  expect(await goOn()).toMatchObject({ exit: 8, code: 'vault_damaged' });
});

test('another name for the new version is written into no file', async () => {
  await must(project.knox(['add', 'weak', '-e', 'production'], 'a-weak-value'));
  await start('--until', 'test-staging');
  await asColleague(async (change) => {
    const { entry: _entry, tag: _tag, ...row } = (await change.find('rotation_secret'))[0]!;
    await change.put('rotation_secret', { ...row, to_name: 'weak' });
  });
  expect(await goOn()).toMatchObject({ exit: 8, code: 'vault_damaged' });
  expect(project.read('config/prod.json')).toContain('{{secret:api_key}}');
});

test('@current of production follows neither a renamed lineage nor a renamed version', async () => {
  await must(project.knox(['add', 'weak', '-e', 'production'], 'a-weak-value'));
  await start();
  await asColleague(async (change) => {
    const lineages = await change.find('lineage');
    const [own, weak] = ['api_key', 'weak'].map((base) => lineages.find((one) => one.base === base)!);
    const put = async (row: (typeof lineages)[number], base: string) => {
      const { entry: _entry, tag: _tag, ...content } = row;
      await change.put('lineage', { ...content, base });
    };
    await put(weak!, 'nothing');
    await put(own!, 'weak');
  });
  expect(await project.json(['get', 'api_key_v2@current', '-e', 'production'])).toMatchObject({ exit: 8 });
});

test('nor does it follow another secret that was put into the lineage, where there was no rotation yet', async () => {
  await must(project.knox(['add', 'weak', '-e', 'production'], 'a-weak-value'));
  await asColleague(async (change) => {
    const secrets = await change.find('secret');
    const [own, weak] = ['api_key', 'weak'].map((name) => secrets.find((one) => one.name === name)!);
    const { entry: _entry, tag: _tag, ...content } = weak!;
    await change.put('secret', { ...content, lineage: own!.lineage, version: 9 });
  });
  expect(await project.json(['get', 'api_key@current', '-e', 'production'])).toMatchObject({ exit: 8 });
});

test('the record of production can not be touched, and the old version stays while it does not say that it moved', async () => {
  await start('--until', 'test-staging');
  await expect(
    asColleague(async (change) => {
      const row = (await change.find('rotation_environment')).find(({ environment }) => environment === 'production')!;
      const { entry: _entry, tag: _tag, ...content } = row;
      await change.put('rotation_environment', { ...content, updated_at: change.at });
    }),
  ).rejects.toMatchObject({ code: 'not_granted' });
  expect((await project.knox(['get', 'api_key', '-e', 'production'])).stdout.toString()).toBe(OLD.production);
});

test('their key starts no rotation of a secret that production has: exit 4 before anything is asked, naming who can', async () => {
  const { formatKeyFile } = await import('../../src/crypto/key-file.ts');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(project.folder, 'colleague.key'), formatKeyFile(colleague, 'theirs'), { mode: 0o600 });
  const argv = ['rotate', 'api_key', '--values-stdin', '--yes', '--key-file', 'colleague.key'];
  const ran = await project.knox(argv, JSON.stringify(NEW));
  expect([ran.exit, ran.stderr]).toEqual([4, expect.stringContaining('first key')]);
  expect((await project.json(['rotations'])).json).toEqual([]);
  await start('--until', 'document');
  expect((await project.knox(['rotate', 'api_key', '--key-file', 'colleague.key', '--yes'])).exit).toBe(4);
});
