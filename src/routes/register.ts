/** Registering a route: its placeholders are resolved there and then, and what a probe would send where is listed for a yes. */
import { Guards } from '../domain/guards.ts';
import { isKnoxError } from '../errors.ts';
import { findRootFile, readRootFile } from '../files/root-file.ts';
import type { Row } from '../store/tables.ts';
import type { Change } from '../vault/change.ts';
import type { View } from '../vault/view.ts';
import { parseTemplate } from '../templates/template.ts';
import { hostOf, pairsOf } from './probe-settings.ts';
import { renderBytes, problemsError, renderRegistration } from './render-route.ts';
import { routeBytes } from './registrations.ts';
import type { Registration } from './registrations.ts';

/** What `route add` says of a route in one environment. */
export type RouteSettings = Omit<Row<'registration'>, 'id' | 'names' | 'hosts' | 'created_at' | 'created_by'>;

export interface CheckedRoute {
  readonly settings: RouteSettings;
  /** Names of secrets in the route and its probe, as they are written. */
  readonly names: readonly string[];
  /** Base and host of each secret that the probe would send. */
  readonly pairs: readonly (readonly [string, string])[];
  /** Those among them that were not accepted before. */
  readonly newPairs: readonly (readonly [string, string])[];
}

/**
 * Resolves every placeholder of the route and of its probe. Nothing is sent and nothing is written.
 * @throws template_invalid, secret_not_found, value_missing, not_granted, io; all problems in one
 */
export async function checkRoute(view: View, root: string, settings: RouteSettings): Promise<CheckedRoute> {
  const registration = { ...settings, id: '', names: '[]', hosts: '[]' } as unknown as Registration;
  const rendered = await renderRegistration(view, root, registration, new Guards());
  rendered.output.wipe();
  const names = new Set(namesIn(routeBytes(root, registration)));
  const uses = settings.headers_from_route === 1 ? [...rendered.uses] : [];
  const texts = [...(settings.probe === null ? [] : [settings.probe]), ...(JSON.parse(settings.headers) as string[])];
  for (const text of texts) {
    const { project, path, environment } = settings;
    const part = await renderBytes(view, {
      bytes: Buffer.from(text),
      format: 'text',
      environment,
      place: { project, path },
      file: `${path} (probe)`,
      guards: new Guards(),
    });
    if ('problems' in part) throw problemsError(part.problems, environment);
    part.output.wipe();
    uses.push(...part.uses);
    for (const name of namesIn(Buffer.from(text))) names.add(name);
  }
  const pairs = settings.probe === null ? [] : await pairsOf(view, uses, hostOf(probeAddress(settings.probe)));
  const { project, path, environment } = settings;
  const known = await view.findOne('registration', { project, path, environment });
  const accepted = new Set((JSON.parse(known?.hosts ?? '[]') as [string, string][]).map((pair) => pair.join(' ')));
  return { settings, names: [...names], pairs, newPairs: pairs.filter((pair) => !accepted.has(pair.join(' '))) };
}

function namesIn(bytes: Uint8Array): string[] {
  return parseTemplate(bytes).placeholders.map(({ name }) => name);
}

/** The address with each placeholder as a word: enough to see its host, which no placeholder may decide. */
function probeAddress(probe: string): string {
  return probe.replace(/\{\{[^}]*\}\}/g, 'x');
}

/** Stores the registration, or changes the one that is there. */
export async function putRoute(change: Change, { settings, names, pairs }: CheckedRoute): Promise<void> {
  const { project, path, environment } = settings;
  const known = await change.findOne('registration', { project, path, environment });
  await change.put('registration', {
    ...settings,
    id: known?.id ?? change.newId(),
    names: JSON.stringify(names),
    hosts: JSON.stringify(pairs),
    created_at: known?.created_at ?? change.at,
    created_by: known?.created_by ?? change.actor,
  });
}

/**
 * The name under which a file is registered already, where it is: a link and the file it leads to are one route.
 * @returns the path itself where it is not
 */
export async function registeredPath(view: View, root: string, project: string, path: string): Promise<string> {
  if (path.startsWith('@')) return path;
  const { target } = readRootFile(root, path);
  for (const { path: known, template } of await view.find('registration', { project })) {
    if (known === path || template !== null) continue;
    if (targetOf(root, known) === target) return known;
  }
  return path;
}

/** Null for a registered file that is not there any more. */
function targetOf(root: string, path: string): string | null {
  try {
    return findRootFile(root, path)?.target ?? null;
  } catch (error) {
    if (isKnoxError(error)) return null;
    throw error;
  }
}
