/** Making a vault and its first key, and keys of one's own. */
import { formatKeyFile } from '../../crypto/key-file.ts';
import { newKey, signingPublicKey } from '../../crypto/keys.ts';
import { loadSodium } from '../../crypto/sodium.ts';
import type { Store, WriteTransaction } from '../../store/store.ts';
import { prepareVault } from './create-vault.ts';
import type { HeadMemory } from '../trust/head-memory.ts';
import { keyToKeep } from '../trust/kept-key.ts';
import type { BootTime, KeyToKeep } from '../trust/kept-key.ts';
import { Vault } from '../opening/vault.ts';

export interface NewVaultFile {
  readonly file: string;
  /** Null: opened by a key file. */
  readonly passphrase: string | null;
  readonly environments: readonly { readonly name: string; readonly production: boolean }[];
  /** Gets the text of the key file, before there is a vault. */
  readonly beforeWriting: (keyText: string) => void;
  /** Called where there will be none. */
  readonly afterFailure: () => void;
}

export interface MadeVault {
  /** `knox_vault_1_…` */
  readonly identity: string;
  /** Its first key, to be kept for a while. */
  readonly keyToKeep: (seconds: number) => KeyToKeep;
}

interface Surroundings {
  /** Where it is to lie. */
  readonly store: {
    create(file: string, fill: (transaction: WriteTransaction) => Promise<void>): Promise<void>;
    open(file: string): Promise<Store>;
  };
  readonly memory: HeadMemory;
  readonly now: () => Date;
  readonly bootTime?: (() => BootTime | null) | undefined;
  readonly actor: string;
}

/** Makes the vault, its key text first, so that no vault is there whose key is nowhere. @throws vault_exists, io */
export async function makeVault(options: NewVaultFile & Surroundings): Promise<MadeVault> {
  await loadSodium();
  const secret = newKey();
  const rootSeed = newKey();
  const kind = options.passphrase === null ? ('key-file' as const) : ('passphrase' as const);
  const created = await prepareVault({
    environments: options.environments,
    slot: { kind, secret, passphrase: options.passphrase, label: kind === 'passphrase' ? 'passphrase' : 'first key' },
    rootSeed,
    at: options.now().toISOString(),
    actor: options.actor,
  });
  try {
    options.beforeWriting(formatKeyFile({ secret, identity: signingPublicKey(rootSeed) }, 'a knox key'));
    await options.store.create(options.file, created.fill);
  } catch (error) {
    options.afterFailure();
    throw error;
  }
  const store = await options.store.open(options.file);
  try {
    const { memory, now, actor } = options;
    const warn = (): void => undefined;
    const look = { store, unlock: null, trusted: created.identity, expectedHead: null, memory, now, actor, warn };
    await (await Vault.open(look)).rememberIdentity();
  } finally {
    await store.close();
  }
  return {
    identity: created.identity,
    keyToKeep(seconds) {
      const clock = options.now().toISOString();
      const times = { clock, logged: clock, boot: options.bootTime?.() ?? null };
      return keyToKeep(created, created.slot, secret, times, seconds);
    },
  };
}
