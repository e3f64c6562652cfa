/**
 * A value that is known to have leaked: the rotation goes without window and quarantine, and the record says exactly when the leak was
 * reported and when the old value was revoked.
 */
import type { Change } from '../vault/change.ts';
import type { Rotation } from './rotation.ts';
import type { Work } from './types.ts';

/** Turns the rotation at hand into one that waits for nothing. A second report only adds that the value is to be revoked first. */
export async function reportIncident(
  { rotation }: Work,
  { reason, revokeFirst }: { readonly reason: string; readonly revokeFirst: boolean },
): Promise<void> {
  const known = rotation.options.compromised;
  if (known !== undefined && (known.revokeFirst || !revokeFirst)) return;
  const detail = { reason, revokeFirst };
  await rotation.change({ action: 'rotation-compromised', detail }, async (change) => {
    const compromised = { at: known?.at ?? change.at, revokeFirst };
    const incident = rotation.row.incident ?? (await putIncident(change, rotation, reason));
    const options = JSON.stringify({ ...rotation.options, compromised });
    await rotation.putTerms(change, { window: 0, quarantine: 0, options }, { incident, needs: null, wait_until: null });
  });
}

async function putIncident(change: Change, rotation: Rotation, reason: string): Promise<string> {
  const id = change.newId();
  await change.put('incident', {
    id,
    rotation: rotation.id,
    lineage: rotation.secrets[0]!.lineage,
    reason,
    started_at: change.at,
    revoked_at: null,
    started_by: change.actor,
  });
  return id;
}

/** Notes, inside the change that records it, that the value is dead. */
export async function markRevoked(change: Change, rotation: Rotation): Promise<void> {
  if (rotation.row.incident === null) return;
  const incident = await change.get('incident', rotation.row.incident);
  if (incident === null || incident.revoked_at !== null) return;
  const { entry: _entry, tag: _tag, ...row } = incident;
  await change.put('incident', { ...row, revoked_at: change.at });
}
