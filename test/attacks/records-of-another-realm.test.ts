/** A colleague with a key for staging alone, and a program of his own that makes everything but production's seal, wants production to go by records of his. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeAttackScene, PUBLIC, SECRET } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';
import type { Colleague } from '../helpers/colleague.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
  scene.write('app.env', 'ID={{secret:analytics_id@current}}\nPASSWORD={{secret:db_password}}\n');
  const added = await scene.as('admin', [
    'route',
    'add',
    'app.env',
    '-e',
    'production',
    '--test-command',
    'cat > tested',
  ]);
  if (added.exit !== 0) throw new Error(added.stderr);
});
afterEach(() => scene.remove());

/** What each of them does to production's records. */
const RECORDS: Readonly<Record<string, (colleague: Colleague) => Promise<void>>> = {
  async 'the name means another one'(colleague) {
    const lineage = await colleague.get('lineage', 'production', 'analytics_id');
    await colleague.put('lineage', 'production', { ...lineage, names: ['db_password'], current: 'db_password' });
    const name = await colleague.get('name', 'production', 'db_password');
    await colleague.put('name', 'production', { ...name, base: 'analytics_id' });
  },
  async 'the value is a shared one of his choosing'(colleague) {
    const name = await colleague.get('name', 'production', 'db_password');
    await colleague.put('name', 'production', { ...name, value: null, shared: '00'.repeat(32) });
  },
  async 'it is a plain setting, which nothing masks'(colleague) {
    const name = await colleague.get('name', 'production', 'db_password');
    await colleague.put('name', 'production', { ...name, kind: 'config' });
  },
  async 'another command tests the route'(colleague) {
    const [route] = await colleague.all('route', 'production');
    await colleague.put('route', 'production', { ...route!, testCommand: 'cat > stolen' });
  },
  async 'the name is gone'(colleague) {
    await colleague.remove('name', 'production', 'db_password');
  },
};

/** How far he goes with lists, log and head. */
const ENDS: Readonly<Record<string, (colleague: Colleague) => Promise<void>>> = {
  'the records alone': async () => undefined,
  async 'with lists and an entry that names production'(colleague) {
    await colleague.finish({ production: await colleague.relist('production') });
  },
  async 'with lists, and an entry that names staging'(colleague) {
    const root = await colleague.relist('production');
    await colleague.finish({ staging: await colleague.relist('staging') }, { parts: { production: { root } } });
  },
  async 'with lists, and staging’s seal for production'(colleague) {
    const root = await colleague.relist('production');
    const { seal } = colleague.head.realms[colleague.idOf('staging')]!;
    await colleague.finish({ production: root }, { parts: { production: { seal } } });
  },
};

const CASES = Object.keys(RECORDS).flatMap((what) => Object.keys(ENDS).map((end) => [what, end] as const));

describe.each(CASES)('%s, %s', (what, end) => {
  test('production stops with exit 8, and staging goes on', async () => {
    await scene.forge('colleague', async (colleague) => {
      await RECORDS[what]!(colleague);
      await ENDS[end]!(colleague);
    });
    for (const machine of ['admin', 'new']) {
      const used = [
        await scene.told(
          'admin',
          ['get', what.startsWith('the name means') ? 'analytics_id@current' : 'db_password', '-e', 'production'],
          { machine },
        ),
        await scene.told('admin', ['route', 'test', 'app.env', '-e', 'production'], { machine }),
        await scene.told('admin', ['render', 'app.env', '-e', 'production'], { machine }),
        await scene.told('admin', ['run', '-e', 'production', '--secret', 'P=db_password', '--', 'printenv', 'P'], {
          machine,
        }),
      ];
      // A route that was changed and is in no list is met by whoever goes by routes.
      const isUnlisted = what.includes('command') && end === 'the records alone';
      for (const said of isUnlisted ? used.slice(1, 3) : used) {
        expect(said).toMatch(/^(8|125) /);
        expect(said).not.toContain(SECRET);
        expect(said).not.toContain(PUBLIC);
      }
    }
    expect([existsSync(join(scene.folder, 'tested')), existsSync(join(scene.folder, 'stolen'))]).toEqual([
      false,
      false,
    ]);
    expect((await scene.as('admin', ['get', 'db_password', '-e', 'staging'])).stdout.toString()).toBe(
      'stag-db-password-SECRET-0001',
    );
  });
});

test('what is his he may change, and production goes on as it was', async () => {
  await scene.forge('colleague', async (colleague) => {
    const name = await colleague.get('name', 'staging', 'db_password');
    await colleague.put('name', 'staging', { ...name, kind: 'config', base: 'analytics_id', state: 'withdrawn' });
    const lineage = await colleague.get('lineage', 'staging', 'analytics_id');
    await colleague.put('lineage', 'staging', {
      ...lineage,
      names: ['db_password'],
      current: 'db_password',
      highest: 77,
    });
    await colleague.finish({ staging: await colleague.relist('staging') });
  });
  const get = async (name: string) => (await scene.as('admin', ['get', name, '-e', 'production'])).stdout.toString();
  expect([await get('analytics_id@current'), await get('db_password')]).toEqual([PUBLIC, SECRET]);
  const masked = await scene.as('admin', [
    'run',
    '-e',
    'production',
    '--secret',
    'P=db_password',
    '--',
    'printenv',
    'P',
  ]);
  expect(masked.stdout.toString()).not.toContain(SECRET);
  expect((await scene.as('admin', ['audit', 'verify'])).exit).toBe(0);
  const findings = JSON.parse((await scene.as('admin', ['check', '--json'])).stdout.toString()) as { code: string }[];
  expect(findings.map(({ code }) => code)).toContain('disagree');
});
