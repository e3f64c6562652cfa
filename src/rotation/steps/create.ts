/**
 * Step 3: the new version becomes one of the vault's secrets, beside the old one. From here on its number is never used again. Where a leak
 * is worse than an outage (`--revoke-first`), the old value is revoked here, before anything has moved.
 */
import type { RotatedSecret } from '../../domain/rotation-record.ts';
import type { StepFacts } from '../../domain/step-facts.ts';
import type { Change } from '../../vault/core/change.ts';
import { SHARED } from '../../vault/documents/manifest.ts';
import type { NameRecord } from '../../vault/records/kinds.ts';
import { revokeOld } from '../revoke.ts';
import type { Rotation } from '../rotation.ts';
import type { Outcome, Step, Work } from '../types.ts';

export const create: Step = { id: 'create', run };

async function run(work: Work): Promise<Outcome> {
  const facts = await created(work);
  if (work.rotation.options.compromised?.revokeFirst !== true) return { kind: 'done', facts };
  const open = await revokeOld(work);
  return open ?? { kind: 'done', facts: { ...facts, isRevoked: true } };
}

/** @returns what was stored */
async function created({ rotation }: Work): Promise<Extract<StepFacts, { of: 'stored' }>> {
  const places = rotation.secrets.flatMap((secret) => rotation.placesOf(secret)).filter((place) => place !== SHARED);
  const facts = {
    of: 'stored',
    names: rotation.secrets.map(({ to }) => to),
    beside: rotation.secrets.map(({ from }) => from),
    environments: [...new Set(places)],
    isRevoked: false,
  } as const;
  const isPending = (secret: RotatedSecret): boolean =>
    realmsOf(rotation, secret).some((realm) => rotation.name(secret.to, realm)?.state === 'pending');
  if (!rotation.secrets.some(isPending)) return facts;
  await rotation.change({ action: 'rotation-create', secret: rotation.secrets[0]!.to }, async (change) => {
    for (const secret of rotation.secrets)
      for (const realm of realmsOf(rotation, secret)) await createIn(change, rotation, { secret, realm });
  });
  return facts;
}

/** Every realm that gets the new version. */
function realmsOf(rotation: Rotation, secret: RotatedSecret): string[] {
  return [...new Set([...rotation.environmentsOf(secret), ...rotation.placesOf(secret)])];
}

interface Place {
  readonly secret: RotatedSecret;
  readonly realm: string;
}

async function createIn(change: Change, rotation: Rotation, { secret, realm }: Place): Promise<void> {
  const version = await change.get('name', realm, secret.to);
  if (version?.state !== 'pending') return;
  const expiresAt = await keptExpiry(change, rotation, { secret, realm });
  await change.update(version, { expiresAt, state: 'live', createdAt: change.at });
  await pin(change, version, secret.from);
}

/** Without a rotation an environment is on the newest live version: from now on that has to be said. */
async function pin(change: Change, { realm, base, version }: NameRecord, from: string): Promise<void> {
  const lineage = (await change.get('lineage', realm, base))!;
  const highest = Math.max(lineage.highest, version);
  const isSaid = lineage.current !== null || realm === SHARED;
  await change.update(lineage, isSaid ? { highest } : { highest, current: from, movedAt: change.at });
}

/** A value that was kept runs out when it did; a new credential's own date is not known. */
async function keptExpiry(change: Change, rotation: Rotation, { secret, realm }: Place): Promise<string | null> {
  if (rotation.record(secret.base, realm)?.isKept !== true) return null;
  return (await change.get('name', realm, secret.from))?.expiresAt ?? null;
}
