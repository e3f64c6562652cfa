/** Opens a vault that `makeVault` made, in this process: what would take too long one command after the other is written directly. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseKeyFile } from '../../src/crypto/key-file.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import { Vault } from '../../src/vault/opening/vault.ts';

export const AT = '2026-01-10T12:00:00.000Z';

export async function openMade(folder: string): Promise<Vault> {
  await loadSodium();
  const { secret, identity } = parseKeyFile(readFileSync(join(folder, 'key'), 'utf8'), 'key');
  return Vault.open({
    store: await SqliteStore.open(join(folder, '.knox/vault.db')),
    unlock: { kind: 'key', secret, identity, source: 'key' },
    trusted: null,
    expectedHead: null,
    memory: new HeadMemory(null),
    now: () => new Date(AT),
    actor: 'bench',
    warn: () => undefined,
  });
}
