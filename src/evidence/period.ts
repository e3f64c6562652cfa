/** The time that a report is about. A day that is named as its end is part of it. */
import { parseDuration } from '../domain/duration.ts';
import { addSeconds, parseDate } from '../domain/time.ts';
import { errors } from '../errors.ts';
import type { Period } from './types.ts';

const YEAR = 365 * 86_400;

/**
 * @param since a DATE, or a DURATION back from now; a year before the end where it is left out
 * @param until the same; now where it is left out, and nothing is said of what is to come
 * @throws usage
 */
export function periodOf(since: string | null, until: string | null, now: Date): Period {
  const present = now.toISOString();
  const end = until === null ? present : endOf(until, now);
  const to = end > present ? present : end;
  const from = since === null ? addSeconds(to, -YEAR) : momentOf(since, now);
  if (from <= to) return { from, to };
  throw errors.usage('the period ends before it begins', 'for example --since 2026-01-01 --until 2026-12-31');
}

function momentOf(text: string, now: Date): string {
  if (/^\d+[smhdw]$/.test(text)) return addSeconds(now.toISOString(), -parseDuration(text));
  return parseDate(text, now);
}

/** A day without a time ends with its last millisecond, local time. */
function endOf(text: string, now: Date): string {
  const begin = momentOf(text, now);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return begin;
  const day = new Date(begin);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, 0, 0, 0, -1).toISOString();
}
