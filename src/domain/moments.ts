/**
 * How a moment is written. Whoever reads it at a terminal reads it by the clock on their own wall (`TZ`), with the day of the week; data,
 * documents and whatever goes into a pipe have it in UTC.
 */
import { localMomentText, momentText } from './time.ts';

export interface Moments {
  /** @param iso ISO time @returns `2026-12-01 10:08 UTC`, or `Tue 1 Dec 10:08` */
  readonly at: (iso: string) => string;
  /** @returns `2026-12-01`, or `Tue 1 Dec` */
  readonly day: (iso: string) => string;
  /** To the second, for what is traced. @returns the ISO time itself, or `Tue 1 Dec 10:08:15` */
  readonly exact: (iso: string) => string;
  /** A moment that is kept to the local time of the machine, for hours of the day that somebody chose. */
  readonly opening: (iso: string) => string;
}

export const UTC: Moments = {
  at: momentText,
  day: (iso) => iso.slice(0, 10),
  exact: (iso) => iso,
  opening: (iso) => `${localMomentText(iso)} local time`,
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** So far away a day and a month alone say which year is meant. */
const PLAIN_DAYS = 300;
const DAY_MS = 86_400_000;

/** By the local clock; the year is said where it could be another one than the next or last such day. */
export function localMoments(now: Date): Moments {
  const day = (iso: string): string => {
    const at = new Date(iso);
    const isFar = Math.abs(at.getTime() - now.getTime()) > PLAIN_DAYS * DAY_MS;
    return `${DAYS[at.getDay()]} ${at.getDate()} ${MONTHS[at.getMonth()]}${isFar ? ` ${at.getFullYear()}` : ''}`;
  };
  const at = (iso: string): string => `${day(iso)} ${localMomentText(iso).slice(-5)}`;
  const exact = (iso: string): string => `${at(iso)}:${String(new Date(iso).getSeconds()).padStart(2, '0')}`;
  return { at, day, exact, opening: at };
}
