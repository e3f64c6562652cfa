/**
 * A time is ISO 8601 in UTC with milliseconds, `2026-11-25T04:42:44.123Z`, so that times sort as text. What a person
 * types without a zone is local time. The calendar is strict: 30 February is refused, not moved.
 */
import { errors } from '../errors.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const DATE_TEXT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$/;

/**
 * The UTC time of a DATE (`2027-01-31`, its local midnight), of a local time (`2027-01-31T10:00`) or of a time with a
 * zone (`2027-01-31T10:00:00Z`, `…+02:00`).
 * @param now makes the example in the error one that is still to come.
 * @throws `usage` for anything else, and for a day, hour or zone that does not exist.
 */
export function parseDate(text: string, now: Date): string {
  const match = DATE_TEXT.exec(text);
  if (match === null) throw notADate(now);
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > daysInMonth(y, mo) || h > 23 || mi > 59 || s > 59) {
    throw notADate(now);
  }
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  if (zone === undefined) return new Date(y, mo - 1, d, h, mi, s, ms).toISOString();
  const offset = zoneSeconds(zone);
  if (offset === null) throw notADate(now);
  const time = new Date(Date.UTC(y, mo - 1, d, h, mi, s, ms) - offset * 1000);
  // An offset may carry the last day of 9999 over into a year that no longer has four digits.
  if (time.getTime() < 0 || time.getUTCFullYear() > 9999) throw notADate(now);
  return time.toISOString();
}

/** The time that is `seconds` after (or, negative, before) `iso`. */
export function addSeconds(iso: string, seconds: number): string {
  return new Date(Date.parse(iso) + seconds * 1000).toISOString();
}

/** Seconds from `from` to `to`; negative where `to` is the earlier one. */
export function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

/** `2026-01-10 12:00 UTC`: a moment in a sentence. */
export function momentText(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** `2026-01-10 13:00`: the same moment on this machine's clock. */
export function localMomentText(iso: string): string {
  const at = new Date(iso);
  const [month, day, hour, minute] = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${at.getFullYear()}-${month}-${day} ${hour}:${minute}`;
}

/**
 * `2 days ago`, `in 3 hours`, `just now`: one unit. What is past is rounded towards zero, what is to come to the nearest: 90 days from a
 * second ago are in 90 days.
 */
export function relativeTime(iso: string, now: Date): string {
  const seconds = (Date.parse(iso) - now.getTime()) / 1000;
  const distance = Math.floor(Math.abs(seconds));
  if (distance < 5) return 'just now';
  return seconds > 0 ? `in ${oneUnit(seconds, Math.round)}` : `${oneUnit(distance, Math.floor)} ago`;
}

function oneUnit(seconds: number, round: (number: number) => number): string {
  if (round(seconds) < MINUTE) return count(round(seconds), 'second');
  if (round(seconds / MINUTE) < 60) return count(round(seconds / MINUTE), 'minute');
  if (round(seconds / HOUR) < 24) return count(round(seconds / HOUR), 'hour');
  // Schedules are talked about in days (90, 365), so months would hide what matters; years begin where days stop telling.
  if (round(seconds / DAY) < 730) return count(round(seconds / DAY), 'day');
  return count(round(seconds / (365.25 * DAY)), 'year');
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function zoneSeconds(zone: string): number | null {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 14 || minutes > 59) return null;
  return (zone[0] === '-' ? -1 : 1) * (hours * HOUR + minutes * MINUTE);
}

function notADate(now: Date): Error {
  const year = now.getFullYear() + 1;
  return errors.usage(
    'invalid date: use YYYY-MM-DD, with or without a time (YYYY-MM-DDTHH:MM)',
    `for example ${year}-01-31, ${year}-01-31T10:00 (local) or ${year}-01-31T10:00:00Z`,
  );
}

/** The last of these times (ISO); null where one is open, or there is none. */
export function latestOf(times: readonly (string | null)[]): string | null {
  const known = times.flatMap((time) => time ?? []);
  return known.length < times.length ? null : (known.toSorted().at(-1) ?? null);
}
