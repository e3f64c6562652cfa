/** What a migration is planned from: secrets, where their names stand, and what else hangs on them. Reads the vault and its files; needs no value. */
import { isKnoxError } from '../errors.ts';
import { findRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import { parseTemplate } from '../templates/template.ts';
import type { Template } from '../templates/template.ts';
import { heldNames } from '../vault/secrets/held-references.ts';
import { SHARED } from '../vault/documents/manifest.ts';
import type { View } from '../vault/core/view.ts';
import type { LineageRecord, NameRecord, RouteRecord } from '../vault/records/kinds.ts';
import { shownOrder } from '../vault/secrets/find-secret.ts';
import type { MigrationFacts, MigrationReference, MigrationSecret } from './plan.ts';

/** A route as it stands now. */
export interface RouteText {
  readonly record: RouteRecord;
  /** Null for an inline route, and where it could not be read. */
  readonly file: RootFile | null;
  /** Null where it could not be read. */
  readonly template: Template | null;
}

/** A secret that may be moved. */
export interface Candidate {
  readonly name: string;
  readonly base: string;
  /** What each realm says of the version that lives, the one that counts first. */
  readonly records: readonly NameRecord[];
  readonly lineages: readonly LineageRecord[];
}

export interface Read {
  readonly facts: MigrationFacts;
  readonly routes: readonly RouteText[];
  /** By the name of the version that lives. */
  readonly candidates: ReadonlyMap<string, Candidate>;
}

export async function readFacts(view: View, root: string, project: string): Promise<Read> {
  const order = shownOrder(view);
  const names = (await view.across('name'))
    .filter(({ state }) => state !== 'deleted')
    .toSorted((left, right) => order.indexOf(left.realm) - order.indexOf(right.realm));
  const lineages = Map.groupBy(await view.across('lineage'), ({ base }) => base);
  const hinder = await hindrances(view);
  const candidates = new Map<string, Candidate>();
  const found: MigrationSecret[] = [];
  const live = names.filter(({ state }) => state === 'live');
  for (const [base, records] of Map.groupBy(live, (record) => record.base)) {
    const versions = records.toSorted((left, right) => right.version - left.version);
    const { name } = versions[0]!;
    const own = records.filter((record) => record.name === name);
    const candidate = { name, base, records: own, lineages: lineages.get(base) ?? [] };
    candidates.set(name, candidate);
    const others = [...new Set(versions.map((version) => version.name))].filter((other) => other !== name);
    const older = others.length === 0 ? null : `older versions of it live: ${others.join(', ')}`;
    found.push(describe(view, candidate, older ?? hinder(candidate)));
  }
  const routes = await view.across('route');
  const here = inOrder(
    view,
    routes.filter((route) => route.project === project),
  ).map((route) => readRoute(root, route));
  const elsewhere = routes.filter((route) => route.project !== project);
  const environments = view.environmentNames().map((name) => ({ name, production: view.isProduction(name) }));
  return {
    facts: {
      environments,
      secrets: found,
      taken: new Set(names.flatMap(({ name, base }) => [name, base])),
      references: [...here.flatMap((route) => referencesIn(route, candidates)), ...elsewhere.flatMap(foreign)],
    },
    routes: here,
    candidates,
  };
}

/** By path, then by the vault's order of environments: the records' own order is chance. */
function inOrder(view: View, routes: readonly RouteRecord[]): RouteRecord[] {
  const places = view.environmentNames();
  const place = ({ realm }: RouteRecord) => places.indexOf(realm);
  return routes.toSorted((left, right) =>
    left.path === right.path ? place(left) - place(right) : left.path < right.path ? -1 : 1,
  );
}

const DISAGREES = 'its environments disagree about it: align them with knox set';

function describe(view: View, { name, base, records }: Candidate, hindrance: string | null): MigrationSecret {
  const settingsOf = ({ kind, every, owner, expectUnused }: NameRecord) => ({
    kind,
    every: String(every),
    owner: owner ?? '',
    'expect-unused': String(expectUnused),
  });
  const settings = settingsOf(records[0]!);
  const disagrees = records.some((record) => JSON.stringify(settingsOf(record)) !== JSON.stringify(settings));
  const isShared = records.some(({ realm, shared }) => realm === SHARED || shared !== null);
  const held = new Set(records.flatMap(({ realm, value }) => (value === null ? [] : [realm])));
  return {
    name,
    base,
    environments: isShared ? null : view.environmentNames().filter((place) => held.has(place)),
    settings,
    hindrance: isShared && !held.has(SHARED) ? 'it has no value' : (hindrance ?? (disagrees ? DISAGREES : null)),
  };
}

/** What would be left behind, or come to nothing, if a secret went on under another name. */
async function hindrances(view: View): Promise<(candidate: Candidate) => string | null> {
  const rotating = new Set(
    (await view.across('rotation')).flatMap(({ endedAt, secrets }) =>
      endedAt === null ? secrets.map(({ base }) => base) : [],
    ),
  );
  const receivers = (await view.across('receiver')).filter(({ kind }) => kind === 'webhook');
  const webhooks = new Set(receivers.map(({ target }) => target));
  const options = new Set(
    (await view.across('source')).flatMap((source) =>
      Object.values(source.options).flatMap((text) => namesIn(Buffer.from(text))),
    ),
  );
  return ({ name, base }) => {
    if (rotating.has(base)) return `a rotation of it is under way: knox rotate ${base}`;
    const names = [name, base];
    if (names.some((one) => webhooks.has(one))) return 'a notification is sent to the address that it holds';
    if (names.some((one) => options.has(one))) return 'a source of new values names it';
    return null;
  };
}

function readRoute(root: string, record: RouteRecord): RouteText {
  const { path, template: text } = record;
  try {
    const file = text === null ? findRootFile(root, path) : null;
    const bytes = text === null ? file?.bytes : Buffer.from(text, 'utf8');
    return { record, file, template: bytes === undefined ? null : parseTemplate(bytes) };
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return { record, file: null, template: null };
  }
}

function referencesIn(
  { record, template }: RouteText,
  candidates: ReadonlyMap<string, Candidate>,
): MigrationReference[] {
  const { path: route, realm: environment } = record;
  const target = targetOf(candidates);
  const named = [...(template?.placeholders ?? []), ...settingsPlaceholders(record)].flatMap(
    ({ name, at }) => target(name, at) ?? [],
  );
  const found = named.map((name) => ({ route, environment, name, problem: null }));
  if (template !== null) return found;
  const problem = `${route} names it and cannot be read`;
  return [...found, ...heldNames(record).map((name) => ({ route, environment, name, problem }))];
}

function foreign(record: RouteRecord): MigrationReference[] {
  const { project, path, realm: environment } = record;
  const problem = `${path} of the project "${project}" names it, and is rewritten only from there`;
  return heldNames(record).map((name) => ({ route: path, environment, name, problem }));
}

/** Which candidate a placeholder means: the version that lives, also by its base where `@current` or `@previous` chooses. */
export function targetOf(
  candidates: ReadonlyMap<string, Candidate>,
): (name: string, at: 'current' | 'previous' | null) => string | null {
  const byBase = new Map([...candidates.values()].map(({ name, base }) => [base, name]));
  return (name, at) => (candidates.has(name) ? name : at === null ? null : (byBase.get(name) ?? null));
}

function settingsPlaceholders({ probe, headers }: RouteRecord) {
  const texts = [...(probe === null ? [] : [probe]), ...headers];
  return texts.flatMap((text) => parseTemplate(Buffer.from(text)).placeholders);
}

function namesIn(bytes: Uint8Array): string[] {
  return parseTemplate(bytes).placeholders.map(({ name }) => name);
}
