/**
 * An audit entry from the future: the clock of the machine that wrote it, or this one's, was wrong. A little ahead is how clocks of
 * different machines are, and the later time counts; far ahead, no time that this machine judges by is taken from the log any more.
 */
import { momentText, relativeTime, secondsBetween } from '../domain/time.ts';

export const ACCEPT_CLOCK = 'accept-clock';

/** No two clocks that somebody looks after differ by more. */
const FAR_SECONDS = 86_400;

/** @param at ISO 8601, of an entry or of what it wrote */
export function isFarAhead(at: string, clock: Date): boolean {
  return secondsBetween(clock.toISOString(), at) > FAR_SECONDS;
}

/** For a warning. */
export function aheadText(at: string, clock: Date): string {
  return `the newest audit entry is from ${momentText(at)} (${relativeTime(at, clock)}): a clock is or was wrong. Find out more: knox doctor`;
}
