/** Uses of the versions that a rotation leaves behind. */
import type { StepId } from '../domain/step-texts.ts';
import type { AuditEntry } from '../vault/audit-entry.ts';
import { lastingUses, loggedUses } from '../vault/logged-uses.ts';
import type { LoggedUse } from '../vault/logged-uses.ts';
import type { View } from '../vault/view.ts';
import type { Rotation } from './rotation.ts';
import type { Work } from './types.ts';

/** Uses since a step was done of any version that the rotation leaves behind. @throws audit_broken */
export async function oldUsesSince(view: View, rotation: Rotation, step: StepId): Promise<LoggedUse[]> {
  const old = await oldNames(view, rotation);
  const found: LoggedUse[] = [];
  for await (const use of loggedUses(view, (entry) => isEndOf(entry, rotation.id, step))) {
    if (old.has(use.secret)) found.push(use);
  }
  return found;
}

/** Commands of this machine that still have a version which the rotation leaves behind. */
export async function oldUsesNow({ vault, rotation, running }: Work): Promise<LoggedUse[]> {
  const old = await vault.read((view) => oldNames(view, rotation));
  return lastingUses(running(), vault.now()).filter(({ secret }) => old.has(secret));
}

/** Names of the versions that it leaves behind. */
export async function oldNames(view: View, rotation: Rotation): Promise<Set<string>> {
  const old = new Set<string>();
  for (const secret of rotation.secrets) {
    for (const version of await view.find('secret', { lineage: secret.lineage })) {
      if (version.id !== secret.to_secret) old.add(version.name);
    }
  }
  return old;
}

function isEndOf({ action, detail }: AuditEntry, rotation: string, step: StepId): boolean {
  if (action === 'rotation-start') return detail?.['rotation'] === rotation;
  return action === 'rotation-step' && detail?.['rotation'] === rotation && detail['step'] === step;
}
