/** A colleague with a key for staging wants a machine to remember of production what never was, and to refuse the true vault from then on. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeAttackScene, SECRET } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
});
afterEach(() => scene.remove());

test('a newest entry of production that its key did not seal is not remembered', async () => {
  expect(await scene.told('admin', ['get', 'db_password', '-e', 'production'])).toContain(SECRET);
  let truth = {};
  await scene.forge('colleague', async (colleague) => {
    const production = colleague.head.realms[colleague.idOf('production')]!;
    truth = production;
    const { root } = colleague.head.realms[colleague.idOf('staging')]!;
    await colleague.finish({ staging: root }, { parts: { production: { seq: colleague.seq } } });
  });
  // What is written there is staging's; production stops.
  expect((await scene.as('admin', ['get', 'db_password', '-e', 'staging'])).exit).toBe(0);
  expect((await scene.as('admin', ['get', 'db_password', '-e', 'production'])).exit).toBe(8);
  await scene.forge('colleague', async (colleague) => {
    const { root } = colleague.head.realms[colleague.idOf('staging')]!;
    await colleague.finish({ staging: root }, { parts: { production: truth } });
  });
  for (const machine of ['admin', 'new'])
    expect(await scene.told('admin', ['get', 'db_password', '-e', 'production'], { machine })).toContain(SECRET);
});
