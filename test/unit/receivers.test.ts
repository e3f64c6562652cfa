/** Who is told: a receiver counts only where it was set with the key of every environment that something happened in. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { receiversFor } from '../../src/notices/receivers.ts';
import { makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

let made: TestVault;
beforeAll(async () => {
  made = await makeVault({ environments: ['development', 'production'] });
  await made.using((vault) =>
    vault.change(async (change) => {
      const rows = [
        ['everywhere', 'development', 'page ops'],
        ['everywhere', 'production', 'page ops'],
        ['colleague', 'development', 'sh evil'],
        ['changed', 'development', 'sh evil'],
        ['changed', 'production', 'page ops'],
      ] as const;
      for (const [receiver, environment, target] of rows) {
        await change.put('notification', {
          id: change.newId(),
          receiver,
          environment,
          kind: 'command',
          target,
          events: '["failed"]',
          created_at: change.at,
          created_by: change.actor,
        });
      }
      change.log({ action: 'notify-add' });
    }),
  );
});
afterAll(() => made.remove());

const told = (...environments: string[]) =>
  made.using((vault) =>
    vault.read(async (view) => (await receiversFor(view, environments)).map(({ id, target }) => `${id}: ${target}`)),
  );

test('one that was set for development alone is not told of production, and runs nothing there', async () => {
  expect((await told('development')).toSorted()).toEqual([
    'changed: sh evil',
    'colleague: sh evil',
    'everywhere: page ops',
  ]);
  expect((await told('production')).toSorted()).toEqual(['changed: page ops', 'everywhere: page ops']);
  expect(await told('development', 'production')).toEqual(['everywhere: page ops']);
  expect(await told()).toEqual([]);
});
