/** A colleague with a key for staging alone wants the log to say what others did not do, or not to say what they did; or to set production's clock. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeAttackScene } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';
import type { Head } from '../../src/vault/documents/head.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
});
afterEach(() => scene.remove());

const GET = ['get', 'db_password', '-e', 'production'];
const adminSlot = async (): Promise<string> => {
  const keys = JSON.parse((await scene.as('admin', ['key', 'list', '--json'])).stdout.toString()) as {
    id: string;
    label: string;
  }[];
  return keys.find(({ label }) => label === 'first key')!.id;
};
const headOf = async (): Promise<Head> => {
  const database = new Database(scene.file, { readonly: true });
  const body = database.prepare('SELECT body FROM head').pluck().get() as Buffer;
  database.close();
  return JSON.parse(body.toString()) as Head;
};
const verify = () => scene.as('admin', ['audit', 'verify', '--json'], { machine: 'verifier' });

describe('in the administrator’s name', () => {
  test('a head that says so is not signed by that key', async () => {
    const slot = await adminSlot();
    await scene.forge('colleague', (colleague) =>
      colleague.finish(
        {},
        {
          slot,
          action: 'use',
          detail: { consumer: 'get', uses: [{ secret: 'db_password', environment: 'production' }] },
        },
      ),
    );
    expect(await scene.told('admin', GET)).toBe('8 vault_damaged');
  });

  test('an entry that says so, under a later one of his own, is found by audit verify', async () => {
    const slot = await adminSlot();
    await scene.forge('colleague', async (colleague) => {
      const staging = await colleague.relist('staging');
      const forged = await colleague.finish({ staging }, { slot, action: 'delete' });
      await colleague.from(forged).finish({ staging });
    });
    expect((await verify()).exit).toBe(8);
    // Nothing of production hangs on it.
    expect(await scene.told('admin', GET, { machine: 'new' })).toMatch(/^0 /);
  });

  test('an entry of his own that names production is none of production’s chain', async () => {
    await scene.forge('colleague', async (colleague) => {
      const { root } = colleague.head.realms[colleague.idOf('production')]!;
      const before = colleague.head.realms[colleague.idOf('production')]!;
      await colleague.finish({ production: root }, { parts: { production: before }, action: 'rotation-step' });
    });
    expect(await scene.told('admin', GET)).toMatch(/^0 /);
    expect((await verify()).exit).toBe(8);
  });
});

describe('what production did', () => {
  test('the log cut behind production’s last entry, so that its use is gone', async () => {
    await scene.as('admin', GET);
    const { seq } = await headOf();
    const cut = new Database(scene.file);
    cut.prepare('DELETE FROM audit WHERE seq >= ?').run(seq);
    const last = cut.prepare('SELECT hash FROM audit WHERE seq = ?').get(seq - 1) as { hash: Buffer };
    cut.close();
    await scene.forge('colleague', async (colleague) => {
      const earlier = colleague.from({ seq: seq - 1, hash: last.hash.toString('hex') });
      await earlier.finish({ staging: await colleague.relist('staging') });
    });
    for (const machine of ['admin', 'new']) expect(await scene.told('admin', GET, { machine })).toMatch(/^8 /);
  });

  test('the log forked below production’s newest entry', async () => {
    const before = scene.copy();
    await scene.as('admin', GET);
    const { realms } = await headOf();
    scene.putBack(before);
    // On his branch stands production's newest part of the head, and an entry of his own in the place of its newest entry.
    await scene.forge('colleague', async (colleague) => {
      const staging = await colleague.relist('staging');
      const first = await colleague.finish({ staging });
      const production = realms[colleague.idOf('production')]!;
      await colleague.from(first).finish({ staging }, { parts: { production } });
    });
    expect(await scene.told('admin', GET, { machine: 'new' })).toBe('8 vault_damaged');
  });
});

test('a clock that he pushes ahead moves nothing of production by more than a day, and no window of it at all', async () => {
  const far = '2027-01-01T00:00:00.000Z';
  await scene.forge('colleague', async (colleague) =>
    colleague.finish({ staging: await colleague.relist('staging') }, { at: far }),
  );
  scene.now = new Date('2026-01-10T13:00:00.000Z');
  const added = await scene.as('admin', ['add', 'later', '-e', 'production'], { stdin: 'later-value-0001' });
  expect(added.exit).toBe(0);
  const shown = JSON.parse((await scene.as('admin', ['show', 'later', '--json'])).stdout.toString()) as {
    createdAt: string;
  };
  expect(shown.createdAt).toBe('2026-01-10T13:00:00.000Z');
  const status = await scene.as('admin', ['status']);
  expect(status.exit).toBe(0);
});

describe('a copy that is none', () => {
  test('the vault itself, said to have been made for staging alone, with what was production’s gone', async () => {
    expect(await scene.told('admin', GET)).toMatch(/^0 /);
    await scene.forge('colleague', async (colleague) => {
      for (const realm of ['production', 'shared']) await colleague.transaction.deleteRealm(colleague.idOf(realm));
      const staging = await colleague.relist('staging');
      await colleague.finish({ staging }, { action: 'backup', detail: { environments: ['staging'] } });
    });
    // Nothing of production must look as if there were none.
    expect(await scene.told('admin', GET)).toBe('8 vault_rolled_back');
    for (const argv of [['list'], ['check'], ['schedule'], ['status']])
      expect([argv, (await scene.as('admin', argv)).exit]).toEqual([argv, 8]);
  });
});
