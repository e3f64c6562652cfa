/** A restore killed at each of its writes: the old vault or the new one, whole, and nothing that the next would not sweep away. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoreTrials } from '../helpers/restore-trial.ts';
import type { RestoreTrials } from '../helpers/restore-trial.ts';

let trials: RestoreTrials;
beforeAll(async () => {
  trials = await restoreTrials();
});
afterAll(() => trials.remove());

test('killed at every write', async () => {
  const seen: string[] = [];
  for (let at = 1; at <= trials.writes; at += 1) {
    const { killed, found, after, left } = await trials.trial(at);
    expect([at, killed, found.exit, after, left]).toEqual([at, true, 0, { exit: 0, is: 'new' }, []]);
    seen.push(found.is);
  }
  // Old up to one write, new from there on.
  expect(seen.join(' ')).toMatch(/^(?:old )+(?:new ?)+$/);
});
