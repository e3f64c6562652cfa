/** A colleague with a key for staging wants to stay: a value of his that does not open keeps the keys from being made anew. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeAttackScene, SECRET } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
});
afterEach(() => scene.remove());

test('whoever wrote what does not open is removed all the same, and the keys are made anew once it is deleted', async () => {
  await scene.forge('colleague', async (colleague) => {
    const value = (await colleague.all('value', 'staging')).find(({ name }) => name === 'db_password');
    await colleague.put('value', 'staging', value!, new Uint8Array(80));
    await colleague.finish({ staging: await colleague.relist('staging') });
  });
  const refused = await scene.as('admin', ['key', 'remove', 'colleague', '--yes']);
  expect([refused.exit, refused.stderr]).toEqual([
    8,
    `error: the value of db_password for staging is damaged or was moved, so the keys are left as they are
hint: delete it: knox delete db_password -e staging
hint: to keep a key out at once: knox key remove ID --no-rekey
`,
  ]);
  expect(await scene.told('admin', ['key', 'remove', 'colleague', '--no-rekey', '--yes'])).toMatch(/^0 /);
  expect(await scene.told('colleague', ['list'])).toMatch(/^4 /);
  expect(await scene.told('admin', ['delete', 'db_password', '-e', 'staging', '--yes'])).toMatch(/^0 /);
  expect(await scene.told('admin', ['rekey', '--yes'])).toMatch(/^0 /);
  const { exit, stdout } = await scene.as('admin', ['get', 'db_password', '-e', 'production']);
  expect([exit, stdout.toString().trim()]).toEqual([0, SECRET]);
});

test('where no name holds the value, a whole copy is what helps', async () => {
  await scene.forge('colleague', async (colleague) => {
    const [value] = await colleague.all('value', 'staging');
    await colleague.put('value', 'staging', { ...value!, id: 'AAAAAAAAAAAAAAAA', name: 'ghost' }, new Uint8Array(80));
    await colleague.finish({ staging: await colleague.relist('staging') });
  });
  const refused = await scene.as('admin', ['key', 'remove', 'colleague', '--yes']);
  expect([refused.exit, refused.stderr]).toEqual([
    8,
    `error: the value of ghost for staging is damaged or was moved, so the keys are left as they are
hint: put back a copy of the vault that is whole
hint: to keep a key out at once: knox key remove ID --no-rekey
`,
  ]);
  expect(await scene.told('admin', ['key', 'remove', 'colleague', '--no-rekey', '--yes'])).toMatch(/^0 /);
});
