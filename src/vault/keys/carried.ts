/** What new keys left as it is, and what its record says of who put it there: of a record nobody but itself tells that. */
import type { Manifest } from '../documents/manifest.ts';
import type { Spoiled } from '../core/spoiled.ts';
import { parseEntry } from '../log/audit-entry.ts';
import type { ReadTransaction } from '../../store/store.ts';

export interface Carried extends Spoiled {
  /** Label of the key that wrote that entry, where the entry names the realm. A record can bear the number of another's entry. */
  readonly key: string | null;
}

/** Each once. @throws audit_broken */
export async function carriedOf(
  { transaction, manifest }: { readonly transaction: ReadTransaction; readonly manifest: Manifest },
  spoiled: readonly Spoiled[],
): Promise<Carried[]> {
  const once = new Map(spoiled.map((one) => [`${one.realm} ${one.kind} ${one.id}`, one]));
  const found: Carried[] = [];
  for (const one of once.values()) found.push({ ...one, key: await writerOf(transaction, manifest, one) });
  return found;
}

async function writerOf(transaction: ReadTransaction, manifest: Manifest, { realm, entry }: Spoiled) {
  const row = Number.isSafeInteger(entry) && entry > 0 ? await transaction.entry(entry) : null;
  if (row === null) return null;
  const { slot, realms } = parseEntry(row);
  if (!Object.hasOwn(realms, manifest.realms.find(({ name }) => name === realm)!.id)) return null;
  return [...manifest.slots, ...manifest.formerSlots].find(({ id }) => id === slot)?.label ?? null;
}
