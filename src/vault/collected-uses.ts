/**
 * Taking in uses that were written down outside the vault: as rows, and in one audit entry that tells when each was. A line is taken in
 * once: what the log tells of earlier reports says how far each consumer was told.
 */
import type { StoredRow } from '../store/tables.ts';
import type { Change } from './change.ts';
import { REPORT_USES } from './logged-uses.ts';
import type { ReportedUse } from './logged-uses.ts';
import { doubtOf } from './use-log.ts';
import type { UseLine } from './use-log.ts';

export interface PlacedLine {
  /** As it was given, and the number of the line, from 1. */
  readonly file: string;
  readonly line: number;
  /** Null where the text is no use. */
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
  readonly secret: StoredRow<'secret'>;
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
    const reason = use === null ? 'is no use that knox wrote' : doubtOf(change, use);
    const secret = use === null || reason !== null ? null : await change.get('secret', use.id);
    if (use === null || reason !== null || secret?.name !== use.secret) {
      refused.push({ file, line, reason: reason ?? 'is of a secret that this vault does not have' });
    } else if (secret.state === 'deleted') deleted.set(secret.name, (deleted.get(secret.name) ?? 0) + 1);
    else if (seen.has(use.tag)) known += 1;
    else {
      seen.add(use.tag);
      believed.push({ use, secret, at: clamped(use.at, secret.created_at, change.at) });
    }
  }
  const told = await toldBefore(change, believed);
  const fresh = believed.filter(({ use }) => !told.has(use));
  known += believed.length - fresh.length;
  if (fresh.length > 0) await record(change, fresh, [...new Set(lines.map(({ file }) => file))]);
  return { taken: fresh.length, known, deleted, refused };
}

function clamped(at: string, from: string, to: string): string {
  return at < from ? from : at > to ? to : at;
}

/** Of one consumer, as one machine calls it. */
function consumerKey({ secret, environment, consumer, actor, key }: ReportedUse | UseLine): string {
  return JSON.stringify([secret, environment, consumer, actor, key]);
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
function earliestReport({ use, secret, at }: Believed): string {
  return use.at > at ? secret.created_at : use.at;
}

async function toldBefore(change: Change, believed: readonly Believed[]): Promise<Told> {
  const told = new Told();
  if (believed.length === 0) return told;
  const oldest = believed.map(earliestReport).toSorted()[0]!;
  for await (const { at, action, detail } of change.entriesDown()) {
    if (at < oldest) break;
    if (action === REPORT_USES) for (const use of (detail?.['uses'] ?? []) as ReportedUse[]) told.add(use);
  }
  return told;
}

/** Of an ISO time, up to the hour. */
const HOUR = '2026-01-10T12'.length;

async function record(change: Change, fresh: readonly Believed[], files: readonly string[]): Promise<void> {
  await putRows(change, fresh);
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
    const { secret, environment, consumer, actor, key, detail } = use;
    const odd = at === use.at ? '' : use.at;
    const group = `${consumerKey(use)} ${detail} ${odd} ${at.slice(0, HOUR)}`;
    const before = groups.get(group);
    groups.set(group, {
      secret,
      environment,
      consumer,
      actor,
      key,
      at: before !== undefined && before.at > at ? before.at : at,
      count: (before?.count ?? 0) + 1,
      ...(odd === '' ? {} : { said: odd }),
      ...(detail === '' ? {} : { detail: recordOf(detail) }),
    });
  }
  return [...groups.values()];
}

/** A holder of the key wrote it: anything at all. */
function recordOf(text: string): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : {};
  } catch {
    return {};
  }
}

async function putRows(change: Change, fresh: readonly Believed[]): Promise<void> {
  const rows = Map.groupBy(fresh, ({ use, secret }) => JSON.stringify([secret.id, use.environment, use.consumer]));
  for (const group of rows.values()) {
    const { use, secret } = group[0]!;
    const where = { secret: secret.id, environment: use.environment, consumer: use.consumer };
    const before = await change.findOne('usage', where);
    const times = [...group.map(({ at }) => at), ...(before === null ? [] : [before.last_at])].toSorted();
    const id = before?.id ?? change.newId();
    await change.put('usage', { id, ...where, last_at: times.at(-1)!, count: (before?.count ?? 0) + group.length });
  }
}
