/** The end of a rotation before its time: taken back, or ended by `--abort` before anything was rewritten. */
import { errors } from '../errors.ts';
import type { Change } from '../vault/change.ts';
import { deleteValue } from '../vault/delete-version.ts';
import { isTouched } from './restore-files.ts';
import { revokeNew } from './revoke-new.ts';
import type { Rotation } from './rotation.ts';
import { consumedPlaces } from './sources.ts';
import type { Work } from './types.ts';

export function noWayBack({ secrets }: Rotation) {
  const { from_name: from, base } = secrets[0]!;
  return errors.no_way_back(
    `the value of ${from} was revoked: there is nothing to go back to`,
    `go forward: knox rotate ${base}`,
  );
}

/** @throws no_way_back where the provider used up the old value when it gave the new one */
export async function requireUnconsumed(work: Work): Promise<void> {
  const consumed = await consumedPlaces(work);
  if (consumed.length === 0) return;
  const { from_name: from, base } = work.rotation.secrets[0]!;
  throw errors.no_way_back(
    `the provider used up the value of ${from} for ${consumed.join(', ')} when it gave the new one: there is nothing to go back to`,
    `go forward: knox rotate ${base}`,
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
      `${base} is being rolled back, so this rotation can not just be ended`,
      `finish it: knox rotate ${base}`,
    );
  const { environments, routes } = rotation.rows;
  if (environments.some(({ updated_at: at }) => at !== null) || routes.some((row) => isTouched(row))) {
    throw errors.no_way_back(
      'files were rewritten already, so this rotation can not just be ended',
      `take it back: knox rotate ${base} --rollback`,
    );
  }
  await revokeNew(work);
  await endEarly(work, 'aborted');
}

/** A version that was created is withdrawn and kept; one that was only being prepared was never there. */
export async function endEarly({ rotation, answers }: Work, state: 'rolled-back' | 'aborted'): Promise<void> {
  const reason = answers.guards.reason ?? rotation.options.rollback?.reason ?? null;
  await rotation.change({ action: `rotation-${state}`, detail: { reason } }, async (change) => {
    for (const secret of rotation.secrets) {
      const version = await change.get('secret', secret.to_secret);
      if (version === null) continue;
      if (version.state === 'pending') {
        for (const value of await change.find('value', { secret: version.id }))
          await deleteValue(change, version, value);
        await change.remove('secret', version);
      } else {
        const { entry: _entry, tag: _tag, ...row } = version;
        await change.put('secret', { ...row, state: 'withdrawn', withdrawn_at: change.at });
      }
      await unpin(change, rotation.row.started_at, secret);
    }
    await rotation.put(change, { state, needs: null, wait_until: null, ended_at: change.at, end_reason: reason });
  });
}

/** Where this rotation was the first to say which version an environment is on, the newest live one counts again. */
async function unpin(
  change: Change,
  startedAt: string,
  { lineage, from_secret: from }: { lineage: string; from_secret: string },
): Promise<void> {
  for (const row of await change.find('current', { lineage })) {
    const isOwn = row.secret === from && row.previous === null && row.moved_at >= startedAt;
    if (isOwn && change.ring?.hasEnvironment(row.environment) === true) await change.remove('current', row);
  }
}
