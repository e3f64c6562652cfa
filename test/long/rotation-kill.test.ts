/** `kill -9` at every single write of a rotation and of a rollback. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killTrials } from '../helpers/kill-trial.ts';
import type { Trials } from '../helpers/kill-trial.ts';

describe.each(['rotate', 'source', 'rollback'] as const)('%s, killed at every write', (verb) => {
  let trials: Trials;
  beforeAll(async () => {
    trials = await killTrials(verb);
  });
  afterAll(() => trials.remove());

  test('the next run goes on and ends as if nothing had been', { timeout: 3_600_000 }, async () => {
    expect(trials.undisturbed).toMatchObject({ exit: 0, audit: 0 });
    for (let at = 1; at <= trials.writes; at++) {
      const { killed, left, stderr } = await trials.trial(at);
      expect({ at, killed, left, stderr: left.exit === 0 ? '' : stderr }).toEqual({
        at,
        killed: true,
        left: trials.undisturbed,
        stderr: '',
      });
    }
  });
});
