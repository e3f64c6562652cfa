/**
 * Who is told. A receiver has a row in each environment, under that environment's key, and counts for what happens there only where its row is
 * there too: somebody who was not given production can not have a command run when production is rotated.
 */
import { isLoopback } from '../domain/loopback.ts';
import { revealText } from '../domain/plaintext.ts';
import type { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import type { StoredRow } from '../store/tables.ts';
import { SHARED } from '../vault/manifest.ts';
import { requireSecret, requireValue } from '../vault/find-secret.ts';
import type { View } from '../vault/view.ts';
import type { NoticeEvent } from './notice.ts';

type NotificationRow = StoredRow<'notification'>;

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
}

/** Receivers for what happens in all of these environments. */
export async function receiversFor(view: View, environments: readonly string[]): Promise<Receiver[]> {
  const rows = await view.find('notification');
  const found: Receiver[] = [];
  for (const receiver of new Set(rows.map((row) => row.receiver))) {
    const own = rows.filter((row) => row.receiver === receiver && environments.includes(row.environment));
    const [first] = own;
    if (first === undefined || own.length < environments.length || !own.every((row) => isSame(row, first))) continue;
    found.push(receiverOf(first));
  }
  return found.toSorted((left, right) => ((left.createdAt ?? '') < (right.createdAt ?? '') ? -1 : 1));
}

/** Every receiver that has a row anywhere. */
export async function allReceivers(view: View): Promise<Receiver[]> {
  const byId = new Map<string, NotificationRow>();
  for (const row of await view.find('notification')) byId.set(row.receiver, byId.get(row.receiver) ?? row);
  return [...byId.values()]
    .map(receiverOf)
    .toSorted((left, right) => ((left.createdAt ?? '') < (right.createdAt ?? '') ? -1 : 1));
}

function isSame(left: NotificationRow, right: NotificationRow): boolean {
  return left.kind === right.kind && left.target === right.target && left.events === right.events;
}

function receiverOf({ receiver, kind, target, events, created_at: at, created_by: by }: NotificationRow): Receiver {
  return {
    id: receiver,
    kind: kind as Receiver['kind'],
    target,
    events: JSON.parse(events) as NoticeEvent[],
    createdAt: at,
    createdBy: by,
  };
}

/** The address of a webhook: the one value of the secret. @throws secret_not_found, value_missing, not_granted, invalid_value */
export async function addressOf(view: View, name: string): Promise<Plaintext> {
  const secret = await newestOf(view, name);
  const places = (await view.find('value', { secret: secret.id })).map(({ environment }) => environment);
  if (places.length > 1)
    throw errors.invalid_value(
      `${name} has a value in ${places.length} environments, and a webhook has one address`,
      'store it once: knox add NAME --shared',
    );
  const place = places[0] ?? SHARED;
  const value = await view.decrypt(secret, await requireValue(view, secret, place));
  requireAddress(revealText(value), name);
  return value;
}

/** The newest live version of the lineage that the name belongs to: the address goes on working when it was rotated. */
async function newestOf(view: View, name: string): Promise<StoredRow<'secret'>> {
  const [known] = await view.find('secret', { name });
  const live = known === undefined ? [] : await view.find('secret', { lineage: known.lineage, state: 'live' });
  return live.toSorted((left, right) => right.version - left.version)[0] ?? (await requireSecret(view, name));
}

/** @throws invalid_value without a part of the address, which is a credential */
export function requireAddress(text: string | null, name: string): asserts text is string {
  const url = text !== null && URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  const isUsable =
    url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
  if (!isUsable)
    throw errors.invalid_value(
      `${name} is no address that begins with https:`,
      'store the address that the service gave you',
    );
}
