/** Probing the routes of a rotation: with the new value to see that it works, with the old one to see that it is dead. */
import type { ProbeFact } from '../domain/step-facts.ts';
import { errors, isKnoxError } from '../errors.ts';
import { recordAuthFailures } from '../routes/auth-failures.ts';
import { prepareProbe, sendProbe } from '../routes/probe.ts';
import type { ProbeResult } from '../routes/probe.ts';
import type { Instead } from '../routes/render-route.ts';
import { concernedRoutes, otherProjects } from './concerned.ts';
import type { Concerned } from './concerned.ts';
import { probesText } from './fact-words.ts';
import type { Outcome, Seen, Work } from './types.ts';

type ProbeRoute = Pick<Concerned, 'record' | 'path' | 'environment'>;

export interface Probed {
  readonly route: ProbeRoute;
  readonly result: ProbeResult;
  /** Names of the versions whose values it sent. */
  readonly sent: ReadonlySet<string>;
  /** The new value is turned away as well. */
  readonly isNewToo?: boolean;
}

/** What it answered, to be kept. */
export function probeFact(
  { project: own }: Work,
  { route, result, isNewToo = false }: Pick<Probed, 'route' | 'result' | 'isNewToo'>,
): ProbeFact {
  const { project, path } = route.record;
  const { status, fault } = result;
  const place = { path, environment: route.environment, project: project === own ? null : project };
  return { ...place, status, fault, ...(isNewToo ? { isNewToo } : {}) };
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
 * @param old base to the version whose value is taken for each reference to it; a probe that would send none of them says nothing of them
 */
export async function probeWith(work: Work, route: ProbeRoute, old: Instead): Promise<Probed[]> {
  const probed = await probeOne(work, route, old);
  if (!probed.some(({ result }) => result.isRefused) || !work.rotation.isUpdated(route.environment)) return probed;
  if (await passesNow(work, route)) return probed;
  return probed.map(({ result, ...rest }) => ({ ...rest, result: { ...result, isRefused: false }, isNewToo: true }));
}

/** Whether the probe passes with what its environment is on. */
async function passesNow({ vault, root, answers, services }: Work, route: ProbeRoute): Promise<boolean> {
  const probe = await vault.read((view) => prepareProbe(view, root, route.record, answers.guards));
  return probe !== null && (await sendProbe(probe, services)).isPassed;
}

/**
 * The same with a probe of another project, which may not be for this machine: where it cannot be made or gets no answer, it says nothing.
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
    .filter(({ headersFromRoute }) => !headersFromRoute)
    .map((record) => ({ record, path: record.path, environment: record.realm }));
}

async function probedElsewhere({ vault, rotation, project }: Work, environments: readonly string[]) {
  const routes = await vault.read((view) => otherProjects(view, rotation, project, environments));
  return routes.filter(({ probe }) => probe !== null);
}

/** Projects from which a run probes these environments, which one here does not. */
export async function projectsThatProbe(work: Work, environments: readonly string[]): Promise<string[]> {
  return [...new Set((await probedElsewhere(work, environments)).map(({ project }) => project))].toSorted();
}

async function probeOne(work: Work, route: ProbeRoute, old: Instead | null): Promise<Probed[]> {
  const { vault, rotation, answers, services } = work;
  const instead = old ?? undefined;
  const probe = await vault.read((view) => prepareProbe(view, work.root, route.record, answers.guards, instead));
  if (probe === null) return [];
  const sent = new Set(probe.sent.map(({ name }) => name));
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
export async function probeRoutes(work: Work, routes: readonly Concerned[]): Promise<Looked> {
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
  const probes = bad.map((one) => probeFact(work, one));
  const said = probesText(probes);
  const { base, from } = rotation.secrets[0]!;
  const error = errors.probe_failed(
    `the probe of ${said} did not pass with the new value; ${from} still exists`,
    `fix it and continue: knox rotate ${base}`,
    `or roll back: knox rotate ${base} --rollback`,
  );
  const why = { of: 'probes', probes, isBefore: false } as const;
  return { passed, probed, seen, failure: { kind: 'failed', error, why, environments, seen } };
}

/** Probes production with what it is on now. @returns what failed */
export async function probeProduction(work: Work): Promise<Looked> {
  const { rotation, vault, root, project } = work;
  const routes = await vault.read((view) => concernedRoutes(view, rotation, root, project));
  return probeRoutes(
    work,
    routes.filter(({ environment }) => rotation.production.includes(environment)),
  );
}
