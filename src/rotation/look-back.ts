/** What the audit log tells of a rotation's time in production: along production's own chain, from the newest entry back to where it began. */
import { asAccepted } from '../vault/log/ahead.ts';
import type { AuditEntry } from '../vault/log/audit-entry.ts';
import type { View } from '../vault/core/view.ts';
import type { ReadRotation } from './read-rotation.ts';
import type { Seen } from './types.ts';

/** One look at production. */
export interface Round extends Seen {
  readonly at: string;
}

/** Looks at production since it was moved, or since the rotation began, oldest first. @throws audit_broken */
export async function roundsOf(view: View, rotation: ReadRotation): Promise<Round[]> {
  const [realm] = [...rotation.production, ...rotation.environments];
  const rounds: Round[] = [];
  if (realm === undefined) return rounds;
  for await (const entry of view.realmEntriesDown(realm)) {
    const { action, detail, at } = entry;
    if (detail?.['rotation'] !== rotation.id) continue;
    if (action === 'rotation-start' || isMoved(entry)) break;
    const seen = seenIn(detail['seen']);
    if (seen !== null && PRODUCTION_STEPS.has(String(detail['step']))) rounds.push({ at, ...seen });
  }
  return rounds.toReversed();
}

/** Steps that look at production; what staging was tested with is none of it. */
const PRODUCTION_STEPS: ReadonlySet<string> = new Set(['update-production', 'monitor', 'verify', 'delete-old']);

function isMoved({ action, detail }: AuditEntry): boolean {
  return action === 'rotation-step' && detail?.['step'] === 'update-production';
}

/** Whoever has a key for production can have written it. */
function seenIn(value: unknown): Seen | null {
  const { passed, failed } = (value ?? {}) as Partial<Record<keyof Seen, unknown>>;
  return typeof passed === 'number' && typeof failed === 'number' ? { passed, failed } : null;
}

/** When it began to wait: the oldest of the entries at the end of production's log that tell of nothing but waiting. */
export async function waitingSince(
  view: View,
  { id, startedAt, production, environments }: ReadRotation,
): Promise<string> {
  let since = startedAt;
  const [realm] = [...production, ...environments] as [string];
  for await (const { action, at, detail } of asAccepted(view.realmEntriesDown(realm))) {
    if (detail?.['rotation'] !== id) continue;
    if (action !== 'rotation-waits' && action !== 'rotation-failed' && action !== 'auth-failure') {
      // What was done last: from then on it waited.
      return since === startedAt ? at : since;
    }
    since = at;
  }
  return since;
}
