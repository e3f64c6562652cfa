import { describe, expect, test } from 'vitest';
import { addSeconds, parseDate, relativeTime, secondsBetween } from '../../src/domain/time.ts';

const NOW = new Date('2026-11-25T04:42:44.123Z');

describe('parseDate', () => {
  test.each([
    ['2026-11-25T04:42:44.123Z', '2026-11-25T04:42:44.123Z'],
    ['2026-11-25T04:42:44Z', '2026-11-25T04:42:44.000Z'],
    ['2026-11-25T04:42Z', '2026-11-25T04:42:00.000Z'],
    ['2026-11-25T04:42:44.1Z', '2026-11-25T04:42:44.100Z'],
    ['2026-11-25T04:42:44.123999999Z', '2026-11-25T04:42:44.123Z'],
    ['2027-01-01T01:00:00+02:00', '2026-12-31T23:00:00.000Z'],
    ['2026-12-31T23:30:00-0130', '2027-01-01T01:00:00.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('%s', (text, iso) => expect(parseDate(text, NOW)).toBe(iso));

  test.each([
    ['2027-01-31', new Date(2027, 0, 31)],
    ['2027-07-31T10:00', new Date(2027, 6, 31, 10)],
    ['2027-07-31 10:00', new Date(2027, 6, 31, 10)],
    ['2027-07-31T10:00:05.5', new Date(2027, 6, 31, 10, 0, 5, 500)],
  ])('%s is local', (text, date) => expect(parseDate(text, NOW)).toBe(date.toISOString()));

  test.each([
    '',
    'tomorrow',
    '2026-02-30',
    '2026-02-29',
    '2026-04-31T10:00:00Z',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-1-1',
    '26-01-01',
    '1969-12-31',
    '1970-01-01T00:00:00+01:00',
    '2026-01-01T24:00',
    '2026-01-01T10:60',
    '2026-01-01T10:00:60Z',
    '2026-01-01T10',
    '2026-01-01Z',
    '2026-01-01T10:00+15:00',
    '2026-01-01T10:00+01:60',
    '9999-12-31T23:59:59-01:00',
    '2026-01-01\n',
    ' 2026-01-01',
    '+002026-01-01',
  ])('refuses %j', (text) => {
    expect(() => parseDate(text, NOW)).toThrow(
      expect.objectContaining({ code: 'usage', hints: [expect.stringContaining('2027-01-31')] }),
    );
  });
});

test.each([
  ['2026-11-23T04:42:44.123Z', '2 days ago'],
  ['2026-11-25T07:42:44.123Z', 'in 3 hours'],
  ['2026-11-25T04:42:44.000Z', 'just now'],
  ['2026-11-25T04:42:34.123Z', '10 seconds ago'],
  ['2026-11-25T04:41:44.123Z', '1 minute ago'],
  ['2027-02-23T04:42:44.123Z', 'in 90 days'],
  ['2027-02-23T04:42:42.000Z', 'in 90 days'],
  ['2026-11-27T04:42:40.000Z', 'in 2 days'],
  ['2026-11-26T04:42:40.000Z', 'in 1 day'],
  ['2026-11-23T04:42:45.000Z', '1 day ago'],
  ['2023-11-25T04:42:44.123Z', '3 years ago'],
])('relativeTime(%s)', (iso, text) => expect(relativeTime(iso, NOW)).toBe(text));

test('addSeconds and secondsBetween go over the end of a year and back', () => {
  const start = '2026-12-31T23:59:59.500Z';
  expect(addSeconds(start, 1)).toBe('2027-01-01T00:00:00.500Z');
  expect(addSeconds(start, -86_400)).toBe('2026-12-30T23:59:59.500Z');
  expect(secondsBetween(start, addSeconds(start, 90))).toBe(90);
  expect(secondsBetween(addSeconds(start, 90), start)).toBe(-90);
});
