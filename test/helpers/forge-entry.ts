/** What a holder of a key can write with a program of his own: any entry, any head that his slot signs, any rows. */
import { entryHash, signEntry } from '../../src/crypto/audit-chain.ts';
import { slotPairs } from '../../src/crypto/keys.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { WriteTransaction } from '../../src/store/store.ts';
import { readHead, sealedPart, signedHead } from '../../src/vault/documents/head.ts';
import type { Head } from '../../src/vault/documents/head.ts';
import { KeyRing } from '../../src/vault/documents/key-ring.ts';
import { readManifest, realmNamed } from '../../src/vault/documents/manifest.ts';
import type { Manifest } from '../../src/vault/documents/manifest.ts';
import { encodeEntry } from '../../src/vault/log/audit-entry.ts';
import type { AuditEntry } from '../../src/vault/log/audit-entry.ts';

export interface Forgery {
  readonly slot: { readonly id: string };
  readonly secret: Uint8Array;
  /** Names of realms that the entry names: those whose key is held are sealed with it. */
  readonly realms?: readonly string[];
  /** What the entry says, over what an honest one would. */
  readonly entry?: Partial<AuditEntry>;
  /** What signs the entry; null: nothing does. Left out, the slot. */
  readonly signedBy?: Uint8Array | null;
  readonly head?: (honest: Head) => Head;
  /** Rows that are changed before, in the same transaction. */
  readonly rows?: (transaction: WriteTransaction, manifest: Manifest, head: Head) => Promise<void>;
}

/** Appends an entry, seals and signs. @returns its number */
export async function forgeEntry(file: string, forgery: Forgery): Promise<number> {
  const store = await SqliteStore.open(file);
  try {
    return await store.write(1, async (transaction) => forge(transaction, forgery));
  } finally {
    await store.close();
  }
}

async function forge(transaction: WriteTransaction, forgery: Forgery): Promise<number> {
  const { slot, secret, realms: names = [], entry = {} } = forgery;
  const { manifest, hash: inForce } = readManifest(await transaction.manifest());
  const head = readHead(await transaction.head(), manifest, inForce);
  await forgery.rows?.(transaction, manifest, head);
  const { vault, generation } = manifest;
  const known = manifest.slots.find(({ id }) => id === slot.id)!;
  const ring = new KeyRing(manifest, known, secret, await transaction.grants(slot.id));
  const seq = head.seq + 1;
  const named = names.map((name) => realmNamed(manifest, name)!);
  const steps = named.map(({ id }) => {
    const { seq: last, hash, root } = head.realms[id]!;
    return [id, { seq: last, hash, root }] as const;
  });
  const body = encodeEntry({
    at: head.at,
    actor: 'tester',
    slot: slot.id,
    action: 'use',
    secret: null,
    environment: null,
    route: null,
    detail: null,
    generation,
    manifest: null,
    realms: Object.fromEntries(steps),
    ...entry,
  });
  const hash = entryHash(vault, seq, head.hash, body);
  const { seed } = slotPairs(secret).signing;
  const signer = forgery.signedBy === undefined ? seed : forgery.signedBy;
  if (head.slot === (entry.slot ?? slot.id)) await transaction.unsignEntry(head.seq);
  const signature = signer === null ? null : signEntry(signer, vault, seq, hash);
  await transaction.appendEntry({ seq, body, hash, signature });
  const realms = { ...head.realms };
  for (const { id, name } of named) {
    const { root, seal } = head.realms[id]!;
    const part = { seq, hash, root };
    const place = { vault, realm: id, manifest: inForce };
    realms[id] = ring.hasRealm(name) ? sealedPart(ring.realmKey(name), place, part) : { ...part, seal };
  }
  const honest: Head = { ...head, slot: slot.id, seq, hash, realms };
  await transaction.putHead(signedHead(forgery.head?.(honest) ?? honest, vault, seed));
  return seq;
}
