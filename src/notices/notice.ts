/** What receivers are told of: an event, one line for a person, and what it is about. Never a value. */

/** What a receiver can ask for. `test` goes to the one that is tried. */
export const EVENTS = ['check', 'needs-person', 'window-over', 'failed', 'rolled-back', 'done', 'incident'] as const;
export type NoticeEvent = (typeof EVENTS)[number];

export interface Notice {
  readonly event: NoticeEvent | 'test';
  /** Chat services show it as it is. */
  readonly text: string;
  readonly rotation?: object;
  readonly findings?: readonly object[];
}
