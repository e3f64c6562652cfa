import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { localMoments, UTC } from '../../src/domain/moments.ts';

const zone = process.env['TZ'];
const setZone = (name: string | undefined): void => {
  if (name === undefined) delete process.env['TZ'];
  else process.env['TZ'] = name;
};
afterEach(() => setZone(zone));
afterAll(() => setZone(zone));

const NOW = new Date('2026-11-29T10:08:00.000Z');
const at = (name: string, iso: string, now = NOW) => {
  setZone(name);
  return localMoments(now).at(iso);
};

test('data has UTC, wherever it is', () => {
  setZone('Asia/Tokyo');
  const iso = '2026-12-01T10:08:15.123Z';
  expect([UTC.at(iso), UTC.day(iso), UTC.exact(iso)]).toEqual(['2026-12-01 10:08 UTC', '2026-12-01', iso]);
  expect(UTC.opening(iso)).toBe('2026-12-01 19:08 local time');
});

test.each([
  ['UTC', 'Tue 1 Dec 10:08'],
  ['Europe/Berlin', 'Tue 1 Dec 11:08'],
  ['America/Los_Angeles', 'Tue 1 Dec 02:08'],
  ['Asia/Kolkata', 'Tue 1 Dec 15:38'],
  ['Pacific/Auckland', 'Tue 1 Dec 23:08'],
  ['Pacific/Kiritimati', 'Wed 2 Dec 00:08'],
])('a person in %s reads the clock on the wall', (name, text) => {
  expect(at(name, '2026-12-01T10:08:15.123Z')).toBe(text);
});

describe('where the clocks are changed', () => {
  test('the time before and after it is that of the wall', () => {
    const spring = new Date('2026-03-01T00:00:00Z');
    expect(at('Europe/Berlin', '2026-03-29T00:59:00.000Z', spring)).toBe('Sun 29 Mar 01:59');
    expect(at('Europe/Berlin', '2026-03-29T01:00:00.000Z', spring)).toBe('Sun 29 Mar 03:00');
    expect(at('Europe/Berlin', '2026-10-25T00:30:00.000Z')).toBe('Sun 25 Oct 02:30');
    expect(at('Europe/Berlin', '2026-10-25T01:30:00.000Z')).toBe('Sun 25 Oct 02:30');
    expect(at('Europe/Berlin', '2026-10-25T02:30:00.000Z')).toBe('Sun 25 Oct 03:30');
  });
});

test('the day and the second alone, and the year where it is not the next such day', () => {
  setZone('America/New_York');
  const moments = localMoments(NOW);
  expect(moments.day('2026-12-01T02:00:00.000Z')).toBe('Mon 30 Nov');
  expect(moments.exact('2026-12-01T02:00:05.900Z')).toBe('Mon 30 Nov 21:00:05');
  expect(moments.day('2027-11-29T15:00:00.000Z')).toBe('Mon 29 Nov 2027');
  expect(moments.at('2025-11-29T15:00:00.000Z')).toBe('Sat 29 Nov 2025 10:00');
});
