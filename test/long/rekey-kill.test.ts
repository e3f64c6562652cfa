/** `kill -9` at many moments of a rekey of 2,000 values of 100 KiB: at its writes, at the pages of its commit, and at any time. Minutes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rekeyTrials } from '../helpers/rekey-trial.ts';
import type { Moment, Outcome, RekeyTrials } from '../helpers/rekey-trial.ts';

const TIMEOUT = 3_600_000;
/** Moments of each kind. */
const MANY = 12;

let trials: RekeyTrials;
beforeAll(async () => {
  trials = await rekeyTrials(2000, 100 * 1024);
}, TIMEOUT);
afterAll(() => trials.remove());

/** So many of a list, from its first to its last. */
function spread<T>(list: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_one, index) => list[Math.round((index * (list.length - 1)) / (count - 1))]!);
}

async function outcomesOf(moments: readonly Moment[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const moment of moments) {
    const outcome = await trials.trial(moment);
    expect({ moment, faults: outcome.faults }).toEqual({ moment, faults: [] });
    outcomes.push(outcome);
  }
  return outcomes;
}

test('at every so many of its writes, all are as they were', { timeout: TIMEOUT }, async () => {
  const { lastStatement } = trials;
  // One a value, and those of the lists.
  expect(lastStatement).toBeGreaterThan(2000);
  const writes = Array.from({ length: lastStatement + 1 }, (_write, index) => index + 1);
  const outcomes = await outcomesOf(spread(writes, MANY).map((at) => ({ at })));
  expect(outcomes.map(({ isKilled, keys }) => `${isKilled} ${keys}`)).toEqual(outcomes.map(() => 'true old'));
});

test('at every write after the commit, all are new', { timeout: TIMEOUT }, async () => {
  const { lastStatement, writes } = trials;
  const after = Array.from({ length: writes - lastStatement - 1 }, (_write, index) => lastStatement + 2 + index);
  const outcomes = await outcomesOf(after.map((at) => ({ at })));
  expect(outcomes.map(({ isKilled, keys }) => `${isKilled} ${keys}`)).toEqual(outcomes.map(() => 'true new'));
});

test('in the middle of the commit, all are as they were or all are new', { timeout: TIMEOUT }, async () => {
  const { pages } = trials;
  expect(pages.length).toBeGreaterThan(50_000);
  const outcomes = await outcomesOf(spread(pages, MANY).map((page) => ({ page })));
  expect(outcomes.map(({ isKilled }) => isKilled)).toEqual(outcomes.map(() => true));
  // Else it was not the middle of anything: half of the pages are new, and the journal makes them old again.
  expect(outcomes.filter(({ isJournalLeft, keys }) => isJournalLeft && keys === 'old').length).toBeGreaterThan(0);
});

test('at any time', { timeout: TIMEOUT }, async () => {
  const outcomes = await outcomesOf(Array.from({ length: MANY }, () => ({ part: 0.05 + Math.random() })));
  expect(outcomes.some(({ isKilled }) => isKilled)).toBe(true);
});
