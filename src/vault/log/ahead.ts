/**
 * An audit entry from the future: the clock of the machine that wrote it, or this one's, was wrong. A little ahead is how clocks of
 * different machines are, and the later time counts; far ahead, no time that this machine judges by is taken from the log any more.
 */
import type { AuditEntry } from './audit-entry.ts';
import type { Moments } from '../../domain/moments.ts';
import { latestOf, relativeTime, secondsBetween } from '../../domain/time.ts';

export const ACCEPT_CLOCK = 'accept-clock';

/** No two clocks that somebody looks after differ by more. */
const FAR_SECONDS = 86_400;

/** @param at ISO 8601, of an entry or of what it wrote */
export function isFarAhead(at: string, clock: Date): boolean {
  return secondsBetween(clock.toISOString(), at) > FAR_SECONDS;
}

/** For a warning. */
export function aheadText(at: string, clock: Date, moments: Moments): string {
  return `the newest audit entry is from ${moments.at(at)} (${relativeTime(at, clock)}): a clock is or was wrong. See: knox doctor`;
}

/**
 * Entries, newest first, as a person is to read them: none is later than the one which says that a clock was ahead until then. That one
 * counts for realms that it names, which are its writer's: it moves no time of what others wrote elsewhere.
 */
export async function* asAccepted<E extends Pick<AuditEntry, 'at' | 'action' | 'realms'>>(
  entries: AsyncIterable<E>,
): AsyncGenerator<E> {
  const latest = new Map<string, string>();
  for await (const entry of entries) {
    const realms = Object.keys(entry.realms);
    const most = latest.size === 0 ? null : latestOf(realms.map((realm) => latest.get(realm) ?? null));
    yield most !== null && entry.at > most ? { ...entry, at: most } : entry;
    if (entry.action !== ACCEPT_CLOCK) continue;
    for (const realm of realms) if (entry.at < (latest.get(realm) ?? '~')) latest.set(realm, entry.at);
  }
}
