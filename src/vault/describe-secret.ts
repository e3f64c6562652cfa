/** A secret as `list --json` and `show --json` have it (contract, section 4): made here and nowhere else. Needs no key. */
import { dueAt, intervalOf } from '../domain/kinds.ts';
import type { Kind, Schedule } from '../domain/kinds.ts';
import { isKnoxError } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { versionAt } from './find-secret.ts';
import { routesByVersion } from './held-references.ts';
import { SHARED } from './manifest.ts';
import type { View } from './view.ts';

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
  readonly lineages: ReadonlyMap<string, StoredRow<'lineage'>>;
  readonly values: ReadonlyMap<string, readonly StoredRow<'value'>[]>;
  readonly uses: ReadonlyMap<string, readonly StoredRow<'usage'>[]>;
  /** By the id of the version that they mean. */
  readonly routes: ReadonlyMap<string, readonly StoredRow<'registration'>[]>;
  /** Rotation under way by lineage. */
  readonly rotations: ReadonlyMap<string, string>;
  /**
   * Of each version that these make, what it took a value over from; null where all of it is new, so that a date that was set before is
   * not its own.
   */
  readonly made: ReadonlyMap<string, StoredRow<'secret'> | null>;
  readonly order: readonly string[];
}

/** Live and withdrawn secrets, sorted by name (code points). */
export async function listSecrets(view: View): Promise<ListedSecret[]> {
  const around = await surroundings(view, {});
  return (await view.find('secret'))
    .filter(({ state }) => state === 'live' || state === 'withdrawn')
    .map((secret) => listed(secret, around))
    .toSorted((left, right) => byCodePoint(left.name, right.name));
}

/** One secret with everything that is known of it. */
export async function showSecret(view: View, secret: StoredRow<'secret'>): Promise<ShownSecret> {
  const around = await surroundings(view, { secret: secret.id });
  const uses = around.uses.get(secret.id) ?? [];
  const values = (around.values.get(secret.id) ?? []).map(({ environment, created_at: createdAt }) => ({
    environment: environment === SHARED ? null : environment,
    createdAt,
    lastUsedAt: latest(uses.filter((use) => use.environment === environment)),
  }));
  const place = ({ environment }: { environment: string | null }) => around.order.indexOf(environment ?? SHARED);
  return {
    ...listed(secret, around),
    expectUnused: secret.expect_unused === 1,
    values: values.toSorted((left, right) => place(left) - place(right)),
    routePaths: [...new Set((around.routes.get(secret.id) ?? []).map(({ path }) => path))].toSorted(),
    current: await currentOf(view, secret),
    versions: (await view.find('secret', { lineage: secret.lineage }))
      .filter(({ state }) => state !== 'pending')
      .toSorted(
        (left, right) =>
          left.version - right.version ||
          byCodePoint(left.created_at, right.created_at) ||
          Number(left.deleted_at === null) - Number(right.deleted_at === null),
      )
      .map((version) => ({
        name: version.name,
        version: version.version,
        state: version.state,
        createdAt: version.created_at,
        deletedAt: version.deleted_at,
      })),
  };
}

async function surroundings(view: View, only: { readonly secret?: string }): Promise<Surroundings> {
  const rotations = new Map<string, string>();
  const made = new Map<string, StoredRow<'secret'> | null>();
  const active = (await view.find('rotation')).filter(({ ended_at: at }) => at === null);
  for (const { id } of active)
    for (const { lineage, from_secret: from, to_secret: to } of await view.find('rotation_secret', { rotation: id })) {
      rotations.set(lineage, id);
      const records = await view.find('rotation_environment', { rotation: id, lineage });
      made.set(to, records.some(({ is_kept: isKept }) => isKept === 1) ? await view.get('secret', from) : null);
    }
  return {
    lineages: new Map((await view.find('lineage')).map((lineage) => [lineage.id, lineage])),
    values: Map.groupBy(await view.find('value', only), ({ secret }) => secret),
    uses: Map.groupBy(await view.find('usage', only), ({ secret }) => secret),
    routes: await routesByVersion(view),
    rotations,
    made,
    order: [...view.environmentNames(), SHARED],
  };
}

function listed(secret: StoredRow<'secret'>, around: Surroundings): ListedSecret {
  const lineage = around.lineages.get(secret.lineage);
  const places = (around.values.get(secret.id) ?? []).map(({ environment }) => environment);
  const { name, version, scope, note, owner, every } = secret;
  const kind = secret.kind as Kind;
  return {
    name,
    base: lineage?.base ?? name,
    version,
    state: secret.state as ListedSecret['state'],
    scope: scope as ListedSecret['scope'],
    kind,
    environments: around.order.filter((place) => place !== SHARED && places.includes(place)),
    note,
    owner,
    every: intervalOf({ kind, every }),
    expiresAt: secret.expires_at,
    createdAt: secret.created_at,
    lastUsedAt: latest(around.uses.get(secret.id) ?? []),
    routes: new Set((around.routes.get(secret.id) ?? []).map(({ project, path }) => `${project}\0${path}`)).size,
    dueAt: dueAt({ kind, every, ...datesOf(secret, around) }),
    rotation: around.rotations.get(secret.lineage) ?? null,
  };
}

/** What the due date is counted from. A value that was kept is as old as it was. */
function datesOf(secret: StoredRow<'secret'>, { lineages, made }: Surroundings): Pick<Schedule, 'createdAt' | 'dueAt'> {
  const from = made.get(secret.id);
  if (from === null) return { createdAt: secret.created_at, dueAt: null };
  return { createdAt: (from ?? secret).created_at, dueAt: lineages.get(secret.lineage)?.due_at ?? null };
}

/** For each environment in which a version of the lineage has a value. */
async function currentOf(view: View, secret: StoredRow<'secret'>): Promise<Record<string, string>> {
  const current: Record<string, string> = {};
  const versions = await view.find('secret', { lineage: secret.lineage, state: 'live' });
  const held = new Set<string>();
  for (const { id } of versions)
    for (const { environment } of await view.find('value', { secret: id })) held.add(environment);
  for (const environment of view.environmentNames()) {
    if (!held.has(environment) && !held.has(SHARED)) continue;
    try {
      current[environment] = (await versionAt(view, secret.name, 'current', environment)).name;
    } catch (error) {
      if (!isKnoxError(error) || error.code !== 'secret_not_found') throw error;
    }
  }
  return current;
}

function latest(uses: readonly { readonly last_at: string }[]): string | null {
  return (
    uses
      .map(({ last_at: at }) => at)
      .toSorted()
      .at(-1) ?? null
  );
}

function byCodePoint(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
