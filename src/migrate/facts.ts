/** What a migration is planned from: secrets, where their names stand, and what else hangs on them. Reads the vault and its files; needs no value. */
import { errors, isKnoxError } from '../errors.ts';
import { findRootFile } from '../files/root-file.ts';
import type { RootFile } from '../files/root-file.ts';
import type { Registration } from '../routes/registrations.ts';
import type { StoredRow } from '../store/tables.ts';
import { parseTemplate } from '../templates/template.ts';
import type { Template } from '../templates/template.ts';
import { heldNames } from '../vault/held-references.ts';
import { SHARED } from '../vault/manifest.ts';
import type { View } from '../vault/view.ts';
import type { MigrationFacts, MigrationReference, MigrationSecret } from './plan.ts';

/** A route as it stands now. */
export interface RouteText {
  readonly registration: Registration;
  /** Null for an inline route, and where it could not be read. */
  readonly file: RootFile | null;
  /** Null where it could not be read. */
  readonly template: Template | null;
}

/** A secret that may be moved. */
export interface Candidate {
  readonly secret: StoredRow<'secret'>;
  readonly lineage: StoredRow<'lineage'>;
}

export interface Read {
  readonly facts: MigrationFacts;
  readonly routes: readonly RouteText[];
  /** By the name of the version that lives. */
  readonly candidates: ReadonlyMap<string, Candidate>;
}

export async function readFacts(view: View, root: string, project: string): Promise<Read> {
  const secrets = await view.find('secret');
  const standing = secrets.filter(({ state }) => state !== 'deleted');
  const lineages = new Map((await view.find('lineage')).map((lineage) => [lineage.id, lineage]));
  const live = Map.groupBy(
    standing.filter(({ state }) => state === 'live'),
    ({ lineage }) => lineage,
  );
  const hinder = await hindrances(view);
  const candidates = new Map<string, Candidate>();
  const found: MigrationSecret[] = [];
  for (const [id, versions] of live) {
    const lineage = lineages.get(id);
    const secret = versions.toSorted((left, right) => right.version - left.version)[0]!;
    if (lineage === undefined) throw errors.vault_damaged(`${secret.name} has no lineage`, 'knox audit verify');
    candidates.set(secret.name, { secret, lineage });
    const others = versions.filter((version) => version !== secret).map(({ name }) => name);
    const older = others.length === 0 ? null : `older versions of it live: ${others.join(', ')}`;
    found.push(await describe(view, { secret, lineage }, older ?? hinder(secret, lineage)));
  }
  const routes = inOrder(view, await view.find('registration', { project })).map((row) => readRoute(root, row));
  const elsewhere = (await view.find('registration')).filter((row) => row.project !== project);
  return {
    facts: {
      environments: view.manifest.environments,
      secrets: found,
      taken: new Set(standing.flatMap(({ name, lineage }) => [name, lineages.get(lineage)?.base ?? name])),
      references: [...routes.flatMap((route) => referencesIn(route, candidates)), ...elsewhere.flatMap(foreign)],
    },
    routes,
    candidates,
  };
}

/** By path, then by the vault's order of environments: the rows' own order is chance. */
function inOrder(view: View, rows: readonly Registration[]): Registration[] {
  const places = view.environmentNames();
  const place = ({ environment }: Registration) => places.indexOf(environment);
  return rows.toSorted((left, right) =>
    left.path === right.path ? place(left) - place(right) : left.path < right.path ? -1 : 1,
  );
}

async function describe(
  view: View,
  { secret, lineage }: Candidate,
  hindrance: string | null,
): Promise<MigrationSecret> {
  const { id, name, scope, kind, every, owner, expect_unused: unused } = secret;
  const held = new Set((await view.find('value', { secret: id })).map(({ environment }) => environment));
  const environments = scope === SHARED ? null : view.environmentNames().filter((place) => held.has(place));
  return {
    name,
    base: lineage.base,
    environments,
    settings: { kind, every: String(every), owner: owner ?? '', 'expect-unused': String(unused) },
    hindrance: environments === null && !held.has(SHARED) ? 'it has no value' : hindrance,
  };
}

/** What would be left behind, or come to nothing, if a secret went on under another name. */
async function hindrances(
  view: View,
): Promise<(secret: StoredRow<'secret'>, lineage: StoredRow<'lineage'>) => string | null> {
  const rotating = new Set<string>();
  for (const { id, ended_at: end } of await view.find('rotation')) {
    if (end !== null) continue;
    for (const { lineage } of await view.find('rotation_secret', { rotation: id })) rotating.add(lineage);
  }
  const webhooks = new Set(
    (await view.find('notification')).filter(({ kind }) => kind === 'webhook').map(({ target }) => target),
  );
  const options = new Set((await view.find('source')).flatMap((source) => namesIn(Buffer.from(source.options))));
  return ({ name }, { id, base }) => {
    if (rotating.has(id)) return `a rotation of it is under way: knox rotate ${base}`;
    const names = [name, base];
    if (names.some((one) => webhooks.has(one))) return 'a notification is sent to the address that it holds';
    if (names.some((one) => options.has(one))) return 'a source of new values names it';
    return null;
  };
}

function readRoute(root: string, registration: Registration): RouteText {
  const { path, template: text } = registration;
  try {
    const file = text === null ? findRootFile(root, path) : null;
    const bytes = text === null ? file?.bytes : Buffer.from(text, 'utf8');
    return { registration, file, template: bytes === undefined ? null : parseTemplate(bytes) };
  } catch (error) {
    if (!isKnoxError(error)) throw error;
    return { registration, file: null, template: null };
  }
}

function referencesIn(
  { registration, template }: RouteText,
  candidates: ReadonlyMap<string, Candidate>,
): MigrationReference[] {
  const { path: route, environment } = registration;
  const target = targetOf(candidates);
  const named = [...(template?.placeholders ?? []), ...settingsPlaceholders(registration)].flatMap(
    ({ name, at }) => target(name, at) ?? [],
  );
  const found = named.map((name) => ({ route, environment, name, problem: null }));
  if (template !== null) return found;
  const problem = `${route} names it and can not be read`;
  return [...found, ...heldNames(registration).map((name) => ({ route, environment, name, problem }))];
}

function foreign(registration: Registration): MigrationReference[] {
  const { project, path, environment } = registration;
  const problem = `${path} of the project "${project}" names it, and is rewritten only from there`;
  return heldNames(registration).map((name) => ({ route: path, environment, name, problem }));
}

/** Which candidate a placeholder means: the version that lives, also by its base where `@current` or `@previous` chooses. */
export function targetOf(
  candidates: ReadonlyMap<string, Candidate>,
): (name: string, at: 'current' | 'previous' | null) => string | null {
  const byBase = new Map([...candidates.values()].map(({ secret, lineage }) => [lineage.base, secret.name]));
  return (name, at) => (candidates.has(name) ? name : at === null ? null : (byBase.get(name) ?? null));
}

function settingsPlaceholders({ probe, headers }: Registration) {
  const texts = [...(probe === null ? [] : [probe]), ...(JSON.parse(headers) as string[])];
  return texts.flatMap((text) => parseTemplate(Buffer.from(text)).placeholders);
}

function namesIn(bytes: Uint8Array): string[] {
  return parseTemplate(bytes).placeholders.map(({ name }) => name);
}
