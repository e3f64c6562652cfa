/**
 * Taking in uses that were written down outside the vault: as records, and in one audit entry that tells when each was. A line is taken in
 * once: what the realm's log tells of earlier reports says how far each consumer was told.
 */
import { parseSecretName } from '../../domain/secret-name.ts';
import type { Change } from '../core/change.ts';
import type { NameRecord } from '../records/kinds.ts';
import { asAccepted } from '../log/ahead.ts';
import { reportedUses, REPORT_USES } from './logged-uses.ts';
import type { ReportedUse } from './logged-uses.ts';
import { putUse, usesOfName } from './record-use.ts';
import { doubtOf } from './use-log.ts';
import type { UseLine } from './use-log.ts';

export interface PlacedLine {
  /** As it was given, and the number of the line, from 1. */
  readonly file: string;
  readonly line: number;
  /** Null where the text is not a use. */
  readonly use: UseLine | null;
}

export interface Refused {
  readonly file: string;
  readonly line: number;
  /** The end of a sentence that begins with the place. */
  readonly reason: string;
}

export interface Collected {
  readonly taken: number;
  /** Lines that were told before. */
  readonly known: number;
  /** Names of secrets that were deleted since, with how many lines. */
  readonly deleted: ReadonlyMap<string, number>;
  readonly refused: readonly Refused[];
}

/** A use that is believed, at the time that counts: not in the future, and not before there was such a secret. */
interface Believed {
  readonly use: UseLine;
  readonly name: NameRecord;
  readonly at: string;
}

/** @param change nothing is said and nothing changes where no line is new */
export async function collectUses(change: Change, lines: readonly PlacedLine[]): Promise<Collected> {
  const refused: Refused[] = [];
  const deleted = new Map<string, number>();
  const believed: Believed[] = [];
  const seen = new Set<string>();
  let known = 0;
  for (const { file, line, use } of lines) {
    const found = use === null ? 'is not a use that knox wrote' : await nameOf(change, use);
    if (use === null || typeof found === 'string') {
      refused.push({ file, line, reason: found as string });
      continue;
    }
    const text = JSON.stringify([consumerKey(use), use.at, use.detail]);
    if (isGone(found, use)) deleted.set(found.name, (deleted.get(found.name) ?? 0) + 1);
    else if (seen.has(text)) known += 1;
    else {
      seen.add(text);
      believed.push({ use, name: found, at: clamped(use.at, found.createdAt, change.at) });
    }
  }
  const fresh: Believed[] = [];
  for (const [realm, own] of Map.groupBy(believed, ({ use }) => use.environment)) {
    const told = await toldBefore(change, realm, own);
    fresh.push(...own.filter(({ use }) => !told.has(use)));
  }
  known += believed.length - fresh.length;
  if (fresh.length > 0) await record(change, fresh, [...new Set(lines.map(({ file }) => file))]);
  return { taken: fresh.length, known, deleted, refused };
}

/** @returns what the realm says of the name, or why the line is not taken in, as the end of a sentence */
async function nameOf(change: Change, use: UseLine): Promise<NameRecord | string> {
  const doubt = doubtOf(change, use);
  if (doubt !== null) return doubt;
  if (!change.canRead(use.environment))
    return `is for ${use.environment}, which the key "${change.slot.label}" was not given`;
  const isName = parseSecretName(use.secret) !== null;
  const name = isName ? await change.get('name', use.environment, use.secret) : null;
  return name ?? 'is of a secret that this vault does not have';
}

/** Of a life of the name that is over. */
function isGone({ state, earlier }: NameRecord, { at }: UseLine): boolean {
  return state === 'deleted' || at <= (earlier.at(-1)?.deletedAt ?? '');
}

function clamped(at: string, from: string, to: string): string {
  return at < from ? from : at > to ? to : at;
}

/** Of one consumer, as one machine calls it. */
function consumerKey({ secret, environment, consumer, actor, slot }: ReportedUse | UseLine): string {
  return JSON.stringify([secret, environment, consumer, actor, slot]);
}

/** What earlier reports told of: the entry of a report is no older than any use in it. */
class Told {
  readonly #last = new Map<string, string>();
  readonly #odd = new Set<string>();

  add(use: ReportedUse): void {
    const key = consumerKey(use);
    // A clock that was wrong says nothing of how far that consumer was told.
    if (use.said !== undefined) this.#odd.add(`${key} ${use.said}`);
    else if ((this.#last.get(key) ?? '') < use.at) this.#last.set(key, use.at);
  }
  has(use: UseLine): boolean {
    const key = consumerKey(use);
    return use.at <= (this.#last.get(key) ?? '') || this.#odd.has(`${key} ${use.at}`);
  }
}

/** No report before this time can have told of the use. Of one whose clock was ahead nothing is known but that there was the secret. */
function earliestReport({ use, name, at }: Believed): string {
  return use.at > at ? name.createdAt : use.at;
}

/** @param believed of one realm */
async function toldBefore(change: Change, realm: string, believed: readonly Believed[]): Promise<Told> {
  const told = new Told();
  if (!(await isAnyKnown(change, realm, believed))) return told;
  const oldest = believed.map(earliestReport).toSorted()[0]!;
  for await (const entry of asAccepted(change.realmEntriesDown(realm))) {
    if (entry.at < oldest) break;
    if (entry.action !== REPORT_USES) continue;
    for (const use of reportedUses(entry)) if (use.environment === realm) told.add(use);
  }
  return told;
}

/** Of a consumer without a record no use was ever told: the log need not be walked. */
async function isAnyKnown(change: Change, realm: string, believed: readonly Believed[]): Promise<boolean> {
  for (const [name, own] of Map.groupBy(believed, ({ use }) => use.secret)) {
    const known = await usesOfName(change, realm, name);
    if (own.some(({ use }) => known.has(use.consumer))) return true;
  }
  return false;
}

/** Of an ISO time, up to the hour. */
const HOUR = '2026-01-10T12'.length;

async function record(change: Change, fresh: readonly Believed[], files: readonly string[]): Promise<void> {
  await putRecords(change, fresh);
  const uses = grouped(fresh);
  const only = uses.length === 1 ? uses[0]! : null;
  const details = uses.flatMap(({ detail }) => (detail === undefined ? [] : [detail]));
  const forced = [...new Set(details.flatMap((one) => (one['forced'] ?? []) as string[]))];
  const reasons = [...new Set(details.flatMap((one) => (typeof one['reason'] === 'string' ? [one['reason']] : [])))];
  change.log({
    action: REPORT_USES,
    secret: only?.secret ?? null,
    environment: only?.environment ?? null,
    detail: { files, uses, ...(forced.length === 0 ? {} : { forced, reason: reasons.join('; ') }) },
  });
}

/** The last of each consumer's in an hour, with how many there were: a day of many jobs is a few lines, and steps lie hours apart. */
function grouped(fresh: readonly Believed[]): ReportedUse[] {
  const groups = new Map<string, ReportedUse>();
  for (const { use, at } of fresh) {
    const { secret, environment, consumer, actor, slot, detail } = use;
    const odd = at === use.at ? '' : use.at;
    const group = `${consumerKey(use)} ${detail} ${odd} ${at.slice(0, HOUR)}`;
    const before = groups.get(group);
    groups.set(group, {
      secret,
      environment,
      consumer,
      actor,
      slot,
      at: before !== undefined && before.at > at ? before.at : at,
      count: (before?.count ?? 0) + 1,
      ...(odd === '' ? {} : { said: odd }),
      ...(detail === '' ? {} : { detail: recordOf(detail) }),
    });
  }
  return [...groups.values()];
}

/** A holder of a key wrote it: anything at all. */
function recordOf(text: string): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : {};
  } catch {
    return {};
  }
}

async function putRecords(change: Change, fresh: readonly Believed[]): Promise<void> {
  for (const [, group] of Map.groupBy(fresh, ({ use }) => JSON.stringify([use.environment, use.secret]))) {
    const { environment: realm, secret: name } = group[0]!.use;
    const known = await usesOfName(change, realm, name);
    for (const [consumer, own] of Map.groupBy(group, ({ use }) => use.consumer)) {
      const last = own.reduce((newest, one) => (one.at > newest.at ? one : newest));
      const told = { name, consumer, count: own.length, at: last.at, actor: last.use.actor, isReported: true };
      await putUse(change, realm, known.get(consumer) ?? null, told);
    }
  }
}
