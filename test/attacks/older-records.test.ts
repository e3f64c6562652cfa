/** A colleague with a key for staging alone, and an older copy of the vault, wants production as it was: its command, its value, its part of the head. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeAttackScene } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';
import type { Head } from '../../src/vault/documents/head.ts';

let scene: AttackScene;
let older: string;
const must = async (argv: readonly string[], stdin = ''): Promise<void> => {
  const ran = await scene.as('admin', argv, { stdin });
  if (ran.exit !== 0) throw new Error(ran.stderr);
};

beforeEach(async () => {
  scene = await makeAttackScene();
  scene.write('app.env', 'PASSWORD={{secret:db_password}}\n');
  await must(['route', 'add', 'app.env', '-e', 'production', '--test-command', 'cat > old']);
  older = scene.copy();
  await must(['route', 'add', 'app.env', '-e', 'production', '--test-command', 'cat > new']);
  await must(['delete', 'analytics_id', '-e', 'production', '--yes']);
  await must(['add', 'analytics_id', '-e', 'production'], 'another-analytics-id-2');
});
afterEach(() => scene.remove());

/** Puts production's records and lists of then back, its part of the head too, under a head that he signs. */
async function turnBack(): Promise<void> {
  await scene.forge('colleague', async (colleague) => {
    const id = colleague.idOf('production');
    const source = new Database(older, { readonly: true });
    const head = JSON.parse((source.prepare('SELECT body FROM head').pluck().get() as Buffer).toString()) as Head;
    await colleague.transaction.deleteRealm(id);
    for (const row of source.prepare('SELECT * FROM record WHERE realm = ?').all(id))
      await colleague.transaction.put({ ...(row as object), box: null } as never);
    for (const row of source.prepare("SELECT *, 'value' AS kind FROM value WHERE realm = ?").all(id))
      await colleague.transaction.put(row as never);
    for (const row of source.prepare('SELECT node, list FROM node WHERE realm = ?').all(id)) {
      const { node, list } = row as { node: number; list: Buffer };
      await colleague.transaction.putNode(id, node, list);
    }
    source.close();
    await colleague.finish({ staging: await colleague.relist('staging') }, { parts: { production: head.realms[id]! } });
  });
}

test('a machine that has seen newer stops, in every command', async () => {
  await turnBack();
  for (const argv of [
    ['get', 'db_password', '-e', 'production'],
    ['render', 'app.env', '-e', 'production'],
    ['route', 'test', 'app.env', '-e', 'production'],
    ['get', 'db_password', '-e', 'staging'],
    ['list'],
    ['set', 'db_password', '--note', 'x'],
  ])
    expect(await scene.told('admin', argv), argv.join(' ')).toBe('8 vault_rolled_back');
  expect(existsSync(join(scene.folder, 'old'))).toBe(false);
  // Until somebody says that it is meant; the log says who.
  await must(['doctor', '--accept-rollback', '--reason', 'a test']);
  expect(await scene.told('admin', ['get', 'db_password', '-e', 'production'])).toMatch(/^0 /);
});

test('so does one that has seen nothing, and is given a newer KNOX_HEAD', async () => {
  const verified = JSON.parse((await scene.as('admin', ['audit', 'verify', '--json'])).stdout.toString()) as {
    entries: number;
    head: string;
  };
  const fresh = { machine: 'new', env: { KNOX_HEAD: `${verified.entries}:${verified.head}` } };
  const get = ['get', 'db_password', '-e', 'production'];
  expect(await scene.told('admin', get, fresh)).toMatch(/^0 /);
  await turnBack();
  expect(await scene.told('admin', get, { ...fresh, machine: 'newer' })).toBe('8 vault_rolled_back');
});

test('one that has seen nothing and is given nothing has production whole, as it was at one moment', async () => {
  await turnBack();
  const fresh = { machine: 'new' };
  const value = await scene.as('admin', ['get', 'analytics_id', '-e', 'production'], fresh);
  expect(value.stdout.toString()).toBe('pub-prod-analytics-id-0001');
  const shown = await scene.as('admin', ['route', 'show', 'app.env', '--json'], fresh);
  expect(shown.stdout.toString()).toContain('cat > old');
  // The log tells.
  expect((await scene.as('admin', ['audit', 'verify'], { machine: 'verifier' })).exit).toBe(8);
});

test('records of then under the part of now are damage', async () => {
  await scene.forge('colleague', async (colleague) => {
    const id = colleague.idOf('production');
    const source = new Database(older, { readonly: true });
    const row = source.prepare("SELECT * FROM record WHERE realm = ? AND kind = 'route'").get(id);
    source.close();
    await colleague.transaction.put({ ...(row as object), box: null } as never);
    await colleague.finish({ staging: await colleague.relist('staging') });
  });
  for (const machine of ['admin', 'new'])
    expect(await scene.told('admin', ['route', 'test', 'app.env', '-e', 'production'], { machine })).toBe(
      '8 vault_damaged',
    );
  expect(existsSync(join(scene.folder, 'old'))).toBe(false);
});
