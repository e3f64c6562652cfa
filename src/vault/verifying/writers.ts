/**
 * Who wrote an entry: the slot that its body names, where that slot's signature covers it. A signature is kept of the entry that ends a run
 * of one slot, and covers every entry of the run by the chain of hashes.
 */
import { isEntrySigned } from '../../crypto/audit-chain.ts';
import { decodeKeyText } from '../../crypto/key-text.ts';
import { signingHalf } from '../../crypto/keys.ts';
import { brokenAudit } from '../../errors.ts';
import type { EntryRow } from '../../store/store.ts';
import { holderOf, maySign } from '../documents/manifest.ts';
import type { Holder, Manifest } from '../documents/manifest.ts';
import type { View } from '../core/view.ts';
import type { AuditEntry } from '../log/audit-entry.ts';

/** An entry, and the label of the slot that wrote it. */
export type WrittenEntry = AuditEntry & { readonly label: string };

/** What an entry does that its writer may not, as the end of a sentence; null where all of it is in order. */
export function offence(manifest: Manifest, entry: AuditEntry): string | null {
  const holder = holderOf(manifest, entry.slot);
  if (holder === null) return 'names a key that this vault never had';
  if (!maySign(holder, entry.seq)) return `names the key "${holder.label}", which this vault did not have then`;
  if (entry.manifest !== null && !holder.admin)
    return `changes keys, environments or settings, which the key "${holder.label}" may not`;
  for (const id in entry.realms) {
    const realm = manifest.realms.find((known) => known.id === id);
    if (realm !== undefined && holder.realms !== null && !holder.realms.includes(id))
      return `names ${realm.name}, which the key "${holder.label}" does not open`;
  }
  return null;
}

/** Whether the slot that an entry names signed it. */
export function isSignedByWriter(manifest: Manifest, { slot }: Pick<AuditEntry, 'slot'>, row: EntryRow): boolean {
  const { vault } = manifest;
  const { seq, hash, signature } = row;
  const key = publicKeyOf(holderOf(manifest, slot));
  return key !== null && signature !== null && isEntrySigned(key, vault, { seq, hash, signature });
}

function publicKeyOf(holder: Holder | null): Uint8Array | null {
  const halves = holder === null ? null : decodeKeyText('public', holder.publicKey);
  return halves instanceof Uint8Array ? signingHalf(halves) : null;
}

/**
 * Entries with their writers, each proved.
 * @param entries of the view, from the newest down, without a gap
 * @throws audit_broken
 */
export async function* writtenDown(view: View, entries: AsyncIterable<AuditEntry>): AsyncGenerator<WrittenEntry> {
  const { manifest } = view;
  let above: string | null = null;
  for await (const entry of entries) {
    if (entry.slot !== above) {
      const row = await view.entryRow(entry.seq);
      if (row === null || !isSignedByWriter(manifest, entry, row))
        throw unproved(entry.seq, 'is not signed by the key that it names');
    }
    const wrong = offence(manifest, entry);
    if (wrong !== null) throw unproved(entry.seq, wrong);
    above = entry.slot;
    yield Object.assign(entry, { label: holderOf(manifest, entry.slot)!.label });
  }
}

function unproved(seq: number, what: string) {
  return brokenAudit(`audit entry ${seq} ${what}`);
}
