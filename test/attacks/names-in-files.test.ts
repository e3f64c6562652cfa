/**
 * A colleague with a key for staging wants production's files to name another secret: a rotation writes into files that several environments
 * share, and takes from records what a placeholder means, what it becomes, and what it was.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeAttackScene, PUBLIC, SECRET } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';
import type { Colleague } from '../helpers/colleague.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
  scene.write('page.txt', 'ID={{secret:analytics_id}}\n');
  scene.write('app.env', 'PASSWORD={{secret:db_password}}\nID={{secret:analytics_id}}\n');
  scene.write('prod.env', 'ID={{secret:analytics_id}}\nPASSWORD={{secret:db_password}}\n');
  scene.write('stag.txt', 'ID={{secret:analytics_id}}\n');
  await done('route', 'add', 'page.txt', '-e', 'staging,production');
  await done('route', 'add', 'app.env', '-e', 'staging,production');
  await done('route', 'add', 'prod.env', '-e', 'production');
  await done('route', 'add', 'stag.txt', '-e', 'staging');
});
afterEach(() => scene.remove());

async function done(...argv: string[]): Promise<void> {
  const { exit, stderr } = await scene.as('admin', argv);
  expect([argv.join(' '), exit, stderr]).toEqual([argv.join(' '), 0, expect.any(String)]);
}
const textOf = (path: string): string => readFileSync(join(scene.folder, path), 'utf8');
const forge = (work: (colleague: Colleague) => Promise<void>) =>
  scene.forge('colleague', async (colleague) => {
    await work(colleague);
    await colleague.finish({ staging: await colleague.relist('staging') });
  });

/** To where production moves. */
async function rotateOn(name: string): Promise<void> {
  await scene.as('admin', ['rotate', name, '--generate', '--yes']);
  await scene.as('admin', ['rotate', name, '--yes', '--confirm', 'test-staging']);
  await scene.as('admin', ['rotate', name, '--yes', '--confirm', 'update-production']);
}

/** What production's files render to holds its password in no place where its id belongs. */
async function expectIds(): Promise<void> {
  for (const path of ['page.txt', 'app.env', 'prod.env', 'stag.txt']) {
    expect(textOf(path)).toContain('ID={{secret:analytics_id}}');
    const ran = await scene.as('admin', ['render', path, '-e', 'production']);
    expect(ran.stdout.toString()).toMatch(new RegExp(`ID='?${PUBLIC}`));
  }
}

test('by taking the name of another secret for one of the lineage that is rotated', async () => {
  await done('rotate', 'db_password', '--generate', '--until', 'create', '--yes');
  await forge(async (colleague) => {
    const lineage = await colleague.get('lineage', 'staging', 'db_password');
    await colleague.put('lineage', 'staging', { ...lineage, names: [...lineage.names, 'analytics_id'] });
    const name = await colleague.get('name', 'staging', 'analytics_id');
    await colleague.put('name', 'staging', { ...name, base: 'db_password' });
  });
  await rotateOn('db_password');
  await expectIds();
  expect(textOf('prod.env')).toContain('PASSWORD={{secret:db_password_v2}}');
});

test('by one secret more in its part of the rotation, whose new name is another secret', async () => {
  await done('rotate', 'db_password', '--generate', '--until', 'create', '--yes');
  await forge(async (colleague) => {
    const [part] = await colleague.all('rotation', 'staging');
    const [one] = part!.secrets;
    const more = { ...one!, base: 'analytics_id', from: 'analytics_id', to: 'db_password' };
    await colleague.put('rotation', 'staging', { ...part!, secrets: [...part!.secrets, more] });
    const lineage = await colleague.get('lineage', 'staging', 'analytics_id');
    await colleague.put('lineage', 'staging', { ...lineage, rotation: part!.id });
  });
  await rotateOn('db_password');
  await expectIds();
  expect(textOf('prod.env')).toContain('PASSWORD={{secret:db_password_v2}}');
});

test('by what its part says that stood in a file before', async () => {
  await rotateOn('analytics_id');
  expect(textOf('page.txt')).toBe('ID={{secret:analytics_id_v2}}\n');
  await forge(async (colleague) => {
    const [part] = await colleague.all('rotation', 'staging');
    const routes = part!.routes.map((route) => ({
      ...route,
      originals: route.originals?.map(() => 'db_password') ?? null,
    }));
    await colleague.put('rotation', 'staging', { ...part!, routes });
  });
  await done('rotate', 'analytics_id', '--rollback', '--yes');
  await expectIds();
});

test('by one secret more whose new name is one that production’s file has, and which is taken back', async () => {
  await rotateOn('db_password');
  await forge(async (colleague) => {
    const [part] = await colleague.all('rotation', 'staging');
    const [one] = part!.secrets;
    const more = { ...one!, base: 'region', from: 'db_password', to: 'analytics_id' };
    const [route] = part!.routes;
    const routes = ['page.txt', 'stag.txt', 'prod.env'].map((path) => ({
      ...route!,
      path,
      originals: ['db_password', 'db_password'],
    }));
    await colleague.put('rotation', 'staging', {
      ...part!,
      secrets: [...part!.secrets, more],
      routes: [...part!.routes.filter(({ path }) => path === 'app.env'), ...routes],
    });
    const lineage = await colleague.get('lineage', 'staging', 'analytics_id');
    const names = ['analytics_id', 'db_password'];
    await colleague.put('lineage', 'staging', { ...lineage, base: 'region', names, rotation: part!.id });
    const name = await colleague.get('name', 'staging', 'analytics_id');
    await colleague.put('name', 'staging', { ...name, base: 'region' });
  });
  await scene.as('admin', ['rotate', 'db_password', '--rollback', '--yes']);
  await expectIds();
  expect((await scene.as('admin', ['get', 'db_password', '-e', 'production'])).stdout.toString()).toBe(SECRET);
});
