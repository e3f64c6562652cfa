/**
 * Revoking the old value where it was made, and seeing that it is dead. A source disables it first, so that production can be looked at
 * while there is a way back, then revokes it. Where there is none, a person does. The probes say whether the old value is refused, and
 * knox goes no further while one of them still lets it in.
 */
import { untilText } from '../domain/duration.ts';
import { providerForName } from '../domain/providers.ts';
import { momentText, secondsBetween } from '../domain/time.ts';
import { errors } from '../errors.ts';
import { SHARED } from '../vault/manifest.ts';
import { concernedRoutes } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { markRevoked } from './incident.ts';
import { probeProduction, sendProbes } from './probe-routes.ts';
import type { Probed } from './probe-routes.ts';
import type { Rotation } from './rotation.ts';
import { eachSource, environmentsOf, replacedPlaces } from './sources.ts';
import type { Replaced } from './sources.ts';
import type { Outcome, Work } from './types.ts';

/** @returns null where the old value is revoked, now or before; else what is missing, or what failed */
export async function revokeOld(work: Work): Promise<Outcome | null> {
  const { rotation, answers } = work;
  if (rotation.isRevoked) return null;
  const proof = await proveDead(work);
  if ('kind' in proof) return proof;
  await rotation.change(
    { action: 'rotation-revoked', detail: { proof: proof.text, ...answers.guards.record() } },
    async (change) => {
      for (const known of rotation.rows.environments) {
        const { entry: _entry, tag: _tag, ...row } = known;
        const how = row.is_kept === 1 ? 'kept' : (proof.refused.get(row.environment) ?? proof.text);
        await change.put('rotation_environment', { ...row, revoked_at: change.at, proof: how });
      }
      await markRevoked(change, rotation);
    },
  );
  return null;
}

/** How it is known that the old value is dead, by the records of the environments. */
export function proofText({ rows }: Rotation): string {
  const proofs = rows.environments.filter(({ is_kept: isKept }) => isKept === 0);
  const refused = proofs.filter(({ proof }) => proof?.startsWith(REFUSED) === true);
  const texts = new Set(proofs.filter((row) => !refused.includes(row)).map(({ proof }) => proof ?? ''));
  const dead = new Set(refused.map(({ environment, proof }) => `${environment} ${proof}`));
  return dead.size > 0 ? `dead: ${[...dead].join('; ')}` : [...texts].join('; ');
}

const REFUSED = 'refused by the probe of ';

interface Proof {
  /** For the record: how it is known. */
  readonly text: string;
  /** By environment: the probe that was refused. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Has the sources refuse the old value, where they can, and looks at production without it. @returns null, or what that broke */
export async function disableOld(work: Work): Promise<Outcome | null> {
  if (work.rotation.isRevoked) return null;
  const places = await replacedPlaces(work);
  const open = places.filter((place) => !isDisabled(work, place));
  const disabled = await eachSource(open, 'disable');
  await markDisabled(work, disabled, true);
  if (disabled.length === 0 && open.length === places.length) return null;
  const { failure } = await probeProduction(work, 'delete-old');
  if (failure === null) return null;
  await enableOld(work);
  return failure;
}

/** Takes `disableOld` back. */
export async function enableOld(work: Work): Promise<void> {
  const disabled = (await replacedPlaces(work)).filter((place) => isDisabled(work, place));
  await markDisabled(work, await eachSource(disabled, 'enable'), false);
}

function isDisabled(work: Work, place: Replaced): boolean {
  const { lineage } = place.secret;
  return environmentsOf(work, place).every((name) => work.rotation.record(lineage, name)?.disabled_at !== null);
}

async function markDisabled(work: Work, places: readonly Replaced[], isNow: boolean): Promise<void> {
  if (places.length === 0) return;
  const { rotation } = work;
  const environments = places.map(({ environment }) => environment);
  const action = isNow ? 'rotation-disabled' : 'rotation-enabled';
  await rotation.change({ action, detail: { environments } }, async (change) => {
    for (const place of places) {
      for (const name of environmentsOf(work, place)) {
        const { entry: _entry, tag: _tag, ...row } = rotation.record(place.secret.lineage, name)!;
        await change.put('rotation_environment', { ...row, disabled_at: isNow ? change.at : null });
      }
    }
  });
}

/** What the probes say of the old value, and else its source, and else a person. */
async function proveDead(work: Work): Promise<Proof | Outcome> {
  const places = await replacedPlaces(work);
  const revoked = await eachSource(places, 'revoke');
  for (const { secret, environment, kind } of revoked)
    work.guide.note(`Revoked ${secret.from_name} for ${environment} at its source (${kind})`);
  const isAll = revoked.length > 0 && replacedWithout(work, revoked).length === 0;
  const running = await stillRunning(work, places);
  if (running !== null) return running;
  return isAll ? seeDead(work, revoked) : askForDeath(work);
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
  const { base, from_name: from } = work.rotation.secrets[0]!;
  const next = `The value of ${from} for ${environments.join(', ')} is let in until it runs out by itself, at ${momentText(until)} (${untilText(secondsBetween(now, until))}); then: knox rotate ${base}`;
  return { kind: 'waits', needs: { kind: 'time', until, environments, next } };
}

/** Places that got a new value, and whose old one no source has revoked. */
function replacedWithout({ rotation }: Work, revoked: readonly Replaced[]): string[] {
  return rotation.secrets.flatMap((secret) =>
    rotation.placesOf(secret).filter((environment) => {
      if (environment !== SHARED && rotation.record(secret.lineage, environment)?.is_kept === 1) return false;
      return !revoked.some((place) => place.secret.lineage === secret.lineage && place.environment === environment);
    }),
  );
}

/** Providers take a moment to tell all their servers: the probes are sent again for up to ten minutes. */
async function seeDead(work: Work, revoked: readonly Replaced[]): Promise<Proof | Outcome> {
  const { base, from_name: from } = work.rotation.secrets[0]!;
  for (let waited = 0, pause = FIRST_PAUSE_MS; ; waited += pause, pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const probed = await probeOld(work);
    if (probed.length === 0) {
      const kinds = [...new Set(revoked.map(({ kind }) => kind))].join(', ');
      return { text: `revoked at its source (${kinds}); no probe could tell that it is dead`, refused: new Map() };
    }
    const alive = probed.filter(({ result }) => !result.isRefused);
    if (alive.length === 0) return refusedBy(probed);
    const said = alive
      .map(({ route, result }) => `${route.path} for ${route.environment} (${result.message})`)
      .join(', ');
    if (waited >= PATIENCE_MS) {
      const next = `Find out why the old value still passes the probe of ${said}, then: knox rotate ${base}`;
      const text = `${from} was revoked at its source, and is not refused by the probe of ${said} after ten minutes`;
      return { kind: 'failed', error: errors.probe_failed(text, next), next };
    }
    if (waited === 0) work.guide.note(`Not dead yet: ${said}. Trying again for up to ten minutes.`);
    await work.sleep(pause);
  }
}

const PATIENCE_MS = 600_000;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

/** A person revokes; the probes say whether that is so, where there are any. */
async function askForDeath(work: Work): Promise<Proof | Outcome> {
  const { rotation, answers, guide } = work;
  const { base, from_name: from } = rotation.secrets[0]!;
  const hints = howToRevoke(base, from);
  for (;;) {
    const probed = await probeOld(work);
    if (probed.length === 0) break;
    const alive = probed.filter(({ result }) => !result.isRefused);
    if (alive.length === 0) return refusedBy(probed);
    const said = alive.map(({ route, result }) => `${route.path} for ${route.environment} (${result.message})`);
    const isLetIn = alive.some(({ result }) => result.isPassed);
    const what = isLetIn
      ? `the old value still passes the probe of`
      : 'the old value was neither let in nor refused by';
    const answer = await guide.vouch({
      step: 'delete-old',
      question: 'Is it revoked now, and shall knox try again?',
      lines: [`${what} ${said.join(', ')}`, ...hints],
    });
    if (answer === true) continue;
    const error = errors.probe_failed(
      `${what} ${said.join(', ')}: ${from} is not dead yet`,
      ...hints,
      `then: knox rotate ${base}`,
    );
    return { kind: 'failed', error, next: `${hints[0]}, then: knox rotate ${base}` };
  }
  if (rotation.row.source === 'generate') {
    const isSaid = answers.isYes || answers.confirm.has('delete-old');
    if (isSaid || (await guide.vouch(deletion(from))) === true)
      return { text: 'unproven: no probe could tell that the old value is dead', refused: new Map() };
  } else if (
    answers.confirm.has('delete-old') ||
    (await guide.vouch({ step: 'delete-old', question: `Did you revoke the value of ${from}?`, lines: hints })) === true
  ) {
    return { text: 'vouched for: a person revoked the old value', refused: new Map() };
  }
  const next = `${hints[0]}, then: knox rotate ${base} --confirm delete-old`;
  return { kind: 'waits', needs: { kind: 'confirm', until: null, environments: rotation.environments, next } };
}

function deletion(from: string) {
  return {
    step: 'delete-old',
    question: `Delete ${from} for good?`,
    lines: ['No probe can tell whether its value is still let in somewhere: the record will say unproven.'],
  } as const;
}

function howToRevoke(base: string, from: string): string[] {
  const provider = providerForName(base);
  const page = provider?.keysPage ?? null;
  const where = page === null ? 'where it was made' : `at ${page}`;
  const how = provider?.howToRevoke ?? null;
  return [`Revoke the value of ${from} ${where}`, ...(how === null ? [] : [how])];
}

/** Sends the probes with the old value, for each environment that got a new one. */
async function probeOld(work: Work): Promise<Probed[]> {
  const { rotation, vault, root, project } = work;
  const routes = await vault.read((view) => concernedRoutes(view, rotation, root, project));
  const probed: Probed[] = [];
  for (const secret of rotation.secrets) {
    const instead = new Map([[secret.lineage, secret.from_secret]]);
    const own = routes.filter((route) => isReplaced(work, route, secret.lineage));
    probed.push(...(await sendProbes(work, own, instead)));
  }
  return probed;
}

function isReplaced({ rotation }: Work, { environment, mine }: Concerned, lineage: string): boolean {
  const record = rotation.record(lineage, environment);
  return record !== null && record.is_kept === 0 && mine.some(({ secret }) => secret.lineage === lineage);
}

function refusedBy(probed: readonly Probed[]): Proof {
  const refused = new Map(
    probed.map(({ route, result }) => [route.environment, `${REFUSED}${route.path}: ${result.message}`]),
  );
  return { text: `dead: ${[...refused].map(([place, how]) => `${place} ${how}`).join('; ')}`, refused };
}
