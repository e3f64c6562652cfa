/** A sample of `npm run test:long`'s forger: see test/helpers/forger.ts. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ForgerScene, forgery, vandalism } from '../helpers/forger.ts';
import type { Deed } from '../helpers/forger.ts';
import { SEED } from '../helpers/seed.ts';

let scene: ForgerScene;
beforeAll(async () => {
  scene = await ForgerScene.make();
}, 120_000);
afterAll(() => scene.remove());

test('an honest vault answers as it did, to whoever has seen it and to whoever has not', async () => {
  expect(await scene.attempt([], false)).toBeNull();
  expect(scene.answers.every((answers) => answers.every((answer) => answer !== 'no'))).toBe(true);
  expect(new Set(scene.answers.map((answers) => answers.join('\n'))).size).toBeGreaterThan(3);
});

test('the whole vault as it was: whoever saw newer is told, and the others have that moment', async () => {
  const all = ['manifest', 'head', 'grants', 'audit', 'record', 'value', 'node'];
  for (const moment of [0, 2, 3])
    expect(
      await scene.attempt(
        all.map((table): Deed => ({ do: 'older table', table, moment })),
        false,
      ),
    ).toBeNull();
});

test.each([
  ['with no key', false, vandalism],
  ['with a key for staging', true, forgery],
] as const)('%s', { timeout: 300_000 }, async (_who, hasKey, deeds) => {
  const property = fc.asyncProperty(fc.array(deeds, { minLength: 1, maxLength: 6 }), async (chosen) => {
    expect(await scene.attempt(chosen, hasKey)).toBeNull();
  });
  await fc.assert(property, { numRuns: 12, seed: SEED });
});
