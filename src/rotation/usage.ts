/**
 * Uses of old versions, as the audit log tells them: the log is chained and signed, so that nobody who can only write the file hides
 * one. Rows that count uses are a quick summary for lists and never decide anything.
 */
import type { StepId } from '../domain/step-texts.ts';
import type { AuditEntry } from '../vault/audit-entry.ts';
import type { View } from '../vault/view.ts';
import type { Rotation } from './rotation.ts';

export interface OldUse {
  readonly at: string;
  readonly secret: string;
  readonly environment: string;
  /** The route or command that got the value. */
  readonly consumer: string;
  readonly actor: string;
}

/** Uses since a step was done of any version that the rotation leaves behind, newest first. @throws audit_broken */
export async function oldUsesSince(view: View, rotation: Rotation, step: StepId): Promise<OldUse[]> {
  const old = new Set<string>();
  for (const secret of rotation.secrets) {
    for (const version of await view.find('secret', { lineage: secret.lineage })) {
      if (version.id !== secret.to_secret) old.add(version.name);
    }
  }
  const found: OldUse[] = [];
  for await (const entry of view.entriesDown()) {
    if (isEndOf(entry, rotation.id, step)) break;
    if (entry.action !== 'use') continue;
    const detail = entry.detail as {
      consumer?: string;
      uses?: { secret: string; environment: string; consumer?: string }[];
    } | null;
    for (const use of detail?.uses ?? []) {
      if (!old.has(use.secret)) continue;
      const { secret, environment } = use;
      found.push({
        at: entry.at,
        secret,
        environment,
        consumer: use.consumer ?? detail?.consumer ?? 'unknown',
        actor: entry.actor,
      });
    }
  }
  return found;
}

function isEndOf({ action, detail }: AuditEntry, rotation: string, step: StepId): boolean {
  if (action === 'rotation-start') return detail?.['rotation'] === rotation;
  return action === 'rotation-step' && detail?.['rotation'] === rotation && detail['step'] === step;
}

/** `get by ana, 2026-01-10T12:00:00.000Z`: the latest of each consumer. */
export function sayUses(uses: readonly OldUse[]): string {
  const latest = new Map<string, OldUse>();
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
