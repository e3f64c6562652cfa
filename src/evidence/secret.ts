/** One lineage over the period: its policy, its versions, and what of its rotations was on time. */
import { intervalOf } from '../domain/kinds.ts';
import { secondsBetween } from '../domain/time.ts';
import type { Version } from './as-of.ts';
import type { LineageRotation } from './rotations.ts';
import { dueOf, overdueOf, policiesOf, termsOf } from './terms.ts';
import type { Term, TermVersion } from './terms.ts';
import type { SetEntry, Trail } from './trail.ts';
import type {
  Exception,
  Incident,
  Overdue,
  Period,
  PolicyChange,
  RotationEvidence,
  SecretEvidence,
  VersionEvidence,
} from './types.ts';

export interface LineageFacts {
  readonly base: string;
  /** Its versions, deleted ones too; at least one. */
  readonly versions: readonly Version[];
  /** When each name is due now, as every other command says; null where what moved a date came after the period. */
  readonly dueNow: ReadonlyMap<string, string | null> | null;
  readonly rotations: readonly LineageRotation[];
  readonly exceptions: readonly Exception[];
  readonly incidents: readonly Incident[];
  readonly trail: Trail;
  readonly period: Period;
}

export function secretEvidence(facts: LineageFacts): SecretEvidence {
  const { base, rotations, exceptions, incidents, trail, period, dueNow } = facts;
  const versions = facts.versions.toSorted(
    (left, right) => left.version - right.version || (left.createdAt < right.createdAt ? -1 : 1),
  );
  const terms = termsOf(
    versions.map((version) => termVersion(version, versions, trail)),
    rotations.map(({ term }) => term),
  );
  const shown = serving(versions, terms);
  // What moved its date since then is not known by what it was before: the policy is.
  const due =
    dueNow === null ? dueThen(shown, terms) : shown.state === 'live' ? (dueNow.get(shown.name) ?? null) : null;
  const overdue = terms.flatMap((term) => overdueIn(term, term.until === null ? due : null, period) ?? []);
  const scheduled = terms.filter((term) => isInPeriod(term, period) && hasSchedule(term));
  return {
    name: shown.name,
    base,
    owner: shown.owner,
    kind: shown.kind,
    every: intervalOf(shown),
    state: shown.state,
    createdAt: shown.createdAt,
    onTime: overdue.length > 0 ? false : scheduled.length > 0 ? true : null,
    rotations: rotations
      .filter(({ facts: one }) => one.endedAt === null || one.endedAt >= period.from)
      .map((one) => rotationEvidence(one, terms, due, period)),
    exceptions,
    incidents,
    dueAt: due,
    overdue,
    policyChanges: versions.flatMap((version) => policyChanges(version, versions, trail, period)),
    versions: versions
      .filter(({ deletedAt }) => deletedAt === null || deletedAt >= period.from)
      .map((version) => versionEvidence(version, facts, terms, due)),
  };
}

/** The version that the policy is about: while a rotation is under way the one that it leaves. */
function serving(versions: readonly Version[], terms: readonly Term[]): Version {
  const open = terms.find(({ until }) => until === null)?.version.id;
  return (
    versions.find(({ id }) => id === open) ?? versions.findLast(({ state }) => state === 'live') ?? versions.at(-1)!
  );
}

function termVersion(version: Version, versions: readonly Version[], trail: Trail): TermVersion {
  const { id, version: number, createdAt, deletedAt, withdrawnAt } = version;
  const policies = policiesOf(version, createdAt, changesOf(version, versions, trail));
  return { id, version: number, createdAt, deletedAt, withdrawnAt, policies };
}

/** What `set` did to a name while it was this one, newest first. */
function changesOf(
  { name, createdAt, deletedAt }: Version,
  versions: readonly Version[],
  { names }: Trail,
): SetEntry[] {
  const all = names.get(name)?.changes ?? [];
  const isOnly = versions.filter((version) => version.name === name).length === 1;
  return isOnly ? all : all.filter(({ at }) => at >= createdAt && (deletedAt === null || at <= deletedAt));
}

function dueThen({ state }: Version, terms: readonly Term[]): string | null {
  const open = terms.find(({ until }) => until === null);
  return state === 'live' && open !== undefined ? dueOf(open) : null;
}

/** @param due the date of a term that lasts */
function overdueIn(term: Term, due: string | null, { from, to }: Period): Overdue | null {
  const computed = overdueOf(term, to);
  const own =
    due !== null && due < to && (computed === null || due < computed.since) ? { since: due, until: null } : computed;
  return own === null || (own.until !== null && own.until < from) ? null : own;
}

function isInPeriod({ since, until }: Term, { from, to }: Period): boolean {
  return since <= to && (until === null || until >= from);
}

function hasSchedule({ version }: Term): boolean {
  return version.policies.some(({ interval }) => interval !== null);
}

function rotationEvidence(
  { facts, term: { id, from } }: LineageRotation,
  terms: readonly Term[],
  due: string | null,
  period: Period,
): RotationEvidence {
  const isUnderWay = facts.endedAt === null;
  const ended = terms.find(({ rotation }) => rotation === id);
  // One that did not end a term ran in the term of the version that it wanted to leave.
  const term =
    ended ??
    terms.find(
      ({ version, since, until }) =>
        version.id === from && since <= facts.startedAt && (until === null || until >= facts.startedAt),
    );
  if (term === undefined) return { ...facts, dueAt: null, onTime: null, lateBy: 0 };
  const dueAt = term.until === null ? due : dueOf(term);
  if (ended === undefined && !isUnderWay) return { ...facts, dueAt, onTime: null, lateBy: 0 };
  const overdue = overdueOf(term, ended?.until ?? period.to);
  const onTime = overdue !== null ? false : ended === undefined || !hasSchedule(term) ? null : true;
  const lateBy = overdue === null ? 0 : secondsBetween(overdue.since, ended?.until ?? period.to);
  return { ...facts, dueAt: overdue?.since ?? dueAt, onTime, lateBy };
}

/** An interval is told as it counted: where none was set, its kind's. */
function policyChanges(
  version: Version,
  versions: readonly Version[],
  trail: Trail,
  { from, to }: Period,
): PolicyChange[] {
  const { name, kind, every } = version;
  const state = { kind, every };
  return changesOf(version, versions, trail)
    .map(({ at, by, seq, from: before, to: after }) => {
      const then = intervalOf(state);
      Object.assign(state, before);
      const isInterval = 'every' in after;
      return {
        at,
        by,
        name,
        from: isInterval ? { ...before, every: intervalOf(state) } : before,
        to: isInterval ? { ...after, every: then } : after,
        entry: seq,
      };
    })
    .filter((change) => change.at >= from && change.at <= to && isPolicy(change.to))
    .toReversed();
}

/** Who answers for it and how often it is rotated; a note is none. */
function isPolicy(settings: Readonly<Record<string, unknown>>): boolean {
  return ['kind', 'every', 'owner', 'expiresAt'].some((key) => key in settings);
}

function versionEvidence(
  version: Version,
  { trail, rotations }: LineageFacts,
  terms: readonly Term[],
  due: string | null,
): VersionEvidence {
  const { id, name, state, createdAt, withdrawnAt, deletedAt } = version;
  const term = terms.findLast((one) => one.version.id === id);
  // A rotation that was taken back withdrew what it had made.
  const own = rotations.find((rotation) => rotation.term.to === id);
  return {
    name,
    version: version.version,
    state,
    createdAt,
    withdrawnAt,
    deletedAt,
    interval: intervalOf(version),
    dueAt: term === undefined ? null : term.until === null ? due : dueOf(term),
    entries: {
      created:
        madeBy(version, trail) ?? (own === undefined ? null : (trail.rotations.get(own.term.id)?.created ?? null)),
      withdrawn: withdrawnAt === null ? null : (own?.facts.entries.ended ?? null),
      deleted: deletedAt === null ? null : goneBy(version, trail),
    },
  };
}

/** The first entry that gave the name to an environment, this time. */
function madeBy({ name, createdAt, deletedAt }: Version, { names }: Trail): number | null {
  const own = names.get(name)?.made.filter(({ at }) => at >= createdAt && (deletedAt === null || at <= deletedAt));
  return own?.at(-1)?.seq ?? null;
}

/** The entry that took it from the last one. */
function goneBy({ name, createdAt, deletedAt }: Version, { names }: Trail): number | null {
  const own = names.get(name)?.gone.filter(({ at }) => at >= createdAt && at <= (deletedAt ?? createdAt));
  return own?.[0]?.seq ?? null;
}
