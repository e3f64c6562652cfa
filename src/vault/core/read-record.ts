/** A row of the vault as the record that it is, where it is one. */
import { alteredVault } from '../../errors.ts';
import type { RecordRow } from '../../store/store.ts';
import { placeOf } from '../documents/tree.ts';
import { Malformed } from '../records/codec.ts';
import { aboutOf, decodeRecord } from '../records/kinds.ts';
import type { Content, KindName, Stored } from '../records/kinds.ts';

/** A record that hangs in the tree and has invalid content: only who has the realm's key can have put it there. */
export interface PassedOver {
  readonly realm: string;
  readonly kind: string;
  readonly id: string;
}

export function damagedRealm(realm: string) {
  return alteredVault(`the vault's records of ${realm} were changed, removed or replaced by older ones`);
}

export function oddRecord(kind: KindName, realm: string) {
  return alteredVault(`a ${kind} record of ${realm} has invalid content`);
}

/** @returns null where its content is invalid */
export function readRecord<K extends KindName>(kind: K, realm: string, row: RecordRow): Stored<K> | null {
  let content: Content<K>;
  try {
    content = decodeRecord(kind, row.id, row.body);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return null;
  }
  const stored = content as Record<string, unknown>;
  stored['kindOf'] = kind;
  stored['realm'] = realm;
  stored['entry'] = row.entry;
  return content as Stored<K>;
}

/** Whether it lies where its name belongs; of a kind without places, wherever it lies. */
export function isInPlace<K extends KindName>(record: Stored<K>, { place }: RecordRow): boolean {
  const about = aboutOf<KindName>(record.kindOf, record);
  return about === null || placeOf(about) === place;
}
