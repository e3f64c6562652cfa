/** Who is told: a receiver counts only where it was set with the key of every environment that something happened in. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, receiversFor } from '../../src/notices/receivers.ts';
import { revealText } from '../../src/domain/plaintext.ts';
import { isKnoxError } from '../../src/errors.ts';
import { vouchFor } from '../../src/vault/gate/vouch.ts';
import { makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

let made: TestVault;
beforeAll(async () => {
  made = await makeVault({
    environments: ['development', 'production'],
    secrets: {
      both: { development: 'https://hooks.example.com/dev', production: 'https://hooks.example.com/prod' },
      alike: { development: 'https://hooks.example.com/one', production: 'https://hooks.example.com/one' },
      dev: { development: 'https://hooks.example.com/dev' },
      prod: { production: 'https://hooks.example.com/prod' },
      common: 'https://hooks.example.com/common',
    },
  });
  await made.using((vault) =>
    vault.change(async (change) => {
      const records = [
        ['everywhere', 'development', 'page ops'],
        ['everywhere', 'production', 'page ops'],
        ['colleague', 'development', 'sh evil'],
        ['changed', 'development', 'sh evil'],
        ['changed', 'production', 'page ops'],
      ] as const;
      for (const [id, environment, target] of records) {
        const content = { id, kind: 'command', target, events: ['failed'] } as const;
        const by = { createdAt: change.at, createdBy: change.actor };
        await change.put('receiver', environment, vouchFor(change, 'receiver', environment, { ...content, ...by }));
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

const HOOK = 'https://hooks.example.com';
const D = 'development';
const P = 'production';
test.each([
  ['common', [D, P], `${HOOK}/common`],
  ['alike', [D, P], `${HOOK}/one`],
  ['both', [D], `${HOOK}/dev`],
  ['both', [P], `${HOOK}/prod`],
  ['both', [D, P], 'invalid_value'],
  ['prod', [D, P], `${HOOK}/prod`],
  // Production may say where others are told, not the other way round.
  ['prod', [D], `${HOOK}/prod`],
  ['dev', [D], `${HOOK}/dev`],
  ['dev', [P], 'value_missing'],
  ['dev', [D, P], 'value_missing'],
  ['nothing', [D, P], 'secret_not_found'],
])('the webhook %s for what happens in %j', async (name, environments, expected) => {
  const found = await made
    .using((vault) => vault.read((view) => addressOf(view, name, environments)))
    .then(revealText, (error: unknown) => (isKnoxError(error) ? error.code : String(error)));
  expect(found).toBe(expected);
});
