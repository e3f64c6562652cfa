/** A restore that is killed leaves the old vault or the new one, whole, and the next sweeps away what it left. At every write: test/long. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoreTrials } from '../helpers/restore-trial.ts';
import type { RestoreTrials } from '../helpers/restore-trial.ts';

let trials: RestoreTrials;
beforeAll(async () => {
  trials = await restoreTrials();
});
afterAll(() => trials.remove());

test('killed while the copy is made, before and after it takes its name', async () => {
  const { writes } = trials;
  expect(writes).toBeGreaterThan(8);
  const seen: string[] = [];
  for (const at of [2, Math.ceil(writes / 2), writes - 3]) {
    const { killed, found, after, left } = await trials.trial(at);
    expect([at, killed, found.exit, after, left]).toEqual([at, true, 0, { exit: 0, is: 'new' }, []]);
    seen.push(found.is);
  }
  expect(seen[0]).toBe('old');
});
