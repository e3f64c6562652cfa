/**
 * Whoever holds staging, or `shared`, writes rotations and lineages there: records that knox could have written, and some that it could not.
 * Production's rotations go on as if they were not there, and no command fails in a way it should not.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeAttackScene, SECRET } from '../helpers/attack-scene.ts';
import type { AttackScene, Person } from '../helpers/attack-scene.ts';
import type { Colleague } from '../helpers/colleague.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
});
afterEach(() => scene.remove());

const forge = (person: Person, realm: string, work: (colleague: Colleague) => Promise<void>) =>
  scene.forge(person, async (colleague) => {
    await work(colleague);
    await colleague.finish({ [realm]: await colleague.relist(realm) });
  });
const json = async (...argv: string[]): Promise<unknown> => {
  const { exit, stdout, stderr } = await scene.as('admin', [...argv, '--json']);
  expect([argv.join(' '), exit, stderr]).toEqual([argv.join(' '), expect.toBeOneOf([0, 3]), expect.any(String)]);
  return JSON.parse(stdout.toString());
};

/** A rotation of `db_password`, as knox would have begun one. */
async function copyPart(colleague: Colleague, realm: string, more: object = {}): Promise<void> {
  const [part] = await colleague.all('rotation', 'production');
  await colleague.put('rotation', realm, { ...part!, id: 'forged', ...more });
}
const start = (...more: string[]) => scene.as('admin', ['rotate', 'db_password', '--generate', ...more]);

test('a rotation in `shared`, where there are none', async () => {
  await start('--until', 'create', '--yes');
  await scene.as('admin', ['rotate', 'db_password', '--abort', '--yes']);
  await forge('sharer', 'shared', async (colleague) => {
    await copyPart(colleague, 'shared', { state: 'active', endedAt: null, endReason: null });
    const lineage = await colleague.get('lineage', 'staging', 'db_password');
    await colleague.put('lineage', 'shared', { ...lineage, rotation: 'forged' });
  });
  expect(await json('rotations')).toEqual([]);
  expect(await json('rotations', 'continue')).toEqual([]);
  await json('check');
  await json('evidence');
  expect(await json('rotate', 'db_password', '--generate', '--until', 'create', '--yes')).toMatchObject({
    to: 'db_password_v3',
    state: 'active',
  });
});

test('a rotation of nothing', async () => {
  await start('--until', 'create', '--yes');
  await forge('colleague', 'staging', (colleague) => copyPart(colleague, 'staging', { secrets: [] }));
  for (const argv of [['rotations'], ['check'], ['status'], ['rotations', 'continue'], ['evidence']])
    expect(await scene.as('admin', argv), argv.join(' ')).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining('the rotation record forged of staging has invalid content') as string,
    });
  expect(await json('rotations')).toMatchObject([{ state: 'waiting' }]);
});

test('a highest version that leaves no other', async () => {
  for (const highest of [999_999_999, Number.MAX_SAFE_INTEGER]) {
    await forge('colleague', 'staging', async (colleague) => {
      const lineage = await colleague.get('lineage', 'staging', 'db_password');
      await colleague.put('lineage', 'staging', { ...lineage, highest });
    });
    const added = await scene.as('admin', ['add', `api_${highest}`, '-e', 'production', '--base', 'db_password'], {
      stdin: `value-${highest}`,
    });
    expect([added.exit, added.stderr]).toEqual([0, expect.any(String)]);
  }
  expect(await json('rotate', 'db_password', '--generate', '--until', 'create', '--yes')).toMatchObject({
    to: 'db_password_v4',
  });
  expect((await scene.as('admin', ['audit', 'verify'])).exit).toBe(0);
  expect((await scene.as('admin', ['get', 'db_password', '-e', 'production'])).exit).toBe(0);
});

test('a name of staging that is said to be a version of production’s secret', async () => {
  await scene.as('admin', ['add', 'trial', '-e', 'staging'], { stdin: 'trial-value-of-staging' });
  await forge('colleague', 'staging', async (colleague) => {
    const name = await colleague.get('name', 'staging', 'trial');
    await colleague.put('name', 'staging', { ...name, base: 'db_password', version: 2 });
    const lineage = await colleague.get('lineage', 'staging', 'db_password');
    await colleague.put('lineage', 'staging', {
      ...lineage,
      names: [...lineage.names, 'trial'],
      highest: 2,
      current: 'trial',
      dueAt: '2026-01-09T12:00:00.000Z',
    });
  });
  const told = await scene.told('admin', ['rotate', 'trial', '--generate', '--yes']);
  expect(told).toBe('2 usage');
  expect(await json('rotations')).toEqual([]);
});

test('a part that says another rotation keeps production neither from going back nor from beginning anew', async () => {
  scene.write('app.env', 'PASSWORD={{secret:db_password}}\n');
  await scene.as('admin', ['route', 'add', 'app.env', '-e', 'staging,production']);
  await start('--yes');
  await forge('colleague', 'staging', async (colleague) => {
    const [part] = await colleague.all('rotation', 'staging');
    const secrets = part!.secrets.map((secret) => ({ ...secret, from: 'analytics_id', to: 'db_password' }));
    await colleague.put('rotation', 'staging', { ...part!, secrets });
  });
  expect(await scene.told('admin', ['rotate', 'db_password', '--yes'])).toBe('8 vault_damaged');
  const back = await scene.as('admin', ['rotate', 'db_password', '--rollback', '--yes']);
  expect(back).toMatchObject({ exit: 0, stderr: expect.stringContaining('nothing is rolled back there') });
  const rendered = await scene.as('admin', ['render', 'app.env', '-e', 'production']);
  expect(rendered.stdout.toString()).toBe(`PASSWORD='${SECRET}'\n`);
  expect(await json('rotate', 'db_password', '--generate', '--until', 'create', '--yes')).toMatchObject({
    from: 'db_password',
    to: 'db_password_v3',
    state: 'active',
  });
});

test('production’s secret is due although staging says that it is being rotated, and what cannot be read makes none due', async () => {
  await start('--until', 'create', '--yes');
  await scene.as('admin', ['rotate', 'db_password', '--abort', '--yes']);
  await forge('colleague', 'staging', async (colleague) => {
    await copyPart(colleague, 'staging', { state: 'active', endedAt: null, endReason: null });
    const lineage = await colleague.get('lineage', 'staging', 'db_password');
    await colleague.put('lineage', 'staging', { ...lineage, rotation: 'forged', dueAt: '2020-01-01T00:00:00.000Z' });
  });
  const { publicKey } = (await json('key', 'new', join(scene.folder, 'p.key'))) as { publicKey: string };
  const added = await json('key', 'add', '--recipient', publicKey, '--env', 'production', '--label', 'timer');
  const env = {
    KNOX_KEY_FILE: join(scene.folder, 'p.key'),
    KNOX_TRUST: (added as { identity: string }).identity,
  };
  const asTimer = (...argv: string[]) => scene.as('admin', argv, { env, machine: 'timer' });
  const listed = JSON.parse((await asTimer('list', '--json')).stdout.toString()) as { name: string; dueAt: string }[];
  expect(listed.find(({ name }) => name === 'db_password')!.dueAt > '2026-03').toBe(true);
  expect((await asTimer('rotate', '--due', '--yes')).stderr).toContain('No secret is due.');
  scene.now = new Date(scene.now.getTime() + 91 * 86_400_000);
  await scene.as('admin', ['rotate', '--due', '--generate', '--yes']);
  const rotations = (await json('rotations')) as { to: string }[];
  expect(rotations.map(({ to }) => to)).toContain('db_password_v3');
});

test('a secret more in staging’s part takes no place of production’s, in the log or in words', async () => {
  await start('--until', 'create', '--yes');
  await forge('colleague', 'staging', async (colleague) => {
    const [part] = await colleague.all('rotation', 'staging');
    const [one] = part!.secrets;
    const more = { ...one!, base: 'analytics_id', from: 'analytics_id', to: 'analytics_id_v2' };
    await colleague.put('rotation', 'staging', { ...part!, secrets: [more, ...part!.secrets] });
    const lineage = await colleague.get('lineage', 'staging', 'analytics_id');
    await colleague.put('lineage', 'staging', { ...lineage, rotation: part!.id });
  });
  expect(await json('rotations')).toMatchObject([{ base: 'db_password', to: 'db_password_v2' }]);
  await start('--yes');
  const told = (await json('audit', 'db_password')) as { action: string; secret: string }[];
  expect(told.findLast(({ action }) => action === 'rotation-step')).toMatchObject({ secret: 'db_password' });
  expect(told.at(-1)!.action).toMatch(/^rotation-/);
});
