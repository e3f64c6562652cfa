/**
 * Uses of values as the audit log tells them: the log is chained and signed, so that nobody who can only write the file hides one.
 * Rows that count uses are a quick summary for lists and never decide anything.
 */
import type { AuditEntry } from './audit-entry.ts';
import type { View } from './view.ts';

export interface LoggedUse {
  readonly at: string;
  /** The name that was resolved. */
  readonly secret: string;
  /** An environment, or `shared`. */
  readonly environment: string;
  /** The route or command that got the value. */
  readonly consumer: string;
  readonly actor: string;
}

interface UseDetail {
  readonly consumer?: string;
  readonly uses?: readonly { readonly secret: string; readonly environment: string; readonly consumer?: string }[];
}

/** Newest first, down to the entry at which `isEnd` says so. @throws audit_broken */
export async function* loggedUses(view: View, isEnd: (entry: AuditEntry) => boolean): AsyncGenerator<LoggedUse> {
  for await (const entry of view.entriesDown()) {
    if (isEnd(entry)) return;
    yield* usesOf(entry);
  }
}

/** The uses that an entry tells of. */
export function usesOf(entry: AuditEntry): LoggedUse[] {
  if (entry.action !== 'use') return [];
  const detail = (entry.detail ?? {}) as UseDetail;
  return (detail.uses ?? []).map(({ secret, environment, consumer }) => ({
    at: entry.at,
    secret,
    environment,
    consumer: consumer ?? detail.consumer ?? 'unknown',
    actor: entry.actor,
  }));
}

/** `3 uses: 2 of x for production by app.env, 1 …`: how often each consumer came. */
export function countUses(uses: readonly LoggedUse[]): string {
  const counts = new Map<string, number>();
  for (const { secret, environment, consumer } of uses) {
    const key = `of ${secret} for ${environment} by ${consumer}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const parts = [...counts].toSorted(([, left], [, right]) => right - left).map(([key, count]) => `${count} ${key}`);
  return `${uses.length} ${uses.length === 1 ? 'use' : 'uses'}: ${parts.join(', ')}`;
}

/** `x for production by get (ana) at 2026-01-10T12:00:00.000Z`: the latest of each consumer, of uses that come newest first. */
export function sayUses(uses: readonly LoggedUse[]): string {
  const latest = new Map<string, LoggedUse>();
  for (const use of uses) {
    const key = `${use.secret} ${use.environment} ${use.consumer}`;
    if (!latest.has(key)) latest.set(key, use);
  }
  return [...latest.values()]
    .map(
      ({ secret, environment, consumer, actor, at }) =>
        `${secret} for ${environment} by ${consumer} (${actor}) at ${at}`,
    )
    .join('; ');
}
