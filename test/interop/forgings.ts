/** Vaults that somebody who holds a key wrote with a program of his own. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_START } from '../../src/crypto/audit-chain.ts';
import { parseKeyFile } from '../../src/crypto/key-file.ts';
import type { Change } from '../../src/vault/core/change.ts';
import { signedHead } from '../../src/vault/documents/head.ts';
import type { Head } from '../../src/vault/documents/head.ts';
import { isGiven, realmNamed } from '../../src/vault/documents/manifest.ts';
import type { Manifest } from '../../src/vault/documents/manifest.ts';
import type { Vault } from '../../src/vault/opening/vault.ts';
import { forgeEntry } from '../helpers/forge-entry.ts';
import type { Forgery } from '../helpers/forge-entry.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';
import type { Made } from './made-by-knox.ts';

type Forging = (change: Change, vault: Vault) => Promise<unknown>;
type Store = Parameters<Parameters<Vault['store']['write']>[1]>[0];

/** With the key for everything. */
const BY_ADMIN: readonly (readonly [refusal: string, Forging])[] = [
  [
    "a name's value is missing",
    async (change) => {
      const record = (await change.get('name', 'production', 'blob'))!;
      await change.update(record, { value: 'another' });
    },
  ],
  [
    'the seal of a realm',
    async (_change, vault) => (store: Store) =>
      withHead(vault, store, (realms, production) => ({
        ...realms,
        [production]: { ...realms[production]!, seal: 'ab'.repeat(32) },
      })),
  ],
  [
    "a realm's newest entry",
    async (_change, vault) => (store: Store) =>
      withHead(vault, store, (realms, production) => ({
        ...realms,
        [production]: { ...realms[production]!, seq: 1 },
      })),
  ],
  [
    'the lists of a realm',
    async (_change, vault) => async (store: Store) => {
      const { id } = realmNamed(vault.manifest, 'production')!;
      const [row] = await store.page(id, 'name', '', 1);
      await store.delete(row!);
    },
  ],
  [
    "a slot's grants",
    async (_change, vault) => async (store: Store) => {
      const slot = vault.manifest.slots.find((one) => !isGiven(one, realmNamed(vault.manifest, 'production')!))!;
      const [grant] = await store.grants(vault.ring!.slot.id);
      await store.putGrant({ ...grant!, slot: slot.id });
    },
  ],
];

async function withHead(
  vault: Vault,
  store: Store,
  change: (realms: Head['realms'], production: string) => Head['realms'],
): Promise<void> {
  const head = JSON.parse(Buffer.from((await store.head())!.body).toString()) as Head;
  const realms = change(head.realms, realmNamed(vault.manifest, 'production')!.id);
  await store.putHead(signedHead({ ...head, realms }, vault.manifest.vault, vault.ring!.signingSeed));
}

async function byAdmin({ project, file, keyFile }: Made, forge: Forging, index: number): Promise<string> {
  const folder = join(project.folder, `forged-${index}`);
  mkdirSync(join(folder, '.knox'), { recursive: true });
  copyFileSync(keyFile, join(folder, 'k.key'));
  copyFileSync(file, join(folder, '.knox', 'vault.db'));
  const vault = await openProjectVault(folder);
  const after = await vault.change(async (change) => {
    change.log({ action: 'forge' });
    return forge(change, vault);
  });
  if (typeof after === 'function') await vault.store.write(1, after as (store: Store) => Promise<void>);
  await vault.close();
  return join(folder, '.knox', 'vault.db');
}

/** With the key for development alone: an entry of his, and a head that he signs. */
const BY_COLLEAGUE: readonly (readonly [refusal: string, (manifest: Manifest, head: Head) => Partial<Forgery>])[] = [
  ["names a realm that is not its writer's", () => ({ realms: ['production'] })],
  ['the signature of entry', ({ slots }) => ({ entry: { slot: slots.find(({ admin }) => admin)!.id } })],
  ['whether entry \\d+ is signed', () => ({ signedBy: null })],
  ['the manifest of entry', ({ generation }) => ({ entry: { generation: generation + 1, manifest: 'ab'.repeat(32) } })],
  ['the generation of entry', ({ generation }) => ({ entry: { generation: generation + 1 } })],
  [
    'the chain of a realm',
    (manifest, head) => {
      const { id } = realmNamed(manifest, 'development')!;
      const { root } = head.realms[id]!;
      return { realms: ['development'], entry: { realms: { [id]: { seq: 0, hash: CHAIN_START, root } } } };
    },
  ],
  ["the head's time and slot", () => ({ head: (honest) => ({ ...honest, at: '2030-01-01T00:00:00.000Z' }) })],
  ["the head's entry", () => ({ head: (honest) => ({ ...honest, hash: CHAIN_START }) })],
  [
    'the link of entry',
    ({ identity, generation }) => {
      const detail = { previous: identity, identity, generation, link: 'ab'.repeat(64) };
      return { entry: { action: 'rekey', detail } };
    },
  ],
];

async function byColleague(made: Made, forgery: (typeof BY_COLLEAGUE)[number][1], index: number): Promise<string> {
  const file = join(made.project.folder, `colleague-${index}.db`);
  copyFileSync(made.file, file);
  const { secret } = parseKeyFile(readFileSync(made.partialKeyFile, 'utf8'), 'ci.key');
  const vault = await openProjectVault(made.project.folder);
  const head = await vault.read(async (view) => view.head);
  await vault.close();
  const slot = vault.manifest.slots.find(({ label }) => label === 'ci.key')!;
  await forgeEntry(file, { slot, secret, ...forgery(vault.manifest, head) });
  return file;
}

/**
 * What somebody can write who holds a key: everything hangs from a seal and is signed, and says what it must not.
 * @returns files, and a pattern of what each is refused with
 */
export async function forgings(made: Made): Promise<{ readonly file: string; readonly refusal: string }[]> {
  const found = [];
  for (const [index, [refusal, forge]] of BY_ADMIN.entries())
    found.push({ refusal, file: await byAdmin(made, forge, index) });
  for (const [index, [refusal, forgery]] of BY_COLLEAGUE.entries())
    found.push({ refusal, file: await byColleague(made, forgery, index) });
  return found;
}
