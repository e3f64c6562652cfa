/** The time that a report is about. A day that is named as its end is part of it. */
import { addSeconds } from '../domain/time.ts';
import { errors } from '../errors.ts';
import type { Period } from './types.ts';

const YEAR = 365 * 86_400;

/**
 * @param since ISO time; null for a year before the end
 * @param until ISO time; null for now, and nothing is said of what is to come
 * @throws usage
 */
export function periodOf(since: string | null, until: string | null, now: Date): Period {
  const present = now.toISOString();
  const to = until === null || until > present ? present : until;
  const from = since ?? addSeconds(to, -YEAR);
  if (from <= to) return { from, to };
  throw errors.usage('the period ends before it begins', 'for example --since 2026-01-01 --until 2026-12-31');
}
