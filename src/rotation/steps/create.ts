/**
 * Step 3: the new version becomes one of the vault's secrets, beside the old one. From here on its number is never used again. Where a leak
 * is worse than an outage (`--revoke-first`), the old value is revoked here, before anything has moved.
 */
import type { StoredRow } from '../../store/tables.ts';
import type { Change } from '../../vault/change.ts';
import { SHARED } from '../../vault/manifest.ts';
import { proofText, revokeOld } from '../revoke.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const create: Step = { id: 'create', run };

async function run(work: Work): Promise<Outcome> {
  const detail = await created(work);
  if (work.rotation.options.compromised?.revokeFirst !== true) return { kind: 'done', detail };
  const open = await revokeOld(work);
  return open ?? { kind: 'done', detail: `${detail}; revoked first: ${proofText(work.rotation)}` };
}

/** A value that was kept runs out when it did; a new credential's own date is not known. */
async function keptExpiry(
  change: Change,
  { rows }: Work['rotation'],
  { lineage, from_secret: from }: StoredRow<'rotation_secret'>,
): Promise<string | null> {
  const isKept = rows.environments.some((row) => row.lineage === lineage && row.is_kept === 1);
  return isKept ? ((await change.get('secret', from))?.expires_at ?? null) : null;
}

/** @returns what was stored */
async function created({ rotation }: Work): Promise<string> {
  const names = rotation.secrets.map(({ to_name: name }) => name).join(', ');
  const detail = `${names} stored beside ${rotation.secrets.map(({ from_name: name }) => name).join(', ')}`;
  if (rotation.rows.versions.every(({ state }) => state === 'live')) return detail;
  await rotation.change({ action: 'rotation-create', secret: rotation.secrets[0]!.to_name }, async (change) => {
    for (const secret of rotation.secrets) {
      const { entry: _entry, tag: _tag, ...version } = (await change.get('secret', secret.to_secret))!;
      const expires_at = await keptExpiry(change, rotation, secret);
      await change.put('secret', { ...version, expires_at, state: 'live', created_at: change.at });
      change.noteMade(`secret:${version.name}`);
      const { entry: _e, tag: _t, ...lineage } = (await change.get('lineage', secret.lineage))!;
      await change.put('lineage', { ...lineage, highest: Math.max(lineage.highest, version.version) });
      // Without a rotation an environment is on the newest live version: from now on that has to be said.
      for (const environment of rotation.environments) {
        if ((await change.findOne('current', { lineage: secret.lineage, environment })) !== null) continue;
        await change.put('current', {
          id: change.newId(),
          lineage: secret.lineage,
          environment,
          secret: secret.from_secret,
          previous: null,
          moved_at: change.at,
          base: secret.base,
          name: secret.from_name,
        });
      }
    }
  });
  const places = rotation.secrets.flatMap((secret) => rotation.placesOf(secret)).filter((place) => place !== SHARED);
  return places.length === 0 ? detail : `${detail}, for ${[...new Set(places)].join(', ')}`;
}
