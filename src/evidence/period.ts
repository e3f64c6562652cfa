/** The time that a report is about. A day that is named as its end is part of it. */
import { endOf, momentOf } from '../domain/moment.ts';
import { addSeconds } from '../domain/time.ts';
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
