/** One lineage over the period: its policy, its versions, and what of its rotations was on time. */
import { dueAt as dueNow, intervalOf } from '../domain/kinds.ts';
import type { Kind } from '../domain/kinds.ts';
import { secondsBetween } from '../domain/time.ts';
import type { StoredRow } from '../store/tables.ts';
import type { LineageRotation } from './rotations.ts';
import { dueOf, overdueOf, policiesOf, termsOf } from './terms.ts';
import type { Term, TermVersion } from './terms.ts';
import type { Trail } from './trail.ts';
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
  readonly lineage: StoredRow<'lineage'>;
  /** Its versions, deleted ones too; at least one. */
  readonly rows: readonly StoredRow<'secret'>[];
  readonly rotations: readonly LineageRotation[];
  readonly exceptions: readonly Exception[];
  readonly incidents: readonly Incident[];
  readonly trail: Trail;
  readonly period: Period;
}

export function secretEvidence(facts: LineageFacts): SecretEvidence {
  const { lineage, rotations, exceptions, incidents, trail, period } = facts;
  const rows = facts.rows.toSorted(
    (left, right) => left.version - right.version || (left.created_at < right.created_at ? -1 : 1),
  );
  const terms = termsOf(
    rows.map((row) => termVersion(row, trail)),
    rotations.map(({ term }) => term),
  );
  const shown = serving(rows, terms);
  // What moved its date since then is not known by what it was before: the policy is.
  const due = trail.later.lineages.has(lineage.id) ? dueThen(shown, terms) : dueToday(shown, lineage);
  const overdue = terms.flatMap((term) => overdueIn(term, term.until === null ? due : null, period) ?? []);
  const scheduled = terms.filter((term) => isInPeriod(term, period) && hasSchedule(term));
  return {
    name: shown.name,
    base: lineage.base,
    owner: shown.owner,
    kind: shown.kind as Kind,
    every: intervalOf(shown),
    state: shown.state as SecretEvidence['state'],
    createdAt: shown.created_at,
    onTime: overdue.length > 0 ? false : scheduled.length > 0 ? true : null,
    rotations: rotations
      .filter(({ facts: one }) => one.endedAt === null || one.endedAt >= period.from)
      .map((one) => rotationEvidence(one, terms, due, period)),
    exceptions,
    incidents,
    dueAt: due,
    overdue,
    policyChanges: rows.flatMap((row) => policyChanges(row, trail, period)),
    versions: rows
      .filter(({ deleted_at: gone }) => gone === null || gone >= period.from)
      .map((row) => versionEvidence(row, trail, terms, due)),
  };
}

/** The version that the policy is about: while a rotation is under way the one that it leaves. */
function serving(rows: readonly StoredRow<'secret'>[], terms: readonly Term[]): StoredRow<'secret'> {
  const open = terms.find(({ until }) => until === null)?.version.id;
  return rows.find(({ id }) => id === open) ?? rows.findLast(({ state }) => state === 'live') ?? rows.at(-1)!;
}

function termVersion(row: StoredRow<'secret'>, { versions }: Trail): TermVersion {
  return {
    id: row.id,
    version: row.version,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
    withdrawnAt: row.withdrawn_at,
    policies: policiesOf(row, row.created_at, versions.get(row.id)?.changes ?? []),
  };
}

/** The date that every other command goes by: that of a finished rotation, or of an exposure, goes before what is computed. */
function dueToday(row: StoredRow<'secret'>, lineage: StoredRow<'lineage'>): string | null {
  if (row.state !== 'live') return null;
  return dueNow({ kind: row.kind as Kind, every: row.every, createdAt: row.created_at, dueAt: lineage.due_at });
}

function dueThen(row: StoredRow<'secret'>, terms: readonly Term[]): string | null {
  const open = terms.find(({ until }) => until === null);
  return row.state === 'live' && open !== undefined ? dueOf(open) : null;
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
function policyChanges(row: StoredRow<'secret'>, { versions }: Trail, { from, to }: Period): PolicyChange[] {
  const { id, name } = row;
  const state = { kind: row.kind, every: row.every };
  return (versions.get(id)?.changes ?? [])
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
  return ['kind', 'every', 'owner', 'expires_at'].some((key) => key in settings);
}

function versionEvidence(
  row: StoredRow<'secret'>,
  { versions }: Trail,
  terms: readonly Term[],
  due: string | null,
): VersionEvidence {
  const trail = versions.get(row.id);
  const term = terms.findLast(({ version }) => version.id === row.id);
  return {
    name: row.name,
    version: row.version,
    state: row.state,
    createdAt: row.created_at,
    withdrawnAt: row.withdrawn_at,
    deletedAt: row.deleted_at,
    interval: intervalOf(row),
    dueAt: term === undefined ? null : term.until === null ? due : dueOf(term),
    entries: {
      created: trail?.made ?? null,
      withdrawn: row.withdrawn_at === null ? null : (trail?.withdrawn ?? null),
      deleted: row.deleted_at === null ? null : (trail?.gone ?? null),
    },
  };
}
