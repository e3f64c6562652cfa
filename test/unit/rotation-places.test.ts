/** What a rotation does at one place goes by that place's own records: what another environment says, or its source, changes nothing there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errors } from '../../src/errors.ts';
import { placesOf } from '../../src/rotation/offered.ts';
import { Rotation } from '../../src/rotation/rotation.ts';
import { capWindow } from '../../src/rotation/sources.ts';
import { startRotation } from '../../src/rotation/start.ts';
import { decryptNamed } from '../../src/vault/secrets/find-secret.ts';
import { revealText } from '../../src/domain/plaintext.ts';
import { textOf, voucherOf } from '../../src/vault/gate/vouch.ts';
import { AGREES, makeScene } from '../helpers/rotation-scene.ts';
import type { Scene } from '../helpers/rotation-scene.ts';
import { advance } from '../../src/rotation/machine.ts';

let scene: Scene;
let id: string;
beforeEach(async () => {
  scene = await makeScene({
    api_key: { staging: 'old-staging-1', production: 'old-prod-1' },
    other_key: { staging: 'other-staging-1', production: 'other-prod-1' },
    token: 'old-shared-1',
  });
  Object.assign(scene.guide, AGREES);
});
afterEach(() => scene.remove());

async function start(...bases: string[]): Promise<void> {
  id = await startRotation(scene.vault, bases, {
    project: '',
    source: null,
    window: 48 * 3600,
    quarantine: 0,
    options: {},
    isUnattended: false,
    record: null,
  });
}
const go = async (more = {}) => advance(await scene.work(id, more));
const stored = () => Rotation.load(scene.vault, id);
const FILE = 'app.env';

const register = (environment: string, more = {}) => scene.register(environment, FILE, more);
const text = () => readFileSync(join(scene.root, FILE), 'utf8');

describe('a window', () => {
  test.each([
    ['staging', [600, 48 * 3600]],
    ['production', [48 * 3600, 600]],
  ] as const)('that the source of %s shortens is that one’s alone', async (environment, windows) => {
    await start('api_key');
    const work = await scene.work(id);
    const place = placesOf(work.rotation).find((one) => one.environment === environment)!;
    await capWindow(work, place, 600);
    const rotation = await stored();
    expect(['staging', 'production'].map((name) => rotation.part(name)!.window)).toEqual(windows);
    expect(rotation.window).toBe(windows[1]);
  });

  test('that the source of a shared value shortens is that of all that share it', async () => {
    await start('token');
    const work = await scene.work(id);
    await capWindow(work, placesOf(work.rotation)[0]!, 'none');
    expect((await stored()).parts.map(({ window }) => window)).toEqual([0, 0]);
    expect(scene.guide.warned).toContain('no_overlap');
  });
});

describe('a file of two environments', () => {
  test('keeps a name that one of them takes for another secret', async () => {
    writeFileSync(join(scene.root, FILE), 'A={{secret:api_key}}\nB={{secret:other_key}}\n');
    await register('staging');
    await register('production');
    // Whoever holds staging makes the other secret one of this lineage, there.
    await scene.vault.change(async (change) => {
      const other = (await change.get('name', 'staging', 'other_key'))!;
      const lineage = (await change.get('lineage', 'staging', 'api_key'))!;
      await change.update(other, { base: 'api_key' });
      await change.update(lineage, { names: [...lineage.names, 'other_key'] });
      change.log({ action: 'set', secret: 'other_key' });
    });
    await start('api_key');
    await go({ until: 'update-staging' });
    expect(text()).toBe('A={{secret:api_key_v2}}\nB={{secret:other_key}}\n');
  });

  test('has the names that it had noted for each of them', async () => {
    writeFileSync(join(scene.root, FILE), 'A={{secret:api_key}}\nB={{secret:other_key}}\nC={{secret:api_key}}\n');
    await register('staging');
    await register('production');
    await start('api_key');
    await go({ until: 'update-staging' });
    const rotation = await stored();
    expect(['staging', 'production'].map((name) => rotation.route('', FILE, name)?.originals)).toEqual([
      ['api_key', 'api_key'],
      ['api_key', 'api_key'],
    ]);
  });
});

describe('a route whose probe names the version', () => {
  const PROBE = { probe: 'https://pay.example.com/{{secret:api_key}}', testCommand: 'true' };
  beforeEach(() => writeFileSync(join(scene.root, FILE), 'A={{secret:other_key}}\n'));

  test('is vouched for anew by whoever moves it', async () => {
    await register('staging', PROBE);
    const before = (await scene.vault.read((view) => view.all('route', 'staging')))[0]!;
    await start('api_key');
    Object.assign(scene.runner.services, { fetch: async () => new Response('', { status: 200 }) });
    await go({ until: 'update-staging' });
    const [route] = await scene.vault.read((view) => view.all('route', 'staging'));
    expect([route!.probe, route!.names]).toEqual([
      'https://pay.example.com/{{secret:api_key_v2}}',
      ['other_key', 'api_key_v2'],
    ]);
    expect(textOf(route!)).not.toBe(textOf(before));
    expect(voucherOf(scene.vault.manifest, route!)?.id).toBe(scene.vault.ring!.slot.id);
  });

  test('stays as it is, and its file too, where one of its commands may not run here', async () => {
    writeFileSync(join(scene.root, FILE), 'A={{secret:api_key}}\n');
    await register('staging', PROBE);
    await start('api_key');
    Object.assign(scene.runner.services, {
      fetch: async () => new Response('', { status: 200 }),
      gate: {
        requireAllowed: async ({ what }: { readonly what: string }) => {
          if (what === 'command') throw errors.untrusted_command('may not run here');
        },
      },
    });
    expect(await go({ until: 'update-staging' })).toMatchObject({
      kind: 'failed',
      error: { code: 'untrusted_command' },
    });
    expect(text()).toBe('A={{secret:api_key}}\n');
    const [route] = await scene.vault.read((view) => view.all('route', 'staging'));
    expect(route!.probe).toBe(PROBE.probe);
    expect((await stored()).isUpdated('staging')).toBe(false);
  });
});

test('a new shared value is taken up by each environment as it is stored', async () => {
  await start('token');
  await go({ until: 'create' });
  for (const environment of ['staging', 'production']) {
    const value = await scene.vault.read((view) => decryptNamed(view, 'token_v2', environment));
    expect(revealText(value)).toHaveLength(32);
  }
  const hashes = await scene.vault.read(async (view) => {
    const shared = (await view.get('name', 'shared', 'token_v2'))!;
    const own = (await view.getAcross('name', 'token_v2', ['staging', 'production'])).map((name) => name.shared);
    return [await view.boxHash((await view.valueOf(shared))!), ...own];
  });
  expect(new Set(hashes).size).toBe(1);
});
