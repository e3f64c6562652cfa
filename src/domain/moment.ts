/** Ends of a period as a person gives them: a DATE, or a DURATION back from now. A day that is named as its end is part of it. */
import { parseDuration } from './duration.ts';
import { addSeconds, parseDate } from './time.ts';

/** @returns ISO time @throws usage */
export function momentOf(text: string, { now }: { readonly now: Date }): string {
  if (/^\d+[smhdw]$/.test(text)) return addSeconds(now.toISOString(), -parseDuration(text));
  return parseDate(text, now);
}

/** A day without a time ends with its last millisecond, local time. @returns ISO time @throws usage */
export function endOf(text: string, at: { readonly now: Date }): string {
  const begin = momentOf(text, at);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return begin;
  const day = new Date(begin);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, 0, 0, 0, -1).toISOString();
}
