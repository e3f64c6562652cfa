/**
 * Who vouches for a command or an address of a record: a slot signs its text, what it belongs to and the entry that put it. Whoever holds
 * the realm's key could write the record; nobody but the slot could have vouched for it.
 */
import { isVouchSigned, signVouch } from '../../crypto/audit-chain.ts';
import type { VouchedText } from '../../crypto/audit-chain.ts';
import { decodeKeyText } from '../../crypto/key-text.ts';
import { signingHalf } from '../../crypto/keys.ts';
import { errors } from '../../errors.ts';
import type { Change } from '../core/change.ts';
import { maySign, realmNamed } from '../documents/manifest.ts';
import type { Manifest, ManifestSlot } from '../documents/manifest.ts';
import { idOf } from '../records/kinds.ts';
import type { Content, ReceiverRecord, RouteRecord, SourceRecord } from '../records/kinds.ts';
import type { Vouched } from '../records/vouched.ts';

export type VouchedKind = 'route' | 'source' | 'receiver';
export type VouchedRecord = RouteRecord | SourceRecord | ReceiverRecord;

/** Sources that neither run a program nor ask anybody. */
const QUIET_SOURCES: readonly string[] = ['manual', 'generate'];

/** What is vouched for, in one order: all that decides what runs, what it gets, and where something is sent. Null where there is nothing. */
const TEXTS: {
  readonly [K in VouchedKind]: (content: Omit<Content<K>, 'vouched'>) => readonly unknown[] | null;
} = {
  route: ({ probe, testCommand, deployCommand, ...route }) => {
    if (probe === null && testCommand === null && deployCommand === null) return null;
    const { project, path, format, template, method, headers, headersFromRoute, allowHttp } = route;
    const sent = [probe, method, headers, headersFromRoute, allowHttp];
    return [project, path, format, template, ...sent, testCommand, deployCommand];
  },
  source: ({ base, kind, options }) => {
    if (QUIET_SOURCES.includes(kind)) return null;
    const pairs = Object.entries(options).toSorted(([left], [right]) => (left < right ? -1 : 1));
    return [base, kind, pairs];
  },
  receiver: ({ kind, target, events }) => [kind, target, events],
};

/** @returns null where nothing of it runs or is sent anywhere */
export function vouchedText<K extends VouchedKind>(kind: K, content: Omit<Content<K>, 'vouched'>): string | null {
  const parts = (TEXTS[kind] as (content: Omit<Content<K>, 'vouched'>) => readonly unknown[] | null)(content);
  return parts === null ? null : JSON.stringify(parts);
}

/** The same of a record as it was read. */
export function textOf(record: VouchedRecord): string | null {
  return vouchedText(record.kindOf, record as never);
}

/** The content of a record that the change is about to put, vouched for by the slot that makes the change. */
export function vouchFor<K extends VouchedKind>(
  change: Change,
  kind: K,
  realm: string,
  content: Omit<Content<K>, 'vouched'>,
): Content<K> {
  return { ...content, vouched: vouchedBy(change, kind, realm, content as Content<K>) } as unknown as Content<K>;
}

function vouchedBy<K extends VouchedKind>(change: Change, kind: K, realm: string, content: Content<K>): Vouched | null {
  const text = vouchedText(kind, content as never);
  if (text === null) return null;
  const message: VouchedText = {
    vault: change.manifest.vault,
    realm: change.realmId(realm),
    kind,
    id: idOf(kind, content),
    entry: change.seq,
    text,
  };
  const signature = Buffer.from(signVouch(change.signingSeed, message)).toString('hex');
  return { slot: change.slot.id, entry: change.seq, signature };
}

/** Vouches for a record as it was read, in place of whoever did. @throws file_changed where it says something else by now, not_granted */
export async function vouchAnew(change: Change, record: VouchedRecord): Promise<Vouched> {
  const { kindOf: kind, realm } = record;
  const id = idOf<VouchedKind>(kind, record);
  const known = (await change.get(kind, realm, id)) as VouchedRecord | null;
  const vouched = known === null || textOf(known) !== textOf(record) ? null : vouchedBy(change, kind, realm, known);
  if (vouched === null)
    throw errors.file_changed('it was registered again meanwhile: nothing was done', 'run it again');
  await change.update(known!, { vouched });
  change.log({ action: 'vouch', environment: realm, detail: { kind, id } });
  return vouched;
}

/** The slot that vouches for a record, where it stands in the manifest and did; null for a former one, and where nobody does. */
export function voucherOf(manifest: Manifest, record: VouchedRecord): ManifestSlot | null {
  const { vouched, kindOf: kind, realm } = record;
  const text = textOf(record);
  if (vouched === null || text === null) return null;
  const slot = manifest.slots.find(({ id }) => id === vouched.slot);
  const key = slot === undefined ? null : decodeKeyText('public', slot.publicKey);
  if (slot === undefined || !(key instanceof Uint8Array)) return null;
  if (!maySign({ added: slot.added, removed: null }, vouched.entry) || vouched.entry > record.entry) return null;
  const id = idOf<VouchedKind>(kind, record);
  const message: VouchedText = {
    vault: manifest.vault,
    realm: realmNamed(manifest, realm)!.id,
    kind,
    id,
    entry: vouched.entry,
    text,
  };
  return isVouchSigned(signingHalf(key), message, Buffer.from(vouched.signature, 'hex')) ? slot : null;
}
