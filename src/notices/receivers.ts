/**
 * Who is notified. A receiver has a record in each environment, and counts for what happens there only where its record is there too: somebody
 * who was not given production cannot have a command run, or anything sent elsewhere, when production is rotated.
 */
import { isLoopback } from '../domain/loopback.ts';
import { reveal, revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import { lineageOf, requireValue, valueOfRecord, versionsIn } from '../vault/secrets/find-secret.ts';
import type { View } from '../vault/core/view.ts';
import type { ReceiverRecord } from '../vault/records/kinds.ts';
import type { NoticeEvent } from './notice.ts';

/** The one that the environment variable KNOX_WEBHOOK names, instead of an id. */
export const FROM_VARIABLE = 'KNOX_WEBHOOK';

export interface Receiver {
  readonly id: string;
  readonly kind: 'webhook' | 'command';
  /** The name of the secret that holds the address, the command, or the variable's name: never the address. */
  readonly target: string;
  readonly events: readonly NoticeEvent[];
  readonly createdAt: string | null;
  readonly createdBy: string | null;
  /** What each environment says of it, where it is notified; none for the variable's. */
  readonly records: readonly ReceiverRecord[];
}

/** Receivers for what happens in all of these environments, the oldest first. */
export async function receiversFor(view: View, environments: readonly string[]): Promise<Receiver[]> {
  const all: ReceiverRecord[] = [];
  for (const environment of environments) all.push(...(await view.all('receiver', environment)));
  return grouped(all).filter(({ records }) => records.length === environments.length && isAlike(records));
}

/** Every receiver that is notified of anything, by what the first environment says of it. */
export async function allReceivers(view: View): Promise<Receiver[]> {
  return grouped(await view.across('receiver'));
}

function grouped(all: readonly ReceiverRecord[]): Receiver[] {
  const receivers = [...Map.groupBy(all, ({ id }) => id).values()].map((records) => {
    const { id, kind, target, events, createdAt, createdBy } = records[0]!;
    return { id, kind, target, events, createdAt, createdBy, records };
  });
  return receivers.toSorted((left, right) => (left.createdAt < right.createdAt ? -1 : 1));
}

function isAlike(records: readonly ReceiverRecord[]): boolean {
  return new Set(records.map(({ kind, target, events }) => JSON.stringify([kind, target, events]))).size === 1;
}

/**
 * The address of a webhook for what happens in these environments: the one value of the secret. What happens in production goes to no
 * address that production does not know.
 * @throws secret_not_found, value_missing, not_granted, invalid_value
 */
export async function addressOf(view: View, name: string, environments: readonly string[]): Promise<Plaintext> {
  const own = await addressesIn(view, name, environments);
  const ofProduction = environments.filter((environment) => view.isProduction(environment));
  let found = ofProduction.length === 0 ? own : await addressesIn(view, name, ofProduction);
  if (found.length === 0) {
    const others = view
      .environmentNames()
      .filter((other) => view.canRead(other) && (ofProduction.length === 0 || view.isProduction(other)));
    found = await addressesIn(view, name, others);
  }
  const [value] = found;
  if (value === undefined) {
    const first = ofProduction[0] ?? environments[0] ?? view.environmentNames()[0]!;
    return view.decrypt((await requireValue(view, name, first)).value);
  }
  const all = [...own, ...found];
  if (all.some((other) => !isSame(other, value)))
    throw errors.invalid_value(
      `${name} has several values; a webhook needs one address`,
      'store it once: knox add NAME --shared',
    );
  requireAddress(revealText(value), name);
  return value;
}

/** The newest live version of the lineage there: the address goes on working when it was rotated. */
async function addressesIn(view: View, name: string, environments: readonly string[]): Promise<Plaintext[]> {
  const found: Plaintext[] = [];
  for (const environment of environments) {
    const lineage = await lineageOf(view, name, environment);
    const versions = lineage === null ? [] : await versionsIn(view, lineage);
    const newest = versions.find(({ state }) => state === 'live');
    if (newest !== undefined) found.push(await view.decrypt((await valueOfRecord(view, newest)).value));
  }
  return found;
}

function isSame(one: Plaintext, other: Plaintext): boolean {
  return Buffer.compare(reveal(one), reveal(other)) === 0;
}

/** @throws invalid_value without a part of the address, which is a credential */
export function requireAddress(text: string | null, name: string): asserts text is string {
  const url = text !== null && URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  const isUsable =
    url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
  if (!isUsable)
    throw errors.invalid_value(`${name} is not an https address`, 'store the address that the service gave you');
}
