/**
 * A secret as `list --json` and `show --json` have it: made here and nowhere else, of what each realm says of it. Where
 * they disagree the first one counts that can be read; dates are the first and the last of all. Needs no key.
 */
import { dueAt, intervalOf } from '../../domain/kinds.ts';
import type { Kind } from '../../domain/kinds.ts';
import { SHARED } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';
import type { LineageRecord, NameRecord, RotationPart, RouteRecord, UseRecord, ValueRecord } from '../records/kinds.ts';
import { chosenVersions, isStanding, requireSecret, shownOrder } from './find-secret.ts';
import { routesByVersion } from './held-references.ts';
import { livesOf } from './lives.ts';

export interface ListedSecret {
  readonly name: string;
  readonly base: string;
  readonly version: number;
  readonly state: 'live' | 'withdrawn' | 'deleted';
  readonly scope: 'environments' | 'shared';
  readonly kind: Kind;
  /** In the vault's order; empty for a shared secret. */
  readonly environments: readonly string[];
  readonly note: string | null;
  readonly owner: string | null;
  /** Seconds between two rotations, its own or what its kind says; null where it has no schedule. */
  readonly every: number | null;
  readonly expiresAt: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  /** How many registered routes name it. */
  readonly routes: number;
  readonly dueAt: string | null;
  /** Id of the rotation under way. */
  readonly rotation: string | null;
}

export interface ShownSecret extends ListedSecret {
  /** Whether it is meant to lie unused. */
  readonly expectUnused: boolean;
  readonly values: readonly {
    readonly environment: string | null;
    readonly createdAt: string;
    readonly lastUsedAt: string | null;
  }[];
  readonly routePaths: readonly string[];
  /** The version that each environment is on. */
  readonly current: Readonly<Record<string, string>>;
  readonly versions: readonly {
    readonly name: string;
    readonly version: number;
    readonly state: string;
    readonly createdAt: string;
    readonly deletedAt: string | null;
  }[];
}

/** What every secret of a list is held against, read once. */
interface Surroundings {
  readonly environments: readonly string[];
  /** Realms whose key is at hand. */
  readonly readable: ReadonlySet<string>;
  /** By realm and base. */
  readonly lineages: ReadonlyMap<string, LineageRecord>;
  readonly uses: ReadonlyMap<string, readonly UseRecord[]>;
  /** By the name of the version that they mean. */
  readonly routes: ReadonlyMap<string, readonly RouteRecord[]>;
  /** Rotation under way by base. */
  readonly rotations: ReadonlyMap<string, string>;
  /**
   * Of each version that these make, by realm and name, when the value was made that it took over; null where it is new, so that a date that
   * was set before is not its own.
   */
  readonly made: ReadonlyMap<string, string | null>;
}

/** Live and withdrawn secrets, sorted by name (code points). @param environment only what resolves there */
export async function listSecrets(view: View, environment?: string): Promise<ListedSecret[]> {
  const lineages = await view.across('lineage');
  const around = {
    ...(await surroundings(view, await view.across('use'))),
    lineages: new Map(lineages.map((record) => [keyOf(record.realm, record.base), record])),
  };
  const isAsked = (record: NameRecord): boolean =>
    isStanding(record) && (environment === undefined || record.realm === environment);
  return [...Map.groupBy(await view.across('name'), ({ name }) => name).values()]
    .filter((records) => records.some(isAsked))
    .map((records) => listed(shown(view, records), around))
    .toSorted((left, right) => byCodePoint(left.name, right.name));
}

/** One secret with everything that is known of it, deleted or not. @throws secret_not_found */
export async function showSecret(view: View, name: string): Promise<ShownSecret> {
  const records = shown(view, await view.getAcross('name', name));
  const { base, expectUnused } = records[0] ?? (await requireSecret(view, name));
  const uses = await usesOf(view, name);
  const lineages = await view.getAcross('lineage', base, shownOrder(view));
  const around = {
    ...(await surroundings(view, uses)),
    lineages: new Map(lineages.map((record) => [keyOf(record.realm, base), record])),
  };
  const current: [string, string][] = [];
  for (const environment of around.environments) {
    const lineage = around.lineages.get(keyOf(environment, base));
    const chosen = lineage === undefined ? null : (await chosenVersions(view, lineage)).current;
    if (chosen !== null) current.push([environment, chosen.name]);
  }
  return {
    ...listed(records, around),
    expectUnused,
    values: await valuesOf(view, records, uses),
    routePaths: [...new Set((around.routes.get(name) ?? []).map(({ path }) => path))].toSorted(),
    current: Object.fromEntries(current),
    versions: await versionsOf(view, lineages),
  };
}

/** What the realms say, the one that counts first: where the name stands and where that can be read goes before where it was. */
function shown(view: View, records: readonly NameRecord[]): NameRecord[] {
  const order = shownOrder(view);
  const rank = (record: NameRecord): number => (isStanding(record) ? 0 : order.length) + order.indexOf(record.realm);
  return records.filter(({ state }) => state !== 'pending').toSorted((left, right) => rank(left) - rank(right));
}

async function usesOf(view: View, name: string): Promise<UseRecord[]> {
  const found: UseRecord[] = [];
  for (const realm of view.realmNames()) found.push(...(await view.about('use', realm, name)));
  return found;
}

async function valuesOf(
  view: View,
  records: readonly NameRecord[],
  uses: readonly UseRecord[],
): Promise<ShownSecret['values']> {
  const found: ShownSecret['values'][number][] = [];
  for (const realm of view.realmNames()) {
    const record = records.find((one) => one.realm === realm && one.value !== null);
    const value: ValueRecord | null = record === undefined ? null : await view.valueOf(record);
    if (value === null) continue;
    // A use of a shared value is recorded in the environment that was asked.
    const own = realm === SHARED ? uses : uses.filter((use) => use.realm === realm);
    const environment = realm === SHARED ? null : realm;
    found.push({ environment, createdAt: value.createdAt, lastUsedAt: latest(own) });
  }
  return found;
}

async function versionsOf(view: View, lineages: readonly LineageRecord[]): Promise<ShownSecret['versions']> {
  const [first] = lineages;
  const names = new Set(lineages.flatMap((lineage) => lineage.names));
  const found: ShownSecret['versions'][number][] = [];
  for (const name of names) {
    const records = (await view.getAcross('name', name, shownOrder(view))).filter(
      ({ base, state }) => base === first!.base && state !== 'pending',
    );
    if (records.length === 0) continue;
    const state = records.some((record) => record.state === 'live')
      ? 'live'
      : records.some((record) => record.state === 'withdrawn')
        ? 'withdrawn'
        : 'deleted';
    const lives = livesOf(records);
    for (const life of lives)
      found.push({ name, version: records[0]!.version, state: life.deletedAt === null ? state : 'deleted', ...life });
  }
  return found.toSorted(
    (left, right) =>
      left.version - right.version ||
      byCodePoint(left.createdAt, right.createdAt) ||
      Number(left.deletedAt === null) - Number(right.deletedAt === null),
  );
}

async function surroundings(view: View, uses: readonly UseRecord[]): Promise<Omit<Surroundings, 'lineages'>> {
  const rotations = new Map<string, string>();
  const made = new Map<string, string | null>();
  const environments = view.environmentNames();
  const readable = environments.filter((name) => view.canRead(name));
  const parts: RotationPart[] = [];
  for (const environment of readable.length > 0 ? readable : environments)
    parts.push(...(await view.all('rotation', environment)));
  for (const { id, realm, endedAt, secrets } of parts) {
    if (endedAt !== null) continue;
    for (const { base, from, to, isKept } of secrets) {
      rotations.set(base, id);
      made.set(keyOf(realm, to), isKept ? ((await view.get('name', realm, from))?.createdAt ?? null) : null);
    }
  }
  return {
    environments,
    readable: new Set(view.readableRealms()),
    uses: Map.groupBy(uses, ({ name }) => name),
    routes: await routesByVersion(view),
    rotations,
    made,
  };
}

/** @param records what the realms say, or said, the one that counts first */
function listed(records: readonly NameRecord[], around: Surroundings): ListedSecret {
  const [first] = records as [NameRecord];
  const { name, base, version, kind, note, owner, every } = first;
  // Of what cannot be read nothing is proved: it makes nothing due that can.
  const isAlike = ({ state, realm }: NameRecord): boolean =>
    state === first.state && around.readable.has(realm) === around.readable.has(first.realm);
  const holding = new Set(records.flatMap(({ realm, value }) => (value === null ? [] : [realm])));
  return {
    name,
    base,
    version,
    state: first.state as ListedSecret['state'],
    scope: first.realm === SHARED || first.shared !== null ? 'shared' : 'environments',
    kind,
    environments: around.environments.filter((environment) => holding.has(environment)),
    note,
    owner,
    every: intervalOf({ kind, every }),
    expiresAt: earliest(records.filter(isAlike).map((record) => record.expiresAt)),
    createdAt: livesOf(records).at(-1)!.createdAt,
    lastUsedAt: latest(around.uses.get(name) ?? []),
    routes: new Set((around.routes.get(name) ?? []).map(({ project, path }) => `${project}\0${path}`)).size,
    dueAt: earliest(records.filter(isAlike).map((record) => dueIn(record, around))),
    rotation: around.rotations.get(base) ?? null,
  };
}

/** When the secret is due in one realm. A value that was kept is as old as it was. */
function dueIn({ realm, name, base, kind, every, createdAt }: NameRecord, { lineages, made }: Surroundings) {
  const isMade = made.has(keyOf(realm, name));
  const from = made.get(keyOf(realm, name)) ?? null;
  if (isMade && from === null) return dueAt({ kind, every, createdAt, dueAt: null });
  return dueAt({ kind, every, createdAt: from ?? createdAt, dueAt: lineages.get(keyOf(realm, base))?.dueAt ?? null });
}

function earliest(times: readonly (string | null)[]): string | null {
  return times.filter((time) => time !== null).toSorted()[0] ?? null;
}

function latest(uses: readonly Pick<UseRecord, 'lastAt'>[]): string | null {
  return (
    uses
      .map(({ lastAt }) => lastAt)
      .toSorted()
      .at(-1) ?? null
  );
}

function keyOf(realm: string, name: string): string {
  return `${realm} ${name}`;
}

function byCodePoint(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
