/** Registering a route: its placeholders are resolved there and then, and what a probe would send where is listed for a yes. */
import { Guards } from '../domain/guards.ts';
import { readRootFile } from '../files/root-file.ts';
import type { SecretReference } from '../domain/secret-name.ts';
import type { Change } from '../vault/core/change.ts';
import { recordReferences } from '../vault/secrets/held-references.ts';
import type { View } from '../vault/core/view.ts';
import type { RouteRecord } from '../vault/records/kinds.ts';
import type { RouteContent } from '../vault/records/route.ts';
import type { CommandGate } from '../vault/gate/command-gate.ts';
import { vouchFor } from '../vault/gate/vouch.ts';
import { parseTemplate } from '../templates/template.ts';
import { acceptedPairs, hostOf, pairsOf } from './probe-settings.ts';
import { requireHook } from './hook.ts';
import { fillProbe, requireProbe } from './probe.ts';
import type { PreparedProbe } from './probe.ts';
import { renderRoute } from './render-route.ts';
import { routeBytes, RouteFiles, routeIn } from './route-records.ts';

/** What `route add` says of a route in one environment. */
export type RouteSettings = Omit<RouteContent, 'id' | 'names' | 'hosts' | 'vouched' | 'createdAt' | 'createdBy'>;

/** Of a route without a probe. */
export const NO_PROBE = {
  probe: null,
  method: null,
  headers: [],
  headersFromRoute: false,
  expect: null,
  allowHttp: false,
} as const;
/** A route of which nothing is said but where it is. */
export const BARE_ROUTE: Omit<RouteSettings, 'project' | 'path'> = {
  ...NO_PROBE,
  format: null,
  template: null,
  testCommand: null,
  deployCommand: null,
  timeout: null,
};

export interface CheckedRoute {
  readonly environment: string;
  /** As it is registered until now, or null. */
  readonly known: RouteRecord | null;
  /** What the probe would send, or null. */
  readonly probe: PreparedProbe | null;
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
export async function checkRoute(
  view: View,
  root: string,
  environment: string,
  settings: RouteSettings,
): Promise<CheckedRoute> {
  const record = unstored(view, environment, settings);
  const rendered = await renderRoute(view, root, record, new Guards());
  rendered.output.wipe();
  const references = referencesIn(routeBytes(root, record));
  const placeholders = references.length;
  const { probe } = settings;
  const filled = await fillProbe(view, root, record, new Guards());
  const texts = probe === null ? [] : [probe, ...settings.headers];
  for (const text of texts) references.push(...referencesIn(Buffer.from(text)));
  const pairs = probe === null ? [] : await pairsOf(view, filled?.sent ?? [], environment, hostOf(probe));
  const known = await routeIn(view, environment, settings);
  const accepted = known === null ? new Set<string>() : acceptedPairs(known);
  const newPairs = pairs.filter((pair) => !accepted.has(pair.join(' ')));
  return { environment, known, probe: filled, settings, references, placeholders, pairs, newPairs };
}

/** As it would be read once it is stored. */
function unstored(view: View, realm: string, settings: RouteSettings): RouteRecord {
  const now = view.now.toISOString();
  const rest = { id: 'new', names: [], hosts: [], vouched: null, createdAt: now, createdBy: '' };
  return { ...settings, ...rest, kindOf: 'route', realm, entry: view.head.seq };
}

function referencesIn(bytes: Uint8Array): SecretReference[] {
  return [...parseTemplate(bytes).placeholders];
}

/**
 * Whoever changes a record vouches for all of it from then on: what somebody else put there, and is not given again, has to be one
 * that may run here. Outside of any transaction.
 * @param given settings that the person named
 * @throws untrusted_command
 */
export async function requireKept(
  { known, probe }: CheckedRoute,
  given: Partial<RouteSettings>,
  gate: CommandGate,
): Promise<void> {
  if (known === null) return;
  const isKept = (...keys: readonly (keyof RouteSettings)[]): boolean => keys.some((key) => given[key] === undefined);
  if (isKept('testCommand')) await requireHook(known, 'test', gate);
  // An inline route's text is what its command gets.
  if (isKept('deployCommand') || (known.template !== null && isKept('template')))
    await requireHook(known, 'deploy', gate);
  if (known.probe !== null && probe !== null && isKept('probe', 'headers'))
    await requireProbe({ ...probe, route: known }, gate);
}

/** Stores the record, or changes the one that is there. Whoever makes the change vouches for its commands and its address. */
export async function putRoute(
  change: Change,
  { environment, settings, references, pairs }: CheckedRoute,
): Promise<void> {
  const known = await routeIn(change, environment, settings);
  const content = {
    ...settings,
    id: known?.id ?? change.newId(),
    names: recordReferences(references),
    hosts: pairs,
    createdAt: known?.createdAt ?? change.at,
    createdBy: known?.createdBy ?? change.actor,
  };
  await change.put('route', environment, vouchFor(change, 'route', environment, content));
}

/** The name under which a file is registered already, else its own. @throws io, usage where it cannot be a route */
export async function registeredPath(view: View, root: string, project: string, path: string): Promise<string> {
  if (path.startsWith('@')) return path;
  readRootFile(root, path);
  return (await RouteFiles.of(view, root, project)).nameOf(path);
}
