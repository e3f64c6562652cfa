/** Probing the routes of a rotation: with the new value to see that it works, with the old one to see that it is dead. */
import type { StepId } from '../domain/step-texts.ts';
import { errors, isKnoxError } from '../errors.ts';
import { recordAuthFailures } from '../routes/auth-failures.ts';
import { prepareProbe, sendProbe } from '../routes/probe.ts';
import type { ProbeResult } from '../routes/probe.ts';
import type { Instead } from '../routes/render-route.ts';
import { concernedRoutes, otherProjects } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import type { Outcome, Seen, Work } from './types.ts';

type ProbeRoute = Pick<Concerned, 'registration' | 'path' | 'environment'>;

export interface Probed {
  readonly route: ProbeRoute;
  readonly result: ProbeResult;
  /** Ids of the versions whose values it sent. */
  readonly sent: ReadonlySet<string>;
}

/** Sends the probe of each route that has one, with what its environment is on. */
async function sendProbes(work: Work, routes: readonly Concerned[]): Promise<Probed[]> {
  const probed: Probed[] = [];
  for (const route of routes) probed.push(...(await probeOne(work, route, null)));
  return probed;
}

/**
 * Sends a route's probe with old values. A no of whoever turns away the new value as well, a firewall for one, is none: it is told as neither
 * a yes nor a no. Before the environment has moved there is nothing to hold it against.
 * @param old lineage to the version whose value is taken for each reference to it; a probe that would send none of them says nothing of them
 */
export async function probeWith(work: Work, route: ProbeRoute, old: Instead): Promise<Probed[]> {
  const probed = await probeOne(work, route, old);
  if (!probed.some(({ result }) => result.isRefused) || !work.rotation.isUpdated(route.environment)) return probed;
  if (await passesNow(work, route)) return probed;
  return probed.map(({ result, ...rest }) => {
    const message = `${result.message}, for the new value too`;
    return { ...rest, result: { ...result, isRefused: false, message } };
  });
}

/** Whether the probe passes with what its environment is on. */
async function passesNow({ vault, root, answers, services }: Work, route: ProbeRoute): Promise<boolean> {
  const probe = await vault.read((view) => prepareProbe(view, root, route.registration, answers.guards));
  return probe !== null && (await sendProbe(probe, services)).isPassed;
}

/**
 * The same with a probe of another project, which may not be for this machine: where it can not be made or gets no answer, it says nothing.
 * Nor does a no of whoever turns away the new value as well: at this address another service may answer here.
 */
export async function probeElsewhere(work: Work, route: ProbeRoute, old: Instead): Promise<Probed[]> {
  try {
    const probed = (await probeOne(work, route, old)).filter(({ result }) => result.status !== null);
    if (!probed.some(({ result }) => result.isRefused)) return probed;
    return (await passesNow(work, route)) ? probed : [];
  } catch (error) {
    if (!isKnoxError(error) || ![2, 5, 7].includes(error.exit)) throw error;
    return [];
  }
}

/** Routes of other projects whose probe needs no file, so that it can be sent from here. */
export async function probesElsewhere(work: Work): Promise<ProbeRoute[]> {
  return (await probedElsewhere(work, work.rotation.environments))
    .filter(({ headers_from_route: isFilled }) => isFilled !== 1)
    .map((registration) => ({ registration, path: registration.path, environment: registration.environment }));
}

async function probedElsewhere({ vault, rotation, project }: Work, environments: readonly string[]) {
  const routes = await vault.read((view) => otherProjects(view, rotation, project, environments));
  return routes.filter(({ probe }) => probe !== null);
}

/** `the project "web"`: where a run probes these environments, which one here does not; null for nowhere. */
export async function placesThatProbe(work: Work, environments: readonly string[]): Promise<string | null> {
  const names = new Set((await probedElsewhere(work, environments)).map(({ project }) => `"${project}"`));
  return names.size === 0
    ? null
    : `the ${names.size === 1 ? 'project' : 'projects'} ${[...names].toSorted().join(', ')}`;
}

/** `app.env`, with its project where that is another one. */
export function probeName({ project }: Work, { registration, path }: ProbeRoute): string {
  return registration.project === project ? path : `${path} of the project "${registration.project}"`;
}

async function probeOne(work: Work, route: ProbeRoute, old: Instead | null): Promise<Probed[]> {
  const { vault, rotation, answers, services } = work;
  const instead = old ?? undefined;
  const probe = await vault.read((view) => prepareProbe(view, work.root, route.registration, answers.guards, instead));
  if (probe === null) return [];
  const sent = new Set(probe.sent.map(({ secret }) => secret));
  if (old !== null && ![...old.values()].some((version) => typeof version === 'string' && sent.has(version))) return [];
  const result = await sendProbe(probe, services);
  if (result.isRefused && old === null) {
    const { path, environment } = route;
    await rotation.change(
      { action: 'auth-failure', environment, route: path, detail: { status: result.status } },
      (change) => recordAuthFailures(change, probe.sent, environment, `probe of ${path}`),
    );
  }
  return [{ route, result, sent }];
}

interface Looked {
  readonly passed: number;
  /** Environments that were asked. */
  readonly probed: ReadonlySet<string>;
  readonly seen: Seen;
  /** As a step's outcome. */
  readonly failure: Outcome | null;
}

/** Probes with what each environment is on now. */
export async function probeRoutes(work: Work, routes: readonly Concerned[], step: StepId): Promise<Looked> {
  const { rotation, guide } = work;
  const answers = await sendProbes(work, routes);
  const probed = new Set(answers.map(({ route }) => route.environment));
  for (const { route, result } of answers)
    guide.note(`Probe of ${route.path} for ${route.environment}: ${result.message}`);
  const bad = answers.filter(({ result }) => !result.isPassed);
  const passed = answers.length - bad.length;
  const seen = { passed, failed: bad.length };
  if (bad.length === 0) return { passed, probed, seen, failure: null };
  const environments = bad.map(({ route }) => route.environment);
  const said = bad.map(({ route, result }) => `${route.path} for ${route.environment} (${result.message})`).join(', ');
  const { base, from_name: from } = rotation.secrets[0]!;
  const error = errors.probe_failed(
    `the probe of ${said} did not pass with the new value; ${from} is still there`,
    `mend it and go on: knox rotate ${base}`,
    `or go back: knox rotate ${base} --rollback`,
  );
  const next = `The probe of ${said} failed${step === 'test-staging' ? '' : ' in production'}: mend it and run knox rotate ${base}, or go back with --rollback`;
  return { passed, probed, seen, failure: { kind: 'failed', error, next, environments, seen } };
}

/** Probes production with what it is on now. @returns what failed */
export async function probeProduction(work: Work, step: StepId): Promise<Looked> {
  const { rotation, vault, root, project } = work;
  const routes = await vault.read((view) => concernedRoutes(view, rotation, root, project));
  return probeRoutes(
    work,
    routes.filter(({ environment }) => rotation.production.includes(environment)),
    step,
  );
}
