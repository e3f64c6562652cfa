/** What receivers are told of: an event, one line for a person, and what it is about. Never a value. */
import type { EVENTS } from '../domain/choices.ts';

export type NoticeEvent = (typeof EVENTS)[number];

export interface Notice {
  /** `test` goes to the one that is tried. */
  readonly event: NoticeEvent | 'test';
  /** Chat services show it as it is. */
  readonly text: string;
  readonly rotation?: object;
  readonly findings?: readonly object[];
}
