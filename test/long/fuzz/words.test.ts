/** The words of a command line and of settings: durations, dates, names, hours, lists. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactText, formatDuration, parseDuration, shortDuration, untilText } from '../../../src/domain/duration.ts';
import { parseEnvironmentName, parseNames } from '../../../src/domain/environment-name.ts';
import { Guards } from '../../../src/domain/guards.ts';
import { nextOpening, parseBetween, parseOn } from '../../../src/domain/office-hours.ts';
import { isPrintable, printable, printableLines } from '../../../src/domain/printable.ts';
import {
  parseReference,
  parseSecretName,
  quoted,
  requireReference,
  versionName,
} from '../../../src/domain/secret-name.ts';
import { settingName, SETTINGS } from '../../../src/domain/settings.ts';
import { momentText, parseDate, relativeTime } from '../../../src/domain/time.ts';
import { parseFormatName, formatOf } from '../../../src/templates/template.ts';
import { endOf, momentOf } from '../../../src/domain/moment.ts';
import { periodOf } from '../../../src/evidence/period.ts';
import { overlapText, parseOverlap } from '../../../src/sources/overlap.ts';
import { expectClean, fuzz, HOW, MARKER, outcomeOf } from './fuzz.ts';
import { mutatedText } from './mutations.ts';

const NOW = new Date('2026-01-10T12:00:00.000Z');
/** Also a value that was pasted in the wrong place: it is not repeated. */
const words = (...valid: string[]): fc.Arbitrary<string> => mutatedText(fc.constantFrom(...valid, MARKER));
/** Where what was typed is told again. */
const told = (...valid: string[]): fc.Arbitrary<string> => mutatedText(fc.constantFrom(...valid));
const duration = words('90s', '15m', '48h', '30d', '2w', '36525d', '999999999999w', 'never', 'none', 'unlimited', '0d');
const date = words(
  '2027-01-31',
  '2027-01-31T10:00',
  '2027-01-31T10:00:00Z',
  '2024-02-30T10:00:00Z',
  '2027-01-31T10:00:59.123+02:00',
  '9999-12-31T23:59:59-14:00',
  '1970-01-01',
);

describe(`words, ${HOW}`, () => {
  test('a duration is what it was written as', async () => {
    let good = 0;
    const ran = await fuzz(40_000, duration, async (text) => {
      const found = await outcomeOf(['usage'], () => parseDuration(text));
      if (!('value' in found)) return;
      good += 1;
      expect(parseDuration(shortDuration(found.value))).toBe(found.value);
      for (const said of [formatDuration(found.value), untilText(found.value), exactText(found.value)])
        expectClean(said);
    });
    expect(good).toBeGreaterThan(ran / 50);
    await fuzz(10_000, duration, async (text) => {
      const found = await outcomeOf(['usage'], () => parseOverlap(text));
      if ('value' in found) expect(parseOverlap(overlapText(found.value))).toBe(found.value);
    });
  });

  test('a date is a moment of four digits, and the same again', async () => {
    let good = 0;
    const ran = await fuzz(40_000, date, async (text) => {
      const found = await outcomeOf(['usage'], () => parseDate(text, NOW));
      if (!('value' in found)) return;
      good += 1;
      expect(found.value).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(parseDate(found.value, NOW)).toBe(found.value);
      // A day that does not exist is refused, not moved.
      if (text.endsWith('Z')) expect(found.value.slice(0, 10)).toBe(text.slice(0, 10));
      expectClean(momentText(found.value) + relativeTime(found.value, NOW));
    });
    expect(good).toBeGreaterThan(ran / 50);
    const moment = fc.option(fc.oneof(date, duration));
    await fuzz(20_000, fc.tuple(moment, moment), async ([since, until]) => {
      const found = await outcomeOf(['usage'], () =>
        periodOf(
          since === null ? null : momentOf(since, { now: NOW }),
          until === null ? null : endOf(until, { now: NOW }),
          NOW,
        ),
      );
      if ('value' in found) expect(found.value.from <= found.value.to).toBe(true);
    });
  });

  test('names are names of their parts', async () => {
    const name = words(
      'stripe_api_key',
      'API_KEY_V2',
      'a_v10',
      'a.b-c',
      'x_v999999999',
      'key@current',
      'key@previous',
      `a${'b'.repeat(119)}`,
    );
    let good = 0;
    const ran = await fuzz(40_000, name, async (text) => {
      const parsed = parseSecretName(text);
      if (parsed !== null) {
        good += 1;
        expect(versionName(parsed.base, parsed.version)).toBe(text);
        expect(text).toMatch(/^[\w.-]+$/);
      }
      expect(parseReference(text) === null).toBe(
        'code' in (await outcomeOf(['invalid_name'], () => requireReference(text))),
      );
      expect(isPrintable(quoted(text))).toBe(true);
      if (text.length > 5000) expect(quoted(text).length).toBeLessThan(1000);
    });
    expect(good).toBeGreaterThan(ran / 50);
    const environment = words('development', 'eu-production', 'shared', 'x', '0', `e${'n'.repeat(62)}`);
    await fuzz(20_000, environment, async (text) => {
      const found = await outcomeOf(['invalid_name'], () => parseEnvironmentName(text));
      if ('value' in found) expect(text).toMatch(/^[A-Za-z0-9][\w-]{0,62}$/);
    });
    await fuzz(20_000, words('development,staging', 'a, b ,c', 'a'), async (text) => {
      const found = await outcomeOf(['usage'], () => parseNames(text));
      if ('value' in found) expect(found.value.every((one) => one !== '' && one === one.trim())).toBe(true);
    });
  });

  test('hours and days open some time', async () => {
    const between = fc.option(words('09:00-16:00', '00:00-24:00', '22:00-06:00', '9:00-17:00'));
    const on = fc.option(words('mon-thu', 'mon,wed,fri', 'sat-mon', 'sun'));
    let good = 0;
    const ran = await fuzz(20_000, fc.tuple(between, on), async ([hours, days]) => {
      const found = await outcomeOf(['usage'], () => nextOpening({ between: hours, on: days }, NOW));
      if (!('value' in found)) return;
      good += 1;
      expect(found.value.getTime()).toBeGreaterThanOrEqual(NOW.getTime());
      expect(found.value.getTime() - NOW.getTime()).toBeLessThan(9 * 86_400_000);
    });
    expect(good).toBeGreaterThan(ran / 50);
    await fuzz(5000, words('09:00-16:00'), (text) => outcomeOf(['usage'], () => parseBetween(text)));
    await fuzz(5000, words('mon-thu'), (text) => outcomeOf(['usage'], () => parseOn(text)));
  });

  test('what stands in a list is in it or is refused', async () => {
    await fuzz(5000, told(...Object.keys(SETTINGS), '__proto__', 'toString'), (text) =>
      outcomeOf(['usage'], () => settingName(text)),
    );
    await fuzz(5000, told('json', 'docker-env', '__proto__'), (text) =>
      outcomeOf(['usage'], () => parseFormatName(text)),
    );
    await fuzz(5000, words('a/b.json', '.env.local', 'x.constructor', 'x.__proto__'), (text) =>
      expect(typeof formatOf(text)).toBe('string'),
    );
    await fuzz(
      10_000,
      fc.tuple(words('too_early', 'too_early,untested'), fc.option(words('because'))),
      ([force, reason]) => outcomeOf(['usage'], () => Guards.parse(force, reason ?? undefined)),
    );
    const setting = words('09:00-16:00', 'mon-thu', 'docs/rotations', '../x', 'a/b/');
    for (const { check } of Object.values(SETTINGS))
      await fuzz(5000, setting, (text) => outcomeOf(['usage'], () => check(text)));
  });

  test('printable text is printable, and stays what it is', async () => {
    await fuzz(40_000, words('größe 😀\ufe0f', 'plain'), (text) => {
      const shown = printable(text);
      expect(isPrintable(shown)).toBe(true);
      expect(printable(shown)).toBe(shown);
      expect(isPrintable(printableLines(text).replaceAll(/[\n\t]/g, ''))).toBe(true);
    });
  });
});
