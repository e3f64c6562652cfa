/**
 * Which secrets named by convention become which secret with a value for each environment. Pure: facts in, a plan
 * out, whatever their order. A group of names is taken as a whole or left as a whole, and left wherever anything of it is unclear: what
 * every route gets afterwards must be exactly what it got before.
 */
import { parseSecretName } from '../domain/secret-name.ts';
import { readName } from './words.ts';
import type { KnownEnvironment, NameReading } from './words.ts';

export interface MigrationSecret {
  /** Of the version that lives. */
  readonly name: string;
  /** Of its lineage: what the convention is read from. */
  readonly base: string;
  /** Where it has values; null for one shared value. */
  readonly environments: readonly string[] | null;
  /** What has to be alike within a group, by its name, such as `kind`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Why it has to stay, whatever its name says; null for nothing. */
  readonly hindrance: string | null;
}

/** A route that names a secret. */
export interface MigrationReference {
  readonly route: string;
  readonly environment: string;
  readonly name: string;
  /** Why this route cannot be rewritten; null where it can. */
  readonly problem: string | null;
}

export interface MigrationFacts {
  /** In the vault's order. */
  readonly environments: readonly KnownEnvironment[];
  readonly secrets: readonly MigrationSecret[];
  /** Names and bases that are in use. */
  readonly taken: ReadonlySet<string>;
  readonly references: readonly MigrationReference[];
}

export interface Planned {
  readonly to: string;
  /** In the vault's order of environments. */
  readonly from: readonly { readonly name: string; readonly environment: string }[];
  readonly routes: readonly string[];
}

export interface Left {
  readonly name: string;
  readonly reason: string;
}

export interface MigrationPlan {
  readonly planned: readonly Planned[];
  readonly left: readonly Left[];
}

type Member = { readonly secret: MigrationSecret } & Extract<NameReading, { kind: 'one' }>;

export function planMigration(facts: MigrationFacts): MigrationPlan {
  const planned: Planned[] = [];
  const left: Left[] = [];
  const members: Member[] = [];
  for (const secret of facts.secrets.toSorted((one, other) => byCodePoint(one.name, other.name))) {
    const reading = readName(secret.base, facts.environments);
    if (reading?.kind === 'unclear') left.push({ name: secret.name, reason: reading.reason });
    if (reading?.kind === 'one') members.push({ secret, ...reading });
  }
  for (const group of Map.groupBy(members, ({ thing }) => thing).values()) {
    const reasons = reasonsToLeave(group, facts);
    if (reasons === null) planned.push(plan(group, facts));
    else left.push(...reasons);
  }
  return {
    planned: planned.toSorted((one, other) => byCodePoint(one.to, other.to)),
    left: left.toSorted((one, other) => byCodePoint(one.name, other.name)),
  };
}

function plan(group: readonly Member[], { environments, references }: MigrationFacts): Planned {
  const names = new Set(group.map(({ secret }) => secret.name));
  return {
    to: group[0]!.to,
    from: environments.flatMap(({ name: environment }) =>
      group
        .filter((member) => member.environment === environment)
        .map(({ secret }) => ({ name: secret.name, environment })),
    ),
    routes: [...new Set(references.filter(({ name }) => names.has(name)).map(({ route }) => route))].toSorted(
      byCodePoint,
    ),
  };
}

/** One for each member, or null where nothing speaks against the group. */
function reasonsToLeave(group: readonly Member[], facts: MigrationFacts): Left[] | null {
  const own = new Map(group.map((member) => [member.secret.name, ownReason(member, facts)]));
  const together = groupReason(group, facts);
  const blocked = [...own].filter(([, reason]) => reason !== null).map(([name]) => name);
  if (together === null && blocked.length === 0) return null;
  return [...own].map(([name, reason]) => ({
    name,
    reason: reason ?? together ?? `it belongs with ${blocked.join(', ')}`,
  }));
}

function ownReason({ secret, environment }: Member, { references }: MigrationFacts): string | null {
  if (secret.hindrance !== null) return secret.hindrance;
  const places = secret.environments;
  if (places !== null && places.length > 1) return `it has a value for each of ${places.join(', ')} already`;
  if (places !== null && places[0] !== environment)
    return `its value is stored for ${places[0] ?? 'no environment'}, and its name says ${environment}`;
  for (const { route, environment: where, name, problem } of references) {
    if (name !== secret.name) continue;
    if (problem !== null) return problem;
    if (where !== environment) return `${route}, a route of ${where}, names it`;
  }
  return null;
}

function groupReason(group: readonly Member[], { taken }: MigrationFacts): string | null {
  const styles = [...Map.groupBy(group, ({ style }) => style).values()];
  const whole = styles.filter((members) => environmentsOf(members).length > 1);
  if (whole.length > 1) {
    const services = whole.map((members) => namesOf(members)).join(' and ');
    return `names of two services overlap: ${services} would become one secret`;
  }
  const twice = environmentsOf(group).find((name) => group.filter((member) => member.environment === name).length > 1);
  if (twice !== undefined)
    return `there is more than one for ${twice}: ${namesOf(group.filter(({ environment }) => environment === twice))}`;
  if (styles.length > 1) return `names are written in different ways: ${namesOf(group)}`;
  const [{ to, environment }] = group as [Member, ...Member[]];
  if (group.length === 1) return `only ${environment} has such a secret`;
  const parsed = parseSecretName(to);
  if (parsed === null) return 'the rest of its name is not a valid secret name';
  if (taken.has(to)) return `the secret ${to} already exists`;
  if (parsed.version > 1) return `${to} would be read as version ${parsed.version} of ${parsed.base}`;
  return differing(group);
}

/** One secret has one kind, interval and owner. */
function differing(group: readonly Member[]): string | null {
  const [first, ...others] = group.map(({ secret }) => secret.settings) as [Member['secret']['settings']];
  const keys = Object.keys(first).filter((key) => others.some((settings) => settings[key] !== first[key]));
  return keys.length === 0 ? null : `they differ in ${keys.join(', ')}: align them with knox set`;
}

function environmentsOf(members: readonly Member[]): string[] {
  return [...new Set(members.map(({ environment }) => environment))];
}

function namesOf(members: readonly Member[]): string {
  return members.map(({ secret }) => secret.name).join(', ');
}

function byCodePoint(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
