/** Step 9: the old value is revoked where it was made, seen to be dead, and its version deleted. */
import { addSeconds } from '../../domain/time.ts';
import { errors } from '../../errors.ts';
import { deleteVersion } from '../../vault/delete-version.ts';
import { concernedRoutes } from '../concerned.ts';
import { refuseLeftovers } from '../leftover-guard.ts';
import { probeProduction } from '../probe-routes.ts';
import { disableOld, proofText, revokeOld } from '../revoke.ts';
import { heldReferences } from '../../vault/held-references.ts';
import type { Outcome, Step, Work } from '../types.ts';
import { sayUses } from '../../vault/logged-uses.ts';
import { oldUsesNow, oldUsesSince } from '../usage.ts';

export const deleteOld: Step = { id: 'delete-old', changesProduction: true, run };

async function run(work: Work): Promise<Outcome> {
  const { rotation, vault } = work;
  const old = await vault.read((view) => view.get('secret', rotation.secrets[0]!.from_secret));
  if (old?.state === 'deleted') return { kind: 'done', detail: rotation.step('delete-old').detail ?? 'deleted' };
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
  const proof = proofText(rotation);
  await remove(work, proof);
  const names = rotation.secrets.map(({ from_name: name }) => name).join(', ');
  return { kind: 'done', detail: `${names} deleted; ${proof}` };
}

/** A provider that was told to end the old value may have ended more than that. @returns what failed */
async function seeAlive(work: Work): Promise<Outcome | null> {
  const { source } = work.rotation.row;
  if (source === 'manual' || source === 'generate') return null;
  return (await probeProduction(work, 'delete-old')).failure;
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
    const leaving = new Set(rotation.secrets.map(({ from_name: name }) => name));
    const here = (await concernedRoutes(view, rotation, root, project)).filter(({ mine }) =>
      mine.some(({ placeholder }) => placeholder.at === null && leaving.has(placeholder.name)),
    );
    const elsewhere = (await view.find('registration')).filter(
      (route) =>
        route.project !== project && heldReferences(route).some(({ name, at }) => at === null && leaving.has(name)),
    );
    return [...new Set([...here, ...elsewhere].map(({ path, environment }) => `${path} for ${environment}`))];
  });
  if (places.length === 0) return;
  const { base, from_name: from } = rotation.secrets[0]!;
  answers.guards.refuse('still_referenced', () =>
    errors.still_referenced(
      `${from} is still named by ${places.join(', ')}`,
      'put the new name there, or forget the route: knox route remove ROUTE',
      `then: knox rotate ${base}`,
      'or: --force still_referenced --reason TEXT',
    ),
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
      `the old version was used since it was verified: ${sayUses(uses)}`,
      'find out who still asks for it, and give them the new name',
      'or: --force still_used --reason TEXT',
    ),
  );
}

function quarantine({ rotation, vault }: Work): Outcome | null {
  const from = rotation.step('verify').at ?? rotation.row.started_at;
  const until = addSeconds(from, rotation.row.quarantine);
  const now = vault.now().toISOString();
  if (rotation.row.quarantine === 0 || now >= until) return null;
  return {
    kind: 'waits',
    needs: { kind: 'time', until, environments: rotation.production, why: { of: 'quarantine' } },
  };
}

async function remove({ rotation, answers }: Work, proof: string): Promise<void> {
  const names = rotation.secrets.map(({ from_name: name }) => name);
  await rotation.change(
    { action: 'rotation-delete', secret: names[0]!, detail: { deleted: names, proof, ...answers.guards.record() } },
    async (change) => {
      for (const secret of rotation.secrets) {
        const version = await change.get('secret', secret.from_secret);
        if (version !== null && version.state !== 'deleted') await deleteVersion(change, version);
        // Whoever could read it reads a value that nothing lets in any more.
        for (const row of await change.find('exposure', { secret: secret.from_secret }))
          await change.remove('exposure', row);
      }
    },
  );
}
