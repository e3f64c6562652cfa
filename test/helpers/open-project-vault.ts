/** Opens the vault of a test project through its own room, for what no command does yet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseKeyFile } from '../../src/crypto/key-file.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import { Vault } from '../../src/vault/opening/vault.ts';

/** @param folder with `k.key` and `.knox/vault.db` */
export async function openProjectVault(folder: string): Promise<Vault> {
  await loadSodium();
  const store = await SqliteStore.open(join(folder, '.knox/vault.db'));
  const key = parseKeyFile(readFileSync(join(folder, 'k.key'), 'utf8'), 'k.key');
  return Vault.open({
    store,
    unlock: { kind: 'key', ...key, source: 'k.key' },
    trusted: null,
    expectedHead: null,
    memory: new HeadMemory(null),
    now: () => new Date('2026-01-10T12:00:00.000Z'),
    actor: 'tester',
    warn: () => undefined,
  });
}
