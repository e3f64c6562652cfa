/** What the audit log tells of a rotation's time in production: one walk from the newest entry back to where it began. */
import type { AuditEntry } from '../vault/audit-entry.ts';
import type { LoggedUse } from '../vault/logged-uses.ts';
import { usesOf } from '../vault/logged-uses.ts';
import type { View } from '../vault/view.ts';
import type { Seen } from './types.ts';

/** One look at production. */
export interface Round extends Seen {
  readonly at: string;
}

/** Looks at production since the rotation began, oldest first. @throws audit_broken */
export async function roundsOf(view: View, rotation: string): Promise<Round[]> {
  return (await lookBack(view, rotation, new Set())).rounds;
}

/** The same, and the uses of versions with these names since production was moved. */
export async function lookBack(
  view: View,
  rotation: string,
  names: ReadonlySet<string>,
): Promise<{ readonly rounds: Round[]; readonly uses: LoggedUse[] }> {
  const rounds: Round[] = [];
  const uses: LoggedUse[] = [];
  let since = '';
  for await (const entry of view.entriesDown()) {
    const { detail } = entry;
    if (detail?.['rotation'] === rotation) {
      if (entry.action === 'rotation-start' || isMoved(entry)) {
        since = entry.at;
        break;
      }
      const seen = detail['seen'] as Seen | undefined;
      if (seen !== undefined && PRODUCTION_STEPS.has(String(detail['step'])))
        rounds.push({ at: entry.at, passed: seen.passed, failed: seen.failed });
    } else uses.push(...usesOf(entry).filter(({ secret }) => names.has(secret)));
  }
  // What was reported later may have been before.
  return { rounds: rounds.toReversed(), uses: uses.filter(({ at }) => at >= since) };
}

/** Steps that look at production; what staging was tested with is none of it. */
const PRODUCTION_STEPS: ReadonlySet<string> = new Set(['update-production', 'monitor', 'verify', 'delete-old']);

function isMoved({ action, detail }: AuditEntry): boolean {
  return action === 'rotation-step' && detail?.['step'] === 'update-production';
}
