/** The forger of test/helpers/forger.ts, many times. `KNOX_FORGER_RUNS` says how often; a minute is some hundred. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ForgerScene, forgery, vandalism } from '../helpers/forger.ts';
import { SEED } from '../helpers/seed.ts';

const RUNS = Number(process.env['KNOX_FORGER_RUNS'] ?? 400);

let scene: ForgerScene;
beforeAll(async () => {
  scene = await ForgerScene.make();
}, 300_000);
afterAll(() => scene.remove());

test.each([
  ['with no key', false, vandalism],
  ['with a key for staging', true, forgery],
] as const)(`%s, KNOX_TEST_SEED=${SEED}`, { timeout: 7_200_000 }, async (_who, hasKey, deeds) => {
  const property = fc.asyncProperty(fc.array(deeds, { minLength: 1, maxLength: 8 }), async (chosen) => {
    expect(await scene.attempt(chosen, hasKey)).toBeNull();
  });
  await fc.assert(property, { numRuns: RUNS, seed: SEED });
});
