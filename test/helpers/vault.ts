/** Makes vaults for tests, through the vault's own rooms and no command: quick, and without a terminal. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatKeyFile } from '../../src/crypto/key-file.ts';
import { decodeKeyText, encodeKeyText } from '../../src/crypto/key-text.ts';
import { newKey, slotPairs } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { Plaintext, reveal } from '../../src/domain/plaintext.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Change } from '../../src/vault/core/change.ts';
import { prepareVault } from '../../src/vault/keys/create-vault.ts';
import { HeadMemory } from '../../src/vault/trust/head-memory.ts';
import { SHARED } from '../../src/vault/documents/manifest.ts';
import type { ManifestSlot } from '../../src/vault/documents/manifest.ts';
import type { Content } from '../../src/vault/records/kinds.ts';
import { addSlot as giveSlot } from '../../src/vault/keys/slots.ts';
import { BARE_ROUTE } from '../../src/routes/register.ts';
import { NOTHING_DONE } from '../../src/vault/records/rotation.ts';
import { Vault } from '../../src/vault/opening/vault.ts';

export type Bytes = string | Uint8Array;
/** By environment, or one value for a shared secret. */
export type TestValues = Readonly<Record<string, Bytes>> | Bytes;

export interface MakeVault {
  /** Default: development, production. Those that begin with `prod` are production. */
  readonly environments?: readonly string[];
  readonly secrets?: Readonly<Record<string, TestValues>>;
  /** Also two records of every kind in each environment. */
  readonly withEveryTable?: boolean;
  /** Makes the first slot one with a passphrase; the key in `keyText` still opens it. */
  readonly passphrase?: string;
}

export interface OpenVault {
  /** Default: the vault's first key, with its identity line. Null: none. */
  readonly key?: { readonly secret: Uint8Array; readonly identity: Uint8Array | null } | null;
  readonly passphrase?: string;
  readonly trusted?: string | null;
  readonly expectedHead?: { readonly seq: number; readonly hash: string } | null;
  readonly memory?: HeadMemory;
  readonly isAccepting?: boolean;
  readonly file?: string;
  /** ISO time, or a clock. */
  readonly now?: string | (() => Date);
}

export interface TestVault {
  readonly folder: string;
  readonly file: string;
  readonly keyFile: string;
  readonly keyText: string;
  readonly key: { readonly secret: Uint8Array; readonly identity: Uint8Array };
  readonly identity: string;
  readonly rootSeed: Uint8Array;
  /** Codes of the warnings so far. */
  readonly warnings: string[];
  readonly open: (options?: OpenVault) => Promise<Vault>;
  /** Opens, works, and closes whatever happens. */
  readonly using: <T>(work: (vault: Vault) => Promise<T>, options?: OpenVault) => Promise<T>;
  readonly remove: () => void;
}

const NOW = '2025-03-01T10:00:00.000Z';

export async function makeVault(options: MakeVault = {}): Promise<TestVault> {
  await loadSodium();
  const folder = mkdtempSync(join(tmpdir(), 'knox-vault-'));
  const file = join(folder, 'vault.db');
  const environments = options.environments ?? ['development', 'production'];
  const rootSeed = newKey();
  const secret = newKey();
  const created = await prepareVault({
    environments: environments.map((name) => ({ name, production: name.startsWith('prod') })),
    slot: {
      kind: options.passphrase === undefined ? 'key-file' : 'passphrase',
      secret,
      passphrase: options.passphrase ?? null,
      label: 'first',
    },
    rootSeed,
    at: NOW,
    actor: 'tester',
  });
  await SqliteStore.create(file, created.fill);
  const key = { secret, identity: decodeKeyText('identity', created.identity) as Uint8Array };
  const keyText = formatKeyFile(key, 'a test key');
  const keyFile = join(folder, 'vault.key');
  writeFileSync(keyFile, keyText, { mode: 0o600 });

  const warnings: string[] = [];
  const open = async (given: OpenVault = {}): Promise<Vault> => {
    const store = await SqliteStore.open(given.file ?? file);
    try {
      return await Vault.open({
        store,
        unlock: unlockOf(given, key),
        trusted: given.trusted ?? null,
        expectedHead: given.expectedHead ?? null,
        memory: given.memory ?? new HeadMemory(null),
        isAccepting: given.isAccepting === true,
        now: clockOf(given),
        actor: 'tester',
        warn: (code) => warnings.push(code),
      });
    } catch (error) {
      await store.close();
      throw error;
    }
  };
  const using: TestVault['using'] = async (work, given) => {
    const vault = await open(given);
    try {
      return await work(vault);
    } finally {
      await vault.close();
    }
  };
  const made = { folder, file, keyFile, keyText, key, identity: created.identity, rootSeed, warnings, open, using };
  await using(async (vault) => {
    for (const [name, values] of Object.entries(options.secrets ?? {})) await addSecret(vault, name, values);
    if (options.withEveryTable === true) await vault.change((change) => fillRealms(change, environments));
  });
  return { ...made, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function clockOf({ now = '2025-03-02T10:00:00.000Z' }: OpenVault): () => Date {
  return typeof now === 'string' ? () => new Date(now) : now;
}

function unlockOf(given: OpenVault, first: { secret: Uint8Array; identity: Uint8Array }) {
  const { key = first, passphrase } = given;
  if (passphrase !== undefined) return { kind: 'passphrase', ask: async () => passphrase, attempts: 1 } as const;
  return key === null ? null : ({ kind: 'key', ...key, source: 'the test' } as const);
}

/** What a name says of itself when nothing else was said. */
export function nameContent(change: Change, name: string, more: Partial<Content<'name'>> = {}): Content<'name'> {
  return {
    name,
    base: name,
    version: 1,
    state: 'live',
    value: null,
    shared: null,
    kind: 'standard',
    every: null,
    expiresAt: null,
    note: 'what it is for',
    owner: null,
    expectUnused: false,
    exposed: [],
    createdAt: change.at,
    createdBy: change.actor,
    withdrawnAt: null,
    deletedAt: null,
    earlier: [],
    ...more,
  };
}

export function lineageContent(
  change: Change,
  base: string,
  more: Partial<Content<'lineage'>> = {},
): Content<'lineage'> {
  return {
    base,
    names: [base],
    highest: 1,
    current: null,
    previous: null,
    movedAt: null,
    dueAt: null,
    rotation: null,
    createdAt: change.at,
    ...more,
  };
}

/** One change: in each realm the lineage, the name and its value; a shared value is taken up by every environment. */
export async function addSecret(vault: Vault, name: string, values: TestValues): Promise<void> {
  const isShared = typeof values === 'string' || values instanceof Uint8Array;
  await vault.change(async (change) => {
    const facts = { sameAs: [], wrongEnvironment: false };
    for (const [realm, bytes] of Object.entries(isShared ? { [SHARED]: values } : values)) {
      const value = await change.putValue(realm, name, new Plaintext(Buffer.from(bytes as string)), facts);
      await change.put('lineage', realm, lineageContent(change, name));
      await change.put('name', realm, nameContent(change, name, { value: value.id }));
      if (!isShared) continue;
      const shared = await change.boxHash(value);
      for (const environment of change.environmentNames()) {
        await change.put('lineage', environment, lineageContent(change, name));
        await change.put('name', environment, nameContent(change, name, { shared }));
      }
    }
    change.log({ action: 'add', secret: name });
  });
}

/** What `get` does: the value, or null where there is none. */
export async function readSecret(vault: Vault, name: string, realm: string): Promise<Plaintext | null> {
  return vault.read(async (view) => {
    const record = await view.get('name', realm, name);
    const value = record === null || record.state !== 'live' ? null : await view.valueOf(record);
    return value === null ? null : view.decrypt(value);
  });
}

/** The same as text, `null` where there is none. */
export async function textOf(vault: Vault, name: string, environment: string): Promise<string | null> {
  const value = await readSecret(vault, name, environment);
  return value === null ? null : Buffer.from(reveal(value)).toString();
}

/** A second slot, as `key add` makes one. Needs an administering key. @param realms by name */
export async function addSlot(
  vault: Vault,
  label: string,
  realms: readonly string[] | null,
): Promise<{ slot: ManifestSlot; secret: Uint8Array }> {
  const secret = newKey();
  const publicKey = encodeKeyText('public', slotPairs(secret).publicHalves);
  const slot = await vault.change((change) =>
    giveSlot(change, { kind: 'key-file', label, publicKey, realms, admin: false, wrapped: null }),
  );
  return { slot, secret };
}

/** Two records of every kind, but for names with values, in each environment. */
async function fillRealms(change: Change, environments: readonly string[]): Promise<void> {
  const rotations = [change.newId(), change.newId()];
  for (const realm of environments)
    for (const number of [1, 2]) await fillRealm(change, realm, number, rotations[number - 1]!);
  change.log({ action: 'fill' });
}

async function fillRealm(change: Change, realm: string, number: number, rotation: string): Promise<void> {
  const id = (): string => change.newId();
  const { at, actor, seq } = change;
  const name = `secret_${number}`;
  await change.put('lineage', realm, lineageContent(change, name, { current: name }));
  await change.put('name', realm, nameContent(change, name, { state: 'deleted', deletedAt: at }));
  await change.put('use', realm, {
    id: id(),
    name,
    consumer: 'get',
    lastEntry: seq,
    lastAt: at,
    lastActor: actor,
    count: number,
  });
  await change.put('refusal', realm, { id: id(), name, at, count: number, source: 'probe' });
  await change.put('receiver', realm, {
    id: `receiver-${number}`,
    kind: 'command',
    target: `notify-send ${number}`,
    events: ['check'],
    vouched: null,
    createdAt: at,
    createdBy: actor,
  });
  await change.put('route', realm, {
    id: id(),
    project: '',
    path: `config/${number}.env`,
    ...BARE_ROUTE,
    probe: `https://api.example.com/${number}`,
    deployCommand: `deploy ${number}`,
    names: [],
    hosts: [],
    vouched: null,
    createdAt: at,
    createdBy: actor,
  });
  await change.put('source', realm, {
    base: name,
    kind: 'command',
    options: { program: `make-${number}` },
    overlap: null,
    vouched: null,
    createdAt: at,
  });
  await change.put('rotation', realm, {
    id: rotation,
    state: 'active',
    project: '',
    source: 'manual',
    window: 172_800 + number,
    quarantine: 0,
    isUnattended: false,
    options: {},
    steps: [],
    needs: null,
    waitUntil: null,
    incident: null,
    secrets: [
      {
        base: name,
        from: name,
        to: `${name}_v2`,
        ...NOTHING_DONE,
      },
    ],
    routes: [],
    startedAt: at,
    startedBy: actor,
    endedAt: null,
    endReason: null,
  });
  await change.put('incident', realm, {
    id: id(),
    rotation,
    base: name,
    reason: `seen in a log ${number}`,
    startedAt: at,
    startedBy: actor,
    revokedAt: null,
  });
}
