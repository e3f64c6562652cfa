/** Registering a route: its placeholders are resolved there and then, and what a probe would send where is listed for a yes. */
import { Guards } from '../domain/guards.ts';
import { readRootFile } from '../files/root-file.ts';
import type { SecretReference } from '../domain/secret-name.ts';
import type { Row } from '../store/tables.ts';
import type { Change } from '../vault/change.ts';
import { recordReferences } from '../vault/held-references.ts';
import type { View } from '../vault/view.ts';
import { parseTemplate } from '../templates/template.ts';
import { hostOf, pairsOf } from './probe-settings.ts';
import { fillProbe } from './probe.ts';
import { renderRegistration } from './render-route.ts';
import { routeBytes, RouteFiles } from './registrations.ts';
import type { Registration } from './registrations.ts';

/** What `route add` says of a route in one environment. */
export type RouteSettings = Omit<Row<'registration'>, 'id' | 'names' | 'hosts' | 'created_at' | 'created_by'>;

export interface CheckedRoute {
  readonly settings: RouteSettings;
  /** Secrets that the route and its probe name, as they are written. */
  readonly references: readonly SecretReference[];
  /** How many stand in the route itself. */
  readonly placeholders: number;
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
  const references = referencesIn(routeBytes(root, registration));
  const placeholders = references.length;
  const { project, path, environment, probe } = settings;
  const filled = await fillProbe(view, root, registration, new Guards());
  const texts = probe === null ? [] : [probe, ...(JSON.parse(settings.headers) as string[])];
  for (const text of texts) references.push(...referencesIn(Buffer.from(text)));
  const pairs = probe === null ? [] : await pairsOf(view, filled?.sent ?? [], hostOf(probe));
  const known = await view.findOne('registration', { project, path, environment });
  const accepted = new Set((JSON.parse(known?.hosts ?? '[]') as [string, string][]).map((pair) => pair.join(' ')));
  return { settings, references, placeholders, pairs, newPairs: pairs.filter((pair) => !accepted.has(pair.join(' '))) };
}

function referencesIn(bytes: Uint8Array): SecretReference[] {
  return [...parseTemplate(bytes).placeholders];
}

/** Stores the registration, or changes the one that is there. */
export async function putRoute(change: Change, { settings, references, pairs }: CheckedRoute): Promise<void> {
  const { project, path, environment } = settings;
  const known = await change.findOne('registration', { project, path, environment });
  await change.put('registration', {
    ...settings,
    id: known?.id ?? change.newId(),
    names: recordReferences(references),
    hosts: JSON.stringify(pairs),
    created_at: known?.created_at ?? change.at,
    created_by: known?.created_by ?? change.actor,
  });
}

/** The name under which a file is registered already, else its own. @throws io, usage where it can not be a route */
export async function registeredPath(view: View, root: string, project: string, path: string): Promise<string> {
  if (path.startsWith('@')) return path;
  readRootFile(root, path);
  return (await RouteFiles.of(view, root, project)).nameOf(path);
}
