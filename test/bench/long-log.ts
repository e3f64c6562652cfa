/** A vault whose audit log is as long as wanted: too long to be made one command after the other. */
import { join } from 'node:path';
import { entryHash } from '../../src/crypto/audit-chain.ts';
import { parseKeyFile } from '../../src/crypto/key-file.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { readFileSync } from 'node:fs';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { encodeEntry } from '../../src/vault/audit-entry.ts';
import { HeadMemory } from '../../src/vault/head-memory.ts';
import { signedHead } from '../../src/vault/head.ts';
import { Vault } from '../../src/vault/vault.ts';
import { makeVault } from './project.ts';

const AT = '2026-01-10T12:00:00.000Z';
const BATCH = 500_000;

/** Makes a vault in `folder`, with the key file `key` and this many entries. @returns the bytes of an entry's body, on average */
export async function makeLongLog(folder: string, entries: number): Promise<number> {
  makeVault(folder, 1);
  await loadSodium();
  const file = join(folder, '.knox/vault.db');
  const { secret, identity } = parseKeyFile(readFileSync(join(folder, 'key'), 'utf8'), 'key');
  const store = await SqliteStore.open(file);
  const vault = await Vault.open({
    store,
    unlock: { kind: 'key', secret, identity, source: 'key' },
    trusted: null,
    expectedHead: null,
    memory: new HeadMemory(null),
    now: () => new Date(AT),
    actor: 'bench',
    warn: () => undefined,
  });
  const { ring, manifest } = vault;
  let head = await vault.read(async (view) => view.head);
  let bytes = 0;
  while (head.seq < entries) {
    // A transaction is held in memory until it is committed.
    const last = Math.min(entries, head.seq + BATCH);
    head = await store.write(10, async (transaction) => {
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
