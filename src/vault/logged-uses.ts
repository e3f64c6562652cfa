/**
 * Uses of values as the audit log tells them: the log is chained and signed, so that nobody who can only write the file hides one.
 * Rows that count uses are a quick summary for lists and never decide anything. What was used elsewhere and reported later counts at the
 * time at which it was used.
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
  /** How often; where several were reported as one, `at` is that of the last. */
  readonly count: number;
}

export const REPORT_USES = 'report-uses';

/** One consumer's uses in the `detail` of a report's entry. */
export interface ReportedUse extends LoggedUse {
  /** Slot id of the key that opened the copy. */
  readonly key: string;
  /** What the other machine's clock said, where that can not have been. */
  readonly said?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

interface UseDetail {
  readonly consumer?: string;
  readonly uses?: readonly { readonly secret: string; readonly environment: string; readonly consumer?: string }[];
}

/**
 * Down to the entry at which `isEnd` says so: newest first, then those that were reported since, so far as they were not before that entry.
 * @throws audit_broken
 */
export async function* loggedUses(view: View, isEnd: (entry: AuditEntry) => boolean): AsyncGenerator<LoggedUse> {
  const reported: LoggedUse[] = [];
  let since = '';
  for await (const entry of view.entriesDown()) {
    if (isEnd(entry)) {
      since = entry.at;
      break;
    }
    if (entry.action === REPORT_USES) reported.push(...usesOf(entry));
    else yield* usesOf(entry);
  }
  yield* reported.filter(({ at }) => at >= since);
}

/** The uses that an entry tells of. Those of a report may be older than the entry. */
export function usesOf(entry: AuditEntry): readonly LoggedUse[] {
  if (entry.action === REPORT_USES) return reportedUses(entry);
  if (entry.action !== 'use') return [];
  const detail = (entry.detail ?? {}) as UseDetail;
  return (detail.uses ?? []).map(({ secret, environment, consumer }) => ({
    at: entry.at,
    secret,
    environment,
    consumer: consumer ?? detail.consumer ?? 'unknown',
    actor: entry.actor,
    count: 1,
  }));
}

export function reportedUses({ action, detail }: AuditEntry): readonly ReportedUse[] {
  return action === REPORT_USES ? ((detail?.['uses'] ?? []) as ReportedUse[]) : [];
}

/** Uses that last: each counts as one of this moment. */
export function lastingUses(
  running: readonly (Pick<LoggedUse, 'at' | 'consumer' | 'actor'> & {
    readonly uses: readonly Pick<LoggedUse, 'secret' | 'environment'>[];
  })[],
  now: Date,
): LoggedUse[] {
  return running.flatMap(({ at, consumer, actor, uses }) =>
    uses.map(({ secret, environment }) => ({
      at: now.toISOString(),
      secret,
      environment,
      consumer: `${consumer}, still running since ${at}`,
      actor,
      count: 1,
    })),
  );
}

/** `3 uses: 2 of x for production by app.env, 1 …`: how often each consumer came. */
export function countUses(uses: readonly LoggedUse[]): string {
  const counts = new Map<string, number>();
  for (const { secret, environment, consumer, count } of uses) {
    const key = `of ${secret} for ${environment} by ${consumer}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  const parts = [...counts].toSorted(([, left], [, right]) => right - left).map(([key, count]) => `${count} ${key}`);
  const all = uses.reduce((sum, { count }) => sum + count, 0);
  return `${all} ${all === 1 ? 'use' : 'uses'}: ${parts.join(', ')}`;
}

/** `x for production by get (ana) at 2026-01-10T12:00:00.000Z`: the latest of each consumer. */
export function sayUses(uses: readonly LoggedUse[]): string {
  const latest = new Map<string, LoggedUse>();
  for (const use of uses) {
    const key = `${use.secret} ${use.environment} ${use.consumer}`;
    if ((latest.get(key)?.at ?? '') < use.at) latest.set(key, use);
  }
  return [...latest.values()]
    .map(
      ({ secret, environment, consumer, actor, at }) =>
        `${secret} for ${environment} by ${consumer} (${actor}) at ${at}`,
    )
    .join('; ');
}
