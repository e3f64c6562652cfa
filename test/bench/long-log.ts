/** A vault whose audit log is as long as wanted: too long to be made one command after the other. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { entryHash, signEntry } from '../../src/crypto/audit-chain.ts';
import { encodeEntry } from '../../src/vault/log/audit-entry.ts';
import type { RealmStep } from '../../src/vault/log/audit-entry.ts';
import { sealedPart, signedHead } from '../../src/vault/documents/head.ts';
import type { Head } from '../../src/vault/documents/head.ts';
import { realmNamed } from '../../src/vault/documents/manifest.ts';
import { AT, openMade } from './open-made.ts';
import { makeVault } from './project.ts';

const BATCH = 500_000;
const REALM = 'production';

/** Makes a vault in `folder`, with the key file `key` and this many entries. @returns the bytes of an entry's body, on average */
export async function makeLongLog(folder: string, entries: number): Promise<number> {
  makeVault(folder, 1);
  const vault = await openMade(folder);
  const { manifest } = vault;
  const ring = vault.requireKeys();
  const { id: realm } = realmNamed(manifest, REALM)!;
  let head = await vault.read(async (view) => view.head);
  let bytes = 0;
  while (head.seq < entries) {
    // A transaction is held in memory until it is committed.
    const last = Math.min(entries, head.seq + BATCH);
    head = await vault.store.write(10, async (transaction) => {
      let { seq, hash } = head;
      const { root, ...first } = head.realms[realm]!;
      let step: RealmStep = { seq: first.seq, hash: first.hash, root };
      await transaction.unsignEntry(seq);
      while (seq < last) {
        seq += 1;
        const body = useEntry(head, ring.slot.id, seq, { [realm]: step });
        hash = entryHash(manifest.vault, seq, hash, body);
        step = { seq, hash, root };
        bytes += body.length;
        const signature = seq === last ? signEntry(ring.signingSeed, manifest.vault, seq, hash) : null;
        await transaction.appendEntry({ seq, body, hash, signature });
      }
      const place = { vault: manifest.vault, realm, manifest: head.manifest };
      const part = sealedPart(ring.realmKey(REALM), place, step);
      const next: Head = { ...head, slot: ring.slot.id, seq, hash, realms: { ...head.realms, [realm]: part } };
      await transaction.putHead(signedHead(next, manifest.vault, ring.signingSeed));
      return next;
    });
  }
  await vault.close();
  // As on a machine that never saw it: one that saw its first entry alone would walk all others once.
  rmSync(join(folder, '.local'), { recursive: true });
  return Math.round(bytes / entries);
}

function useEntry(head: Head, slot: string, seq: number, realms: Record<string, RealmStep>): string {
  const uses = [{ secret: `service_${seq % 100}_api_key`, environment: REALM, consumer: `config/app-${seq % 7}.env` }];
  return encodeEntry({
    at: head.at > AT ? head.at : AT,
    actor: 'deploy@web-1',
    slot,
    action: 'use',
    secret: null,
    environment: REALM,
    route: null,
    detail: { uses },
    generation: head.generation,
    manifest: null,
    realms,
  });
}
