/** Hours and days that something is kept to, in local time. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextOpening, parseBetween, parseOn } from '../../src/domain/office-hours.ts';

const zone = process.env['TZ'];
beforeEach(() => {
  process.env['TZ'] = 'Europe/Berlin';
});
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

/** 2026-01-10 is a Saturday; Berlin is an hour ahead of UTC then. */
test.each([
  ['09:00-16:00', null, '2026-01-10T08:00:00.000Z', '2026-01-10T08:00:00.000Z'],
  ['09:00-16:00', null, '2026-01-10T07:59:59.000Z', '2026-01-10T08:00:00.000Z'],
  ['09:00-16:00', null, '2026-01-10T15:00:00.000Z', '2026-01-11T08:00:00.000Z'],
  ['09:00-16:00', 'mon-thu', '2026-01-10T10:00:00.000Z', '2026-01-12T08:00:00.000Z'],
  [null, 'mon-thu', '2026-01-09T10:00:00.000Z', '2026-01-11T23:00:00.000Z'],
  [null, 'sat', '2026-01-10T10:00:00.000Z', '2026-01-10T10:00:00.000Z'],
  [null, 'fri', '2026-01-10T10:00:00.000Z', '2026-01-15T23:00:00.000Z'],
  // Over midnight, the hours belong to the day on which they begin.
  ['22:00-04:00', 'fri', '2026-01-10T02:00:00.000Z', '2026-01-10T02:00:00.000Z'],
  ['22:00-04:00', 'sat', '2026-01-10T02:00:00.000Z', '2026-01-10T21:00:00.000Z'],
  ['22:00-04:00', 'sat-mon', '2026-01-10T03:30:00.000Z', '2026-01-10T21:00:00.000Z'],
  // Nine on the wall on the day the clocks go forward, 29 March, and back, 25 October.
  ['09:00-16:00', null, '2026-03-28T20:00:00.000Z', '2026-03-29T07:00:00.000Z'],
  ['09:00-16:00', null, '2026-10-24T20:00:00.000Z', '2026-10-25T08:00:00.000Z'],
  ['00:00-24:00', 'mon-sun', '2026-01-10T10:00:00.000Z', '2026-01-10T10:00:00.000Z'],
  [null, null, '2026-01-10T10:00:00.000Z', '2026-01-10T10:00:00.000Z'],
])('within %s on %s, seen from %s, is %s', (between, on, now, opening) => {
  expect(nextOpening({ between, on }, new Date(now)).toISOString()).toBe(opening);
});

describe('what is typed', () => {
  test('days are names, ranges and lists', () => {
    expect([...parseOn('mon-thu')]).toEqual([1, 2, 3, 4]);
    expect([...parseOn('fri-mon')]).toEqual([5, 6, 0, 1]);
    expect([...parseOn('Tuesday, sat')]).toEqual([2, 6]);
  });
  test.each(['', 'mo', 'monn', 'mon-', 'mon-tue-wed', 'weekdays'])('no days: %j', (text) => {
    expect(() => parseOn(text)).toThrow('invalid days');
  });
  test.each(['', '9', '09:00', '09:00-09:00', '25:00-26:00', '09:60-10:00', '24:00-01:00', '09:00-16:00-17:00'])(
    'no hours: %j',
    (text) => {
      expect(() => parseBetween(text)).toThrow('invalid hours');
    },
  );
});
