/** Makes vaults for tests, through the vault's own rooms and no command: quick, and without a terminal. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatKeyFile } from '../../src/crypto/key-file.ts';
import { decodeKeyText, encodeKeyText } from '../../src/crypto/key-text.ts';
import { newKey, newSlotPair } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { Plaintext, reveal } from '../../src/domain/plaintext.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Row } from '../../src/store/tables.ts';
import type { Change } from '../../src/vault/change.ts';
import { prepareVault } from '../../src/vault/create-vault.ts';
import { HeadMemory } from '../../src/vault/head-memory.ts';
import { SHARED } from '../../src/vault/manifest.ts';
import type { ManifestSlot } from '../../src/vault/manifest.ts';
import { addSlot as giveSlot } from '../../src/vault/slots.ts';
import { Vault } from '../../src/vault/vault.ts';

export type Bytes = string | Uint8Array;
/** By environment, or one value for a shared secret. */
export type TestValues = Readonly<Record<string, Bytes>> | Bytes;

export interface MakeVault {
  /** Default: development, production. Those that begin with `prod` are production. */
  readonly environments?: readonly string[];
  readonly secrets?: Readonly<Record<string, TestValues>>;
  /** Also two rows in each of the small tables, for each environment where the table has environments. */
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
  const { secret } = newSlotPair();
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
    if (options.withEveryTable === true) await vault.change((change) => fillTables(change, environments));
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

/** One change: lineage, secret and values. */
export async function addSecret(vault: Vault, name: string, values: TestValues): Promise<void> {
  const isShared = typeof values === 'string' || values instanceof Uint8Array;
  await vault.change(async (change) => {
    const lineage = change.newId();
    await change.put('lineage', { id: lineage, base: name, highest: 1, due_at: null, created_at: change.at });
    const secret: Row<'secret'> = {
      id: change.newId(),
      name,
      lineage,
      version: 1,
      state: 'live',
      scope: isShared ? 'shared' : 'environments',
      kind: 'standard',
      every: null,
      expires_at: null,
      note: 'what it is for',
      owner: null,
      expect_unused: 0,
      created_at: change.at,
      created_by: change.actor,
      withdrawn_at: null,
      deleted_at: null,
    };
    await change.put('secret', secret);
    change.noteMade(`secret:${name}`);
    for (const [environment, value] of Object.entries(isShared ? { [SHARED]: values } : values)) {
      await change.putValue(secret, environment, new Plaintext(Buffer.from(value as string)), {});
    }
    change.log({ action: 'add', secret: name });
  });
}

/** What `get` does: the value, or null where there is none and the log says that there never was one. */
export async function readSecret(vault: Vault, name: string, environment: string): Promise<Plaintext | null> {
  return vault.read(async (view) => {
    const secret = await view.findOne('secret', { name, state: 'live' });
    if (secret === null) {
      await view.refuseVanished(`secret:${name}`, name);
      return null;
    }
    const value = await view.findOne('value', { secret: secret.id, environment });
    if (value === null) {
      await view.refuseVanished(`value:${name}:${environment}`, name);
      return null;
    }
    return view.decrypt(secret, value);
  });
}

/** The same as text, `null` where there is none. */
export async function textOf(vault: Vault, name: string, environment: string): Promise<string | null> {
  const value = await readSecret(vault, name, environment);
  return value === null ? null : Buffer.from(reveal(value)).toString();
}

/** A second slot, as `key add` makes one. Needs an administering key. */
export async function addSlot(
  vault: Vault,
  label: string,
  environments: readonly string[] | null,
): Promise<{ slot: ManifestSlot; secret: Uint8Array }> {
  const pair = newSlotPair();
  const publicKey = encodeKeyText('public', pair.publicKey);
  const slot = await vault.change((change) =>
    giveSlot(change, { kind: 'key-file', label, publicKey, environments, admin: false, wrapped: null }),
  );
  return { slot, secret: pair.secret };
}

async function fillTables(change: Change, environments: readonly string[]): Promise<void> {
  const id = () => change.newId();
  const { at, actor } = change;
  for (const number of [1, 2]) {
    const secret = `secret-${number}`;
    const rotation = id();
    await change.put('rotation', {
      id: rotation,
      state: 'active',
      project: '',
      source: 'manual',
      window: 172_800 + number,
      quarantine: 0,
      is_unattended: 0,
      options: '{}',
      steps: '[]',
      needs: null,
      wait_until: null,
      incident: null,
      started_at: at,
      started_by: actor,
      ended_at: null,
      end_reason: null,
    });
    await change.put('rotation_secret', {
      id: id(),
      rotation,
      position: 0,
      lineage: `lineage-${number}`,
      base: secret,
      from_secret: 'a',
      from_name: secret,
      to_secret: 'b',
      to_name: `${secret}_v2`,
    });
    await change.put('incident', {
      id: id(),
      rotation,
      lineage: `lineage-${number}`,
      reason: `seen in a log ${number}`,
      started_at: at,
      revoked_at: null,
      started_by: actor,
    });
    await change.put('exposure', { id: id(), secret, slot: 'gone', label: 'left', at });
    await change.put('setting', { id: `setting-${number}`, value: JSON.stringify(String(number)) });
    for (const environment of environments) {
      await fillEnvironment(change, environment, number, rotation);
    }
  }
  change.log({ action: 'fill' });
}

async function fillEnvironment(change: Change, environment: string, number: number, rotation: string): Promise<void> {
  await change.put('notification', {
    id: change.newId(),
    receiver: `receiver-${number}`,
    environment,
    kind: 'command',
    target: `notify-send ${number}`,
    events: '["check"]',
    created_at: change.at,
    created_by: change.actor,
  });
  const id = () => change.newId();
  const { at, actor } = change;
  const secret = `secret-${number}`;
  const lineage = `lineage-${number}`;
  await change.put('usage', { id: id(), secret, environment, consumer: 'get', last_at: at, count: number });
  await change.put('auth_failure', { id: id(), secret, environment, at, count: number, source: 'probe' });
  await change.put('current', {
    id: id(),
    lineage,
    environment,
    secret,
    previous: null,
    moved_at: at,
    base: lineage,
    name: secret,
  });
  await change.put('registration', {
    id: id(),
    project: '',
    path: `config/${number}.env`,
    environment,
    format: null,
    template: null,
    probe: `https://api.example.com/${number}`,
    method: null,
    headers: '[]',
    headers_from_route: 0,
    expect: null,
    allow_http: 0,
    test_command: null,
    deploy_command: `deploy ${number}`,
    timeout: null,
    names: '[]',
    hosts: '[]',
    created_at: at,
    created_by: actor,
  });
  await change.put('source', {
    id: id(),
    lineage,
    environment,
    kind: 'command',
    options: `{"program":"make-${number}"}`,
    overlap: null,
    created_at: at,
  });
  await change.put('rotation_environment', {
    id: id(),
    rotation,
    environment,
    lineage,
    from_secret: 'a',
    to_secret: 'b',
    is_kept: 0,
    updated_at: null,
    tested_at: null,
    revoked_at: null,
    proof: null,
    attempt: null,
    from_name: secret,
    to_name: `${secret}_v2`,
    steps: '[]',
    terms: '{}',
    disabled_at: null,
  });
  await change.put('rotation_route', {
    id: id(),
    rotation,
    environment,
    project: '',
    path: `config/${number}.env`,
    originals: null,
    planned_at: null,
    written_at: null,
    deploy_started_at: null,
    deployed_at: null,
    tested_at: null,
    detail: null,
  });
}
