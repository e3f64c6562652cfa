/** `kill -9` in the middle of a rotation: some of the moments; test/long has all of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killTrials } from '../helpers/kill-trial.ts';
import type { Trials } from '../helpers/kill-trial.ts';

/** One in so many writes. Coprime to the writes of one step, so that every kind of moment is among them. */
const EVERY = 101;
/** Of the provider: one key made for each environment, and every old one revoked. */
const PROVIDED = {
  'provider/development.1': 'active\n',
  'provider/staging.1': 'active\n',
  'provider/production.1': 'active\n',
  'provider/old.development': 'revoked\n',
  'provider/old.staging': 'revoked\n',
  'provider/old.production': 'revoked\n',
};

describe.each(['rotate', 'source', 'rollback'] as const)('%s, killed in the middle', (verb) => {
  let trials: Trials;
  beforeAll(async () => {
    trials = await killTrials(verb);
  });
  afterAll(() => trials.remove());

  test('an undisturbed run ends well', () => {
    expect(trials.undisturbed).toMatchObject({
      exit: 0,
      audit: 0,
      state: verb === 'rollback' ? 'rolled-back' : 'done',
    });
    const provider = Object.entries(trials.undisturbed.files).filter(([path]) => path.startsWith('provider/'));
    expect(Object.fromEntries(provider)).toEqual(verb === 'source' ? PROVIDED : {});
    expect(trials.writes).toBeGreaterThan(EVERY);
  });

  test('the next run goes on and ends as if nothing had been', async () => {
    for (let at = EVERY; at <= trials.writes; at += EVERY) {
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
