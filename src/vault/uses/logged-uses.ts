/** Uses of values as the audit log tells them. What was used elsewhere and reported later counts at the time at which it was used. */
import { isTime } from '../records/codec.ts';
import type { UseRecord } from '../records/kinds.ts';
import { asAccepted } from '../log/ahead.ts';
import type { AuditEntry } from '../log/audit-entry.ts';
import type { View } from '../core/view.ts';

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
  /** Id of the slot whose key opened the vault there, and signed the line. */
  readonly slot: string;
  /** What the other machine's clock said, where that cannot have been. */
  readonly said?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

interface UseDetail {
  readonly consumer?: string;
  readonly uses?: readonly { readonly secret: string; readonly environment: string; readonly consumer?: string }[];
}

/** A moment in a realm: the entry at which it was, and its time, for what was reported from elsewhere. */
export interface Since {
  readonly entry: number;
  readonly at: string;
}

/**
 * What was used of one realm after a moment: newest first, then those that were reported since, so far as they were not before it. Along the
 * realm's own chain, so that nobody without its key adds or hides one.
 * @param since null for all
 * @throws audit_broken
 */
export async function* loggedUses(view: View, realm: string, since: Since | null): AsyncGenerator<LoggedUse> {
  const reported: LoggedUse[] = [];
  for await (const entry of asAccepted(view.realmEntriesDown(realm))) {
    if (since !== null && entry.seq <= since.entry) break;
    const uses = usesOf(entry).filter(({ environment }) => environment === realm);
    if (entry.action === REPORT_USES) reported.push(...uses);
    else yield* uses;
  }
  yield* reported.filter(({ at }) => since === null || at >= since.at);
}

/** Whether the last use that a record tells of was after a moment. */
export function isUsedSince({ lastEntry, lastAt }: Pick<UseRecord, 'lastEntry' | 'lastAt'>, since: Since): boolean {
  return lastEntry > since.entry && lastAt >= since.at;
}

/** The uses that an entry tells of. Those of a report may be older than the entry. Any holder of a key can have written it. */
export function usesOf(entry: AuditEntry): readonly LoggedUse[] {
  if (entry.action === REPORT_USES) return reportedUses(entry);
  if (entry.action !== 'use') return [];
  const detail = (entry.detail ?? {}) as UseDetail;
  return listed(detail.uses)
    .filter(isNamed)
    .map(({ secret, environment, consumer }) => ({
      at: entry.at,
      secret,
      environment,
      consumer: consumer ?? detail.consumer ?? 'unknown',
      actor: entry.actor,
      count: 1,
    }));
}

export function reportedUses({ action, detail }: AuditEntry): readonly ReportedUse[] {
  if (action !== REPORT_USES) return [];
  return listed(detail?.['uses'] as readonly ReportedUse[] | undefined).filter((use) => isNamed(use) && isTime(use.at));
}

function listed<T>(uses: readonly T[] | undefined): readonly T[] {
  return Array.isArray(uses) ? uses : [];
}
function isNamed(use: { readonly secret: unknown; readonly environment: unknown } | null): boolean {
  return typeof use?.secret === 'string' && typeof use.environment === 'string';
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
