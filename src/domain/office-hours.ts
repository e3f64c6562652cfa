/**
 * Hours and days that something is kept to, such as `09:00-16:00` and `mon-thu`, in the local time of the machine. Hours that end before they
 * begin go over midnight, and belong to the day on which they begin.
 */
import { errors } from '../errors.ts';
import { DAYS } from './choices.ts';

const MINUTES_A_DAY = 1440;
/** A week and the day before: one of them is open. */
const LOOK_AHEAD_DAYS = 8;

/** What somebody typed, each null where it was left out: any hour, any day. */
export interface OfficeHours {
  readonly between: string | null;
  readonly on: string | null;
}

/** Minutes since midnight. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** @throws usage */
export function parseBetween(text: string): Span {
  const [, h1, m1, h2, m2] = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  const [from, to] = [Number(h1) * 60 + Number(m1), Number(h2) * 60 + Number(m2)];
  const isTime = (minutes: number, part: string | undefined) => Number(part) < 60 && minutes <= MINUTES_A_DAY;
  if (h1 === undefined || !isTime(from, m1) || !isTime(to, m2) || from === to || from === MINUTES_A_DAY)
    throw errors.usage('invalid hours: use HH:MM-HH:MM', 'for example --between 09:00-16:00');
  return { from, to };
}

/** @returns days of the week, 0 for Sunday @throws usage */
export function parseOn(text: string): Set<number> {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [first = '', last = first, ...more] = part.trim().split('-');
    const [from, to] = [dayOf(first), dayOf(last)];
    if (from === null || to === null || more.length > 0)
      throw errors.usage('invalid days: use mon, tue, wed, thu, fri, sat, sun or a range', 'for example --on mon-thu');
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return days;
}

function dayOf(text: string): number | null {
  const index = DAYS.findIndex((day) => day === text.trim().slice(0, 3) && text.trim().length >= 3);
  return index === -1 || !FULL_DAYS[index]!.startsWith(text.trim()) ? null : index;
}

const FULL_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** The first moment from `now` on that lies within the hours: `now` itself where it does. @throws usage */
export function nextOpening({ between, on }: OfficeHours, now: Date): Date {
  const span = between === null ? { from: 0, to: MINUTES_A_DAY } : parseBetween(between);
  const days = on === null ? null : parseOn(on);
  // From yesterday, whose hours may go on after midnight.
  for (let ahead = -1; ahead <= LOOK_AHEAD_DAYS; ahead++) {
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + ahead);
    if (days !== null && !days.has(day.getDay())) continue;
    const begin = at(day, span.from);
    const end = at(day, span.to > span.from ? span.to : span.to + MINUTES_A_DAY);
    if (now < end) return begin > now ? begin : now;
  }
  return now;
}

/** By the clock on the wall, so that 09:00 is 09:00 on the day the clocks are changed too. */
function at(day: Date, minutes: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate(), Math.floor(minutes / 60), minutes % 60);
}

/** `09:00-16:00, mon-thu`: in a sentence. */
export function hoursText({ between, on }: OfficeHours): string {
  return [between, on].filter((part) => part !== null).join(', ');
}
