/** Deleting: the ciphertext is destroyed (the store overwrites freed pages), the name and its dates stay in the history. */
import type { Change } from '../core/change.ts';
import type { NameRecord } from '../records/kinds.ts';
import { standingRecords } from './find-secret.ts';

/** Takes back what a name holds in one realm. @throws not_granted */
export async function deleteValue(change: Change, record: NameRecord): Promise<NameRecord> {
  for (const value of await change.about('value', record.realm, record.name)) await change.remove(value);
  return change.update(record, { state: 'deleted', value: null, shared: null, deletedAt: change.at });
}

/**
 * Takes a name back in every realm whose key is at hand.
 * @returns the realms where it still stands
 */
export async function deleteVersion(change: Change, name: string): Promise<string[]> {
  const left: string[] = [];
  for (const record of await standingRecords(change, name)) {
    if (change.canRead(record.realm)) await deleteValue(change, record);
    else left.push(record.realm);
  }
  return left;
}
