/**
 * Revoking the old value where it was made, and seeing that it is dead. A source disables it first, so that production can be looked at
 * while there is a way back, then revokes it. Where there is none, a person does. Each environment's value is judged by itself
 * (`judge-old.ts`), and nothing is deleted before each has its proof.
 */
import { markRevoked } from './incident.ts';
import { judgeOld } from './judge-old.ts';
import type { Judged } from './judge-old.ts';
import { probeOld } from './old-values.ts';
import { probeProduction } from './probe-routes.ts';
import { eachSource, environmentsOf, replacedPlaces } from './replaced.ts';
import type { Replaced } from './replaced.ts';
import type { Outcome, Work } from './types.ts';

/** @returns null where each old value is dead, now or before; else what is missing, or what failed */
export async function revokeOld(work: Work): Promise<Outcome | null> {
  const { rotation } = work;
  if (rotation.isProven) return null;
  const places = await replacedPlaces(work);
  const revoked = await revokeAtSources(work, places);
  const running = await stillRunning(work, places);
  if (running !== null) return running;
  const judged = await judgeOld(work, places, revoked);
  if ('kind' in judged) return judged;
  await keepProofs(work, judged);
  return null;
}

/** @returns the places whose source has revoked the old value, now or before: from there on there is no way back */
async function revokeAtSources(work: Work, places: readonly Replaced[]): Promise<readonly Replaced[]> {
  const { rotation, guide } = work;
  const recordsOf = (place: Replaced) =>
    environmentsOf(work, place).map((name) => rotation.record(place.secret.base, name)!);
  const isRevoked = (place: Replaced) => recordsOf(place).every(({ revokedAt }) => revokedAt !== null);
  const before = places.filter(isRevoked);
  const now: Replaced[] = [];
  for (const place of places.filter((known) => !before.includes(known))) {
    if ((await eachSource([place], 'revoke')).length === 0) continue;
    now.push(place);
    const { environment, kind } = place;
    const { base, from: name } = place.secret;
    guide.note(`Revoked ${name} for ${environment} at its source (${kind})`);
    // At once: where the next one fails, there is no way back to this one.
    const detail = { sources: [{ secret: name, environment, kind }] };
    await rotation.change({ action: 'rotation-source-revoked', detail }, async (change) => {
      for (const own of environmentsOf(work, place))
        await rotation.putSecret(change, own, base, { revokedAt: change.at });
    });
  }
  return [...before, ...now];
}

/** One change: each environment's record gets its own proof, and the audit entry has them all. */
async function keepProofs({ rotation, answers }: Work, judged: readonly Judged[]): Promise<void> {
  const proofs = judged.map(({ base, environment, proof }) => {
    const { from: secret } = rotation.record(base, environment)!;
    return { secret, environment, ...proof };
  });
  const detail = { proofs, ...answers.guards.record() };
  await rotation.change({ action: 'rotation-revoked', detail }, async (change) => {
    for (const { base, environment, proof } of judged) {
      const revokedAt = rotation.record(base, environment)!.revokedAt ?? change.at;
      await rotation.putSecret(change, environment, base, { revokedAt, proof: { ...proof, at: change.at } });
    }
    await markRevoked(change, rotation);
  });
}

/** Has the sources refuse the old value, where they can, and looks at production without it. @returns null, or what that broke */
export async function disableOld(work: Work): Promise<Outcome | null> {
  if (work.rotation.isProven) return null;
  const places = await replacedPlaces(work);
  const open = places.filter((place) => !isDisabled(work, place));
  const disabled: Replaced[] = [];
  for (const place of open) {
    const done = await eachSource([place], 'disable');
    await markDisabled(work, done, true);
    disabled.push(...done);
  }
  if (disabled.length === 0 && open.length === places.length) return null;
  const { failure } = await probeProduction(work);
  if (failure === null) return null;
  await enableOld(work);
  return failure;
}

/** Takes `disableOld` back. */
export async function enableOld(work: Work): Promise<void> {
  const disabled = (await replacedPlaces(work)).filter((place) => isDisabled(work, place));
  for (const place of disabled) await markDisabled(work, await eachSource([place], 'enable'), false);
}

function isDisabled(work: Work, place: Replaced): boolean {
  const { base } = place.secret;
  return environmentsOf(work, place).every((name) => work.rotation.record(base, name)?.disabledAt !== null);
}

async function markDisabled(work: Work, places: readonly Replaced[], isNow: boolean): Promise<void> {
  if (places.length === 0) return;
  const { rotation } = work;
  const environments = places.map(({ environment }) => environment);
  const action = isNow ? 'rotation-disabled' : 'rotation-enabled';
  await rotation.change({ action, detail: { environments } }, async (change) => {
    for (const place of places) {
      const disabledAt = isNow ? change.at : null;
      for (const name of environmentsOf(work, place))
        await rotation.putSecret(change, name, place.secret.base, { disabledAt });
    }
  });
}

/** A value that still passes its probe and runs out by itself is waited for. */
async function stillRunning(work: Work, places: readonly Replaced[]): Promise<Outcome | null> {
  const now = work.vault.now().toISOString();
  const running = places.flatMap((place) => {
    const at = place.source.endsAt?.(place.old) ?? null;
    return at === null || at <= now ? [] : [{ place, at }];
  });
  if (running.length === 0) return null;
  const names = new Set(running.flatMap(({ place }) => environmentsOf(work, place)));
  const alive = (await probeOld(work)).filter(({ route, result }) => result.isPassed && names.has(route.environment));
  if (alive.length === 0) return null;
  const environments = [...new Set(alive.map(({ route }) => route.environment))];
  const until = running
    .filter(({ place }) => environmentsOf(work, place).some((name) => environments.includes(name)))
    .map(({ at }) => at)
    .toSorted()
    .at(-1)!;
  const why = { of: 'expiry', name: work.rotation.secrets[0]!.from, environments } as const;
  return { kind: 'waits', needs: { kind: 'time', until, environments, why } };
}
