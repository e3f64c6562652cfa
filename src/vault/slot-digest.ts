/**
 * The head also sums up the slots and the sealed grants. Each of them opens for its own slot alone, so that nobody else could tell one
 * that was swapped, removed or turned back; nothing in them is secret, so that the sum needs no key.
 */
import { frame } from '../crypto/frame.ts';
import type { Field } from '../crypto/frame.ts';
import { hash } from '../crypto/sodium.ts';
import type { ReadTransaction } from '../store/store.ts';

const ABSENT = new Uint8Array(0);

/** BLAKE2b-256 (hex) over every slot's row, each followed by its grants, in order of their ids. */
export async function slotDigest(transaction: ReadTransaction, vault: string): Promise<string> {
  const fields: Field[] = ['knox/slots/1', vault];
  for (const slot of await transaction.slots()) {
    const { id, kind, salt, memory, passes, lanes, wrapped, createdAt } = slot;
    const grants = await transaction.grants(id);
    fields.push(id, kind, salt ?? ABSENT, memory ?? 0, passes ?? 0, lanes ?? 0, wrapped ?? ABSENT, createdAt);
    fields.push(grants.length, ...grants.flatMap(({ key, sealed }) => [key, sealed]));
  }
  return Buffer.from(hash(frame(...fields))).toString('hex');
}
