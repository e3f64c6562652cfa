import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration, shortDuration, untilText } from '../../src/domain/duration.ts';

describe('parseDuration', () => {
  test.each([
    ['90s', 90],
    ['15m', 900],
    ['48h', 172_800],
    ['30d', 2_592_000],
    ['2w', 1_209_600],
    ['0s', 0],
    ['36525d', 36_525 * 86_400],
  ])('%s', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

  test.each([
    '',
    '48',
    'h',
    '1.5h',
    '-1h',
    '+1h',
    ' 1h',
    '1h ',
    '1 h',
    '1H',
    '1y',
    '1h30m',
    '1h\n',
    '٣h',
    '1e3s',
    '0x1h',
  ])('refuses %j with an example', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ hints: [expect.stringContaining('for example')] }),
    );
  });

  test.each(['36526d', '5218w', '999999999999w'])('refuses more than 100 years: %s', (text) => {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('100 years') }),
    );
  });
});

test.each([
  [0, '0 seconds', '0s'],
  [1, '1 second', '1s'],
  [90, '90 seconds', '90s'],
  [120, '2 minutes', '2m'],
  [3600, '1 hour', '1h'],
  [86_400, '24 hours', '24h'],
  [172_800, '48 hours', '48h'],
  [259_200, '3 days', '3d'],
  [30 * 86_400, '30 days', '30d'],
  [14 * 86_400, '14 days', '14d'],
  [86_400 * 5 + 60, '7201 minutes', '7201m'],
])('%d seconds are %s, %s', (seconds, long, short) => {
  expect(formatDuration(seconds)).toBe(long);
  expect(shortDuration(seconds)).toBe(short);
  expect(parseDuration(shortDuration(seconds))).toBe(seconds);
});

test.each([
  [0, 'now'],
  [0.4, 'now'],
  [42, 'in 42 seconds'],
  [97_200, 'in 1 day 3 hours'],
  [86_400 + 29 * 60, 'in 1 day'],
  [86_400 + 31 * 60, 'in 1 day 1 hour'],
  [48 * 3600 - 0.2, 'in 2 days'],
  [48 * 3600 + 0.2, 'in 2 days'],
  [90 * 86_400 - 5, 'in 90 days'],
  [7 * 86_400 - 600, 'in 7 days'],
  [86_400 - 1, 'in 1 day'],
  [59.7, 'in 1 minute'],
  [-7200, '2 hours ago'],
  [-7260, '2 hours 1 minute ago'],
  [3599, 'in 1 hour'],
  [-3599, '59 minutes ago'],
  [-(48 * 3600 - 1), '1 day 23 hours ago'],
  [-60, '1 minute ago'],
  [30 * 86_400 + 7200, 'in 30 days'],
])('untilText(%d)', (seconds, text) => expect(untilText(seconds)).toBe(text));
