/**
 * A value that is known to have leaked: the rotation goes without window and quarantine, and the record says exactly when the leak was
 * reported and when the old value was revoked.
 */
import type { Change } from '../vault/core/change.ts';
import type { RotationPart } from '../vault/records/kinds.ts';
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
    const id = rotation.incident ?? (await putIncident(change, rotation, reason));
    const compromise = (part: RotationPart) => ({ ...part.options, compromised });
    await rotation.putTerms(change, (part) => ({ window: 0, quarantine: 0, options: compromise(part) }));
    await rotation.put(change, { incident: id, needs: null, waitUntil: null });
  });
}

/** In each environment that the leak concerns. */
async function putIncident(change: Change, rotation: Rotation, reason: string): Promise<string> {
  const id = change.newId();
  const said = { id, rotation: rotation.id, reason, startedAt: change.at, startedBy: change.actor, revokedAt: null };
  for (const { realm, secrets } of rotation.parts)
    await change.put('incident', realm, { ...said, base: secrets[0]!.base });
  return id;
}

/** Notes, inside the change that records it, that the value is dead. */
export async function markRevoked(change: Change, rotation: Rotation): Promise<void> {
  for (const { realm, incident: id } of rotation.parts) {
    const incident = id === null ? null : await change.get('incident', realm, id);
    if (incident !== null && incident.revokedAt === null) await change.update(incident, { revokedAt: change.at });
  }
}
