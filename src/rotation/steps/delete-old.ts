/** Step 9: the old value is revoked where it was made, seen to be dead, and its version deleted. */
import type { RotatedSecret } from '../../domain/rotation-record.ts';
import { addSeconds } from '../../domain/time.ts';
import { errors, forceHint, stillNamed } from '../../errors.ts';
import { deleteValue } from '../../vault/secrets/delete-version.ts';
import { concernedRoutes } from '../concerned.ts';
import { refuseLeftovers } from '../leftover-guard.ts';
import { probeProduction } from '../probe-routes.ts';
import { disableOld, revokeOld } from '../revoke.ts';
import type { Change } from '../../vault/core/change.ts';
import { SHARED } from '../../vault/documents/manifest.ts';
import type { View } from '../../vault/core/view.ts';
import type { NameRecord, RouteRecord } from '../../vault/records/kinds.ts';
import { chosenVersions, isStanding } from '../../vault/secrets/find-secret.ts';
import type { Rotation } from '../rotation.ts';
import { heldReferences } from '../../vault/secrets/held-references.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { sayUses } from '../../vault/uses/logged-uses.ts';
import { oldUsesNow, oldUsesSince } from '../usage.ts';

export const deleteOld: Step = { id: 'delete-old', changesProduction: true, run };

async function run(work: Work): Promise<Outcome> {
  const { rotation } = work;
  const names = rotation.secrets.map(({ from }) => from);
  if (isDeleted(work)) return { kind: 'done', facts: { of: 'deleted', names } };
  requireMoved(work);
  await refuseReferenced(work);
  await refuseLeftovers(work);
  await refuseUsed(work);
  const cutOff = await disableOld(work);
  if (cutOff !== null) return cutOff;
  const quarantined = quarantine(work);
  if (quarantined !== null) return quarantined;
  const open = await revokeOld(work);
  if (open !== null) return open;
  const broken = await seeAlive(work);
  if (broken !== null) return broken;
  await remove(work, names);
  return { kind: 'done', facts: { of: 'deleted', names } };
}

/** Every environment says so for itself. */
function isDeleted({ rotation }: Work): boolean {
  return rotation.secrets.every((secret) =>
    rotation.environmentsOf(secret).every((name) => rotation.name(secret.from, name)?.state === 'deleted'),
  );
}

/** A provider that was asked to end the old value may have ended more than that. @returns what failed */
async function seeAlive(work: Work): Promise<Outcome | null> {
  const isAsked = work.rotation.parts.some(({ source }) => source !== 'manual' && source !== 'generate');
  if (!isAsked) return null;
  return (await probeProduction(work)).failure;
}

/** Each production environment says for itself, under its own key, that it was moved. */
function requireMoved({ rotation }: Work): void {
  const behind = rotation.environments.filter((name) => !rotation.isUpdated(name));
  if (behind.length > 0)
    throw errors.still_referenced(
      `${behind.join(', ')} was not moved to the new version`,
      'see: knox rotations --json',
    );
}

async function refuseReferenced(work: Work): Promise<void> {
  const { rotation, vault, answers, root, project } = work;
  const places = await vault.read(async (view) => {
    const isLeaving = (name: string, environment: string): boolean =>
      rotation.part(environment)?.secrets.some(({ from }) => from === name) === true;
    const here = (await concernedRoutes(view, rotation, root, project)).filter(
      ({ environment, mine }) =>
        rotation.environments.includes(environment) &&
        mine.some(({ placeholder }) => placeholder.at === null && isLeaving(placeholder.name, environment)),
    );
    const elsewhere: RouteRecord[] = [];
    for (const environment of rotation.environments) elsewhere.push(...(await view.all('route', environment)));
    const named = elsewhere.filter(
      (route) =>
        route.project !== project &&
        heldReferences(route).some(({ name, at }) => at === null && isLeaving(name, route.realm)),
    );
    const found = [...here, ...named.map(({ path, realm }) => ({ path, environment: realm }))];
    return [...new Set(found.map(({ path, environment }) => `${path} for ${environment}`))];
  });
  if (places.length === 0) return;
  const { base, from } = rotation.secrets[0]!;
  answers.guards.refuse('still_referenced', () =>
    stillNamed(from, places, 'use the new name there, or: knox route remove ROUTE', `then: knox rotate ${base}`),
  );
}

async function refuseUsed(work: Work): Promise<void> {
  const { rotation, vault, answers } = work;
  // Whoever still uses a value that has leaked is cut off with it.
  if (rotation.isCompromised) return;
  const logged = await vault.read((view) => oldUsesSince(view, rotation, 'verify'));
  const uses = [...logged, ...(await oldUsesNow(work))];
  if (uses.length === 0) return;
  answers.guards.refuse('still_used', () =>
    errors.still_used(
      `the old version was used after it was verified: ${sayUses(uses)}`,
      'find out who still uses it, and give them the new name',
      forceHint('still_used'),
    ),
  );
}

function quarantine({ rotation, vault }: Work): Outcome | null {
  const from = rotation.step('verify').at ?? rotation.startedAt;
  const until = addSeconds(from, rotation.quarantine);
  const now = vault.now().toISOString();
  if (rotation.quarantine === 0 || now >= until) return null;
  return {
    kind: 'waits',
    needs: { kind: 'time', until, environments: rotation.production, why: { of: 'quarantine' } },
  };
}

async function remove({ rotation, answers }: Work, names: readonly string[]): Promise<void> {
  await rotation.change(
    { action: 'rotation-delete', secret: names[0]!, detail: { deleted: names, ...answers.guards.record() } },
    async (change) => {
      for (const secret of rotation.secrets) await removeFrom(change, rotation, secret);
    },
  );
}

/** In the environments of the rotation, in `shared` where its value was there, and wherever that is taken up by who is on another one. */
async function removeFrom(change: Change, rotation: Rotation, secret: RotatedSecret): Promise<void> {
  const own = new Set([...rotation.environmentsOf(secret), ...rotation.placesOf(secret)]);
  for (const record of await change.getAcross('name', secret.from, change.readableRealms())) {
    if (record.base !== secret.base || !isStanding(record)) continue;
    const isGone = own.has(SHARED) && record.shared !== null && !(await isOn(change, record));
    if (!own.has(record.realm) && !isGone) continue;
    // Whoever could read it reads a value that nothing lets in any more.
    await change.update(await deleteValue(change, record), { exposed: [] });
  }
}

async function isOn(view: View, { realm, base, name }: NameRecord): Promise<boolean> {
  const lineage = await view.get('lineage', realm, base);
  return lineage !== null && (await chosenVersions(view, lineage)).current?.name === name;
}
