/** What receivers get: an event, one line for a person, and what it is about. Never a value. */
import type { EVENTS } from '../domain/choices.ts';
import { printable } from '../domain/printable.ts';

export type NoticeEvent = (typeof EVENTS)[number];

export interface Notice {
  /** `test` goes to the one that is tried. */
  readonly event: NoticeEvent | 'test';
  /** Chat services show it as it is. */
  readonly text: string;
  readonly rotation?: object;
  readonly findings?: readonly object[];
}

/**
 * The line as it is sent: names and reasons in it are anybody's text, and to a chat service `<!channel>` and `@here` call everybody, `<URL|text>`
 * is a link that shows another address. A blank makes each of them text again.
 */
export function calm(text: string): string {
  return printable(text)
    .replaceAll(/<(?=[!@#\w])/g, '< ')
    .replaceAll(/@(?=(?:channel|here|all|everyone)\b)/gi, '@ ');
}
