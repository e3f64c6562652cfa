/**
 * A DURATION is a whole number and one unit: `90s 15m 48h 30d 2w`. Inside knox a duration is a
 * number of seconds. What a person reads never loses precision: `formatDuration` and `shortDuration` choose the largest
 * unit that divides; only `untilText` rounds: what is past towards zero, what is to come to the nearest of its smaller unit.
 */
import { errors } from '../errors.ts';

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const WEEK = 604_800;

const UNITS: Record<string, number> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: WEEK };

/** 100 years of 365.25 days: a date further away is a slip of the keyboard, and would leave the range of years. */
const LONGEST = 36_525 * DAY;

/**
 * Seconds of a DURATION.
 * @throws `usage` for anything but a whole number and a unit, and for more than 100 years.
 */
export function parseDuration(text: string): number {
  const match = /^([0-9]{1,12})([smhdw])$/.exec(text);
  if (match === null) {
    throw errors.usage(
      'invalid duration: use a whole number and a unit (s, m, h, d or w)',
      'for example 15m, 48h, 30d or 2w',
    );
  }
  const seconds = Number(match[1]) * UNITS[match[2]!]!;
  if (seconds > LONGEST) {
    throw errors.usage('duration too long (at most 100 years)', 'for example 90d');
  }
  return seconds;
}

/** `48 hours`, `30 days`, `90 seconds`: hours up to and without 3 days, as windows are talked about, then days. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [size, word] = pick(whole);
  return count(whole / size, word);
}

/** The DURATION that parses to the same seconds: `48h`, `30d`, `90s`. */
export function shortDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [size, word] = pick(whole);
  return `${whole / size}${word[0]}`;
}

/**
 * How far away a moment is: `in 1 day 3 hours`, `2 hours ago`, `now`. Two units at most, one from a week on.
 * @param seconds positive for the future, negative for the past.
 */
export function untilText(seconds: number): string {
  const distance = Math.floor(Math.abs(seconds));
  if (distance === 0) return 'now';
  return seconds > 0 ? `in ${twoUnits(nearest(seconds))}` : `${twoUnits(distance)} ago`;
}

/** To a whole number of the smaller unit that is shown: 48 hours from a second ago are in 2 days. */
function nearest(seconds: number): number {
  const unit = seconds >= WEEK ? DAY : seconds >= DAY ? HOUR : seconds >= MINUTE ? MINUTE : SECOND;
  return Math.round(seconds / unit) * unit;
}

/** Every unit that is not zero, none left out: `2 hours 13 minutes 5 seconds`. */
export function exactText(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [size, word] of [
    [DAY, 'day'],
    [HOUR, 'hour'],
    [MINUTE, 'minute'],
    [SECOND, 'second'],
  ] as const) {
    const number = Math.floor(rest / size);
    if (number > 0) parts.push(count(number, word));
    rest -= number * size;
  }
  return parts.length === 0 ? '0 seconds' : parts.join(' ');
}

function pick(seconds: number): [size: number, word: string] {
  if (seconds === 0) return [SECOND, 'second'];
  if (seconds % DAY === 0 && seconds >= 3 * DAY) return [DAY, 'day'];
  if (seconds % HOUR === 0) return [HOUR, 'hour'];
  if (seconds % MINUTE === 0) return [MINUTE, 'minute'];
  return [SECOND, 'second'];
}

function twoUnits(seconds: number): string {
  if (seconds >= WEEK) return count(Math.floor(seconds / DAY), 'day');
  if (seconds >= DAY) return pair(seconds, DAY, 'day', HOUR, 'hour');
  if (seconds >= HOUR) return pair(seconds, HOUR, 'hour', MINUTE, 'minute');
  if (seconds >= MINUTE) return count(Math.floor(seconds / MINUTE), 'minute');
  return count(seconds, 'second');
}

function pair(seconds: number, large: number, largeWord: string, small: number, smallWord: string): string {
  const rest = Math.floor((seconds % large) / small);
  const first = count(Math.floor(seconds / large), largeWord);
  return rest === 0 ? first : `${first} ${count(rest, smallWord)}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
