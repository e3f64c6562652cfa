/** Dates as an iCalendar file (RFC 5545): whole days, each under a name that stays, so that a calendar updates an event instead of adding one. */
import ical from 'ical-generator';

export interface CalendarDay {
  /** The same for the same thing, whenever it is written. */
  readonly uid: string;
  /** ISO time: its day in UTC counts. */
  readonly at: string;
  readonly title: string;
  readonly text: string;
}

/** @param revision greater whenever something may have changed @param now when it is written */
export function calendar(name: string, days: readonly CalendarDay[], revision: number, now: Date): string {
  const made = ical({ name, prodId: { company: 'knox', product: 'schedule', language: 'EN' } });
  for (const { uid, at, title, text } of days) {
    made.createEvent({
      id: uid,
      allDay: true,
      start: new Date(at),
      timezone: 'UTC',
      stamp: now,
      sequence: revision,
      summary: title,
      description: text,
    });
  }
  // Every line ends with CRLF, the last one too: strict readers drop one that does not.
  return `${made.toString()}\r\n`;
}
