/** `kill -9` in the middle of a rekey: some of the moments; test/long has many more, of a large vault. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rekeyTrials } from '../helpers/rekey-trial.ts';
import type { RekeyTrials } from '../helpers/rekey-trial.ts';

let trials: RekeyTrials;
beforeAll(async () => {
  trials = await rekeyTrials(10, 100 * 1024);
});
afterAll(() => trials.remove());

const whole = { isKilled: true, isJournalLeft: expect.any(Boolean), faults: [] };

test('until it is committed, every key and every value is as it was; from then on all are new', async () => {
  const { lastStatement, trial } = trials;
  expect(lastStatement).toBeGreaterThan(30);
  for (const [at, keys] of [
    [Math.floor(lastStatement / 2), 'old'],
    [lastStatement + 2, 'new'],
  ] as const)
    expect({ at, ...(await trial({ at })) }).toEqual({ at, keys, ...whole });
});

test('in the middle of the commit it is all old or all new', async () => {
  const { pages, trial } = trials;
  expect(pages.length).toBeGreaterThan(200);
  for (const page of [pages[0]!, pages.at(-1)!])
    expect({ page, ...(await trial({ page })) }).toEqual({ page, keys: expect.any(String), ...whole });
});
