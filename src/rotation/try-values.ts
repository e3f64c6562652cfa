/**
 * Trying new values before anything goes by them: each probe that can be filled is sent with the new value while every file still names
 * the old version. In step 2 the value is stored nowhere yet; before an update it is the pending one of the vault.
 */
import type { StepId } from '../domain/step-texts.ts';
import { errors, isKnoxError } from '../errors.ts';
import { recordAuthFailures } from '../routes/auth-failures.ts';
import { prepareProbe, sendProbe } from '../routes/probe.ts';
import type { PreparedProbe, ProbeResult } from '../routes/probe.ts';
import type { Instead, Trial } from '../routes/render-route.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import { concernedRoutes } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { isKeptAt, placeFor, valueAt } from './offered.ts';
import { probeFact } from './probe-routes.ts';
import type { Offered } from './offered.ts';
import type { Outcome, Work } from './types.ts';

interface Tried {
  readonly route: Concerned;
  readonly probe: PreparedProbe;
  readonly result: ProbeResult;
}

/**
 * Sends the probes of all environments whose new values are complete with these. One that cannot be sent now is left to the update.
 * @returns the environments whose probe refused them and was overruled
 * @throws probe_failed, and invalid_value for what no request can hold
 */
export async function tryOffered(work: Work, offered: readonly Offered[]): Promise<ReadonlySet<string>> {
  const { rotation, guide, answers, vault, root, project } = work;
  const mine = offered.filter(({ isGenerated }) => !isGenerated);
  const environments = rotation.environments.filter((name) =>
    mine.some(({ place: { environment } }) => environment === SHARED || environment === name),
  );
  if (environments.length === 0) return new Set();
  const routes = await lenient(work, () => vault.read((view) => concernedRoutes(view, rotation, root, project)));
  const refused: Tried[] = [];
  for (const route of routes ?? []) {
    if (!environments.includes(route.environment)) continue;
    const tried = await tryOne(work, route, (view) => trialsFor(view, work, route.environment, offered));
    if (tried?.result.isRefused === true) refused.push(tried);
    else if (tried !== null) say(work, tried);
  }
  if (refused.length === 0) return new Set();
  for (const { route, result } of refused) {
    // The value belongs to no version yet: there is no secret to count it for.
    const { path, environment } = route;
    const { to: secret } = rotation.secrets[0]!;
    await rotation.change(
      { action: 'auth-failure', secret, environment, route: path, detail: { status: result.status, stored: false } },
      async () => undefined,
    );
  }
  const { base } = rotation.secrets[0]!;
  const error = errors.probe_failed(
    `the new value was refused by the probe of ${described(refused)}; nothing of it was stored`,
    `give the right one: knox rotate ${base}`,
    'or, if the service learns of it only by the deployment: --force untested --reason TEXT',
  );
  answers.guards.refuse('untested', () => error);
  guide.warn('untested', `accepted anyway: the new value was refused by the probe of ${described(refused)}`);
  return new Set(refused.map(({ route }) => route.environment));
}

/**
 * Sends the probes of these routes with the values that they are about to get.
 * @returns the failure that keeps their files from being touched, or null
 */
export async function tryStored(work: Work, step: StepId, routes: readonly Concerned[]): Promise<Outcome | null> {
  const { rotation, guide, answers } = work;
  const bad: Tried[] = [];
  for (const route of routes.filter(({ environment }) => !isKept(work, environment))) {
    const tried = await tryOne(work, route, (view) => trialsFor(view, work, route.environment, []), false);
    if (tried === null) continue;
    say(work, tried);
    if (!tried.result.isPassed && (await isInTheWay(work, step, tried))) bad.push(tried);
  }
  if (bad.length === 0) return null;
  for (const { route, probe, result } of bad.filter((one) => one.result.isRefused)) {
    const { path, environment } = route;
    await rotation.change(
      { action: 'auth-failure', environment, route: path, detail: { status: result.status } },
      (change) => recordAuthFailures(change, probe.sent, environment, `probe of ${path}`),
    );
  }
  const { base } = rotation.secrets[0]!;
  const said = described(bad);
  const error = errors.probe_failed(
    `the probe of ${said} did not pass with the new value; nothing was changed there`,
    `fix it and continue: knox rotate ${base}`,
    `or roll back: knox rotate ${base} --rollback`,
    'or, if the service learns of it only by the deployment: --force untested --reason TEXT',
  );
  if (!answers.guards.names('untested')) {
    const why = { of: 'probes', probes: bad.map((one) => probeFact(work, one)), isBefore: true } as const;
    return { kind: 'failed', error, why, environments: bad.map(({ route }) => route.environment) };
  }
  answers.guards.refuse('untested', () => error);
  guide.warn('untested', `updated anyway: the probe of ${said} did not pass`);
  return null;
}

/** The request with the new value and what came of it; null where there is none, or where it says nothing of the new value. */
async function tryOne(
  work: Work,
  route: Concerned,
  insteadOf: (view: View) => Promise<Instead | null>,
  isLenient = true,
): Promise<Tried | null> {
  const { vault, rotation, root, answers, services } = work;
  if (route.record.probe === null) return null;
  const prepare = (): Promise<PreparedProbe | null> =>
    vault.read(async (view) => {
      const instead = await insteadOf(view);
      return instead === null ? null : prepareProbe(view, root, route.record, answers.guards, instead);
    });
  const probe = await (isLenient ? lenient(work, prepare) : prepare());
  if (probe === null) return null;
  if (!probe.sent.some(({ name }) => rotation.secrets.some(({ to }) => to === name))) return null;
  return { route, probe, result: await sendProbe(probe, services) };
}

/** What cannot be tried yet is no fault of the value; what no request can hold is. */
async function lenient<T>({ guide }: Work, prepare: () => Promise<T>): Promise<T | null> {
  try {
    return await prepare();
  } catch (error) {
    if (!isKnoxError(error) || error.exit === 8 || error.exit === 4 || error.code === 'invalid_value') throw error;
    guide.note(`The new value cannot be tested yet: ${error.message}`);
    return null;
  }
}

/** For each secret of the rotation its value there; null while one of them is missing. */
async function trialsFor(
  view: View,
  { rotation }: Work,
  environment: string,
  offered: readonly Offered[],
): Promise<Instead | null> {
  const instead = new Map<string, string | Trial>();
  for (const secret of rotation.secrets) {
    const own = rotation.record(secret.base, environment);
    if (own === null) continue;
    const { base, to } = own;
    const place = placeFor(rotation, secret, environment);
    const given = offered.find((one) => one.place.secret.base === base && one.place.environment === place);
    const record = given === undefined ? null : await view.get('name', environment, to);
    if (given !== undefined && record !== null) instead.set(base, { record, value: given.value });
    else if ((await valueAt(view, to, place)) === null) return null;
    else instead.set(base, to);
  }
  return instead;
}

/** Nothing is new there. */
export function isKept({ rotation }: Work, environment: string): boolean {
  return rotation.secrets.every((secret) => isKeptAt(rotation, { secret, environment }));
}

/**
 * Whether a probe that did not pass speaks against the update. What knox itself made is known to a service only once it was deployed:
 * there it does so only where the value of today does not pass either. Step 5 is there to try what step 4 has deployed.
 */
async function isInTheWay(work: Work, step: StepId, { route, result }: Tried): Promise<boolean> {
  const { vault, root, answers, services, guide } = work;
  const isProduction = step === 'update-production';
  if (!(await vault.read((view) => isUnknownBefore(view, work, route.environment))))
    return isProduction || result.isRefused;
  if (!isProduction) return false;
  const probe = await vault.read((view) => prepareProbe(view, root, route.record, answers.guards));
  const today = probe === null ? null : await sendProbe(probe, services);
  if (today?.isPassed !== true) return true;
  guide.note('The present value passes: the service learns the new one by the deployment.');
  return false;
}

async function isUnknownBefore(view: View, { rotation }: Work, environment: string): Promise<boolean> {
  for (const secret of rotation.secrets) {
    const own = rotation.record(secret.base, environment);
    const found = own === null ? null : await valueAt(view, own.to, placeFor(rotation, secret, environment));
    if (found?.value.facts.isUnknown === true) return true;
  }
  return false;
}

function say({ guide }: Work, { route, result }: Tried): void {
  guide.note(`Probe of ${route.path} for ${route.environment} with the new value: ${result.message}`);
}

function described(tried: readonly Tried[]): string {
  return tried.map(({ route, result }) => `${route.path} for ${route.environment} (${result.message})`).join(', ');
}
