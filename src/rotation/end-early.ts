/** The end of a rotation before its time: taken back, or ended by `--abort` before anything was rewritten. */
import type { RotatedSecret } from '../domain/rotation-record.ts';
import { errors } from '../errors.ts';
import type { Change } from '../vault/core/change.ts';
import { isTouched } from './restore-files.ts';
import { revokeNew } from './revoke-new.ts';
import type { Rotation } from './rotation.ts';
import { consumedPlaces } from './sources.ts';
import type { Work } from './types.ts';

export function noWayBack({ secrets }: Rotation) {
  const { from, base } = secrets[0]!;
  return errors.no_way_back(
    `the value of ${from} was revoked: it cannot be rolled back to`,
    `continue instead: knox rotate ${base}`,
  );
}

/** @throws no_way_back where the provider used up the old value when it gave the new one */
export async function requireUnconsumed(work: Work): Promise<void> {
  const consumed = await consumedPlaces(work);
  if (consumed.length === 0) return;
  const { from, base } = work.rotation.secrets[0]!;
  throw errors.no_way_back(
    `the provider used up the value of ${from} for ${consumed.join(', ')} when it gave the new one: it cannot be rolled back to`,
    `continue instead: knox rotate ${base}`,
  );
}

/** @throws no_way_back where something was rewritten already, the old value was revoked, or a rollback is under way */
export async function abort(work: Work): Promise<void> {
  const { rotation } = work;
  const { base } = rotation.secrets[0]!;
  if (rotation.isRevoked) throw noWayBack(rotation);
  await requireUnconsumed(work);
  if (rotation.state === 'rolling-back')
    throw errors.no_way_back(
      `${base} is being rolled back: the rotation cannot be aborted`,
      `finish it: knox rotate ${base}`,
    );
  if (isBegun(rotation)) {
    throw errors.no_way_back(
      'files were already rewritten: the rotation cannot be aborted',
      `roll it back: knox rotate ${base} --rollback`,
    );
  }
  await revokeNew(work);
  await endEarly(work, 'aborted');
}

/** Whether anything was moved or rewritten, which has to be taken back. */
export function isBegun(rotation: Rotation): boolean {
  const isMoved = rotation.parts.some(({ secrets }) => secrets.some(({ updatedAt }) => updatedAt !== null));
  return isMoved || rotation.routes().some((route) => isTouched(route));
}

/** A version that was created is withdrawn and kept; one that was only being prepared was never there. */
export async function endEarly({ rotation, answers }: Work, state: 'rolled-back' | 'aborted'): Promise<void> {
  const reason = answers.guards.reason ?? rotation.options.rollback?.reason ?? null;
  await rotation.change({ action: `rotation-${state}`, detail: { reason } }, async (change) => {
    for (const secret of rotation.secrets) {
      const environments = rotation.environmentsOf(secret);
      for (const realm of new Set([...environments, ...rotation.placesOf(secret)]))
        await withdraw(change, realm, secret);
      for (const environment of environments) await unpin(change, environment, { secret, since: rotation.startedAt });
    }
    await rotation.end(change, state, reason);
  });
}

/** Takes the new version away in one realm. */
async function withdraw(change: Change, realm: string, { base, to }: RotatedSecret): Promise<void> {
  const version = await change.get('name', realm, to);
  if (version?.state === 'live') await change.update(version, { state: 'withdrawn', withdrawnAt: change.at });
  if (version?.state !== 'pending') return;
  for (const value of await change.about('value', realm, to)) await change.remove(value);
  await change.remove(version);
  const lineage = await change.get('lineage', realm, base);
  if (lineage !== null) await change.update(lineage, { names: lineage.names.filter((name) => name !== to) });
}

/** Where this rotation was the first to say which version an environment is on, the newest live one counts again. */
async function unpin(
  change: Change,
  environment: string,
  { secret, since }: { readonly secret: RotatedSecret; readonly since: string },
): Promise<void> {
  const lineage = await change.get('lineage', environment, secret.base);
  if (lineage === null || lineage.current !== secret.from || lineage.previous !== null) return;
  if (lineage.movedAt === null || lineage.movedAt < since) return;
  await change.update(lineage, { current: null, movedAt: null });
}
