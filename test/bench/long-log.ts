/** A vault whose audit log is as long as wanted: too long to be made one command after the other. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { entryHash } from '../../src/crypto/audit-chain.ts';
import { encodeEntry } from '../../src/vault/audit-entry.ts';
import { signedHead } from '../../src/vault/head.ts';
import { AT, openMade } from './open-made.ts';
import { makeVault } from './project.ts';

const BATCH = 500_000;

/** Makes a vault in `folder`, with the key file `key` and this many entries. @returns the bytes of an entry's body, on average */
export async function makeLongLog(folder: string, entries: number): Promise<number> {
  makeVault(folder, 1);
  const vault = await openMade(folder);
  const { ring, manifest } = vault;
  let head = await vault.read(async (view) => view.head);
  let bytes = 0;
  while (head.seq < entries) {
    // A transaction is held in memory until it is committed.
    const last = Math.min(entries, head.seq + BATCH);
    head = await vault.store.write(10, async (transaction) => {
      let { seq, hash } = head;
      while (seq < last) {
        seq += 1;
        const body = useEntry(head.at, ring!.slot.id, seq);
        hash = entryHash(manifest.vault, seq, hash, body);
        bytes += body.length;
        await transaction.appendEntry({ seq, body, hash, signature: null });
      }
      const next = { ...head, seq, hash };
      await transaction.putHead(signedHead(next, manifest.vault, ring!.auditSeed));
      return next;
    });
  }
  await vault.close();
  // As on a machine that never saw it: one that saw its first entry alone would walk all others once.
  rmSync(join(folder, '.local'), { recursive: true });
  return Math.round(bytes / entries);
}

function useEntry(after: string, key: string, seq: number): string {
  const uses = [
    { secret: `service_${seq % 100}_api_key`, environment: 'production', consumer: `config/app-${seq % 7}.env` },
  ];
  return encodeEntry({
    at: after > AT ? after : AT,
    actor: 'deploy@web-1',
    key,
    action: 'use',
    secret: null,
    environment: 'production',
    route: null,
    detail: { uses },
    rows: {},
    made: [],
    gone: [],
  });
}
