/** A new vault: its keys, its first slot, its manifest, and the first audit entry. */
import { CHAIN_START, entryHash, signEntry } from '../../crypto/audit-chain.ts';
import { commitment, newKey, slotPairs } from '../../crypto/keys.ts';
import { loadSodium, randomId } from '../../crypto/sodium.ts';
import { ROOT_NODE } from '../../store/store.ts';
import type { WriteTransaction } from '../../store/store.ts';
import { sealedPart, signedHead } from '../documents/head.ts';
import type { Head, RealmPart } from '../documents/head.ts';
import { hashOfManifest, identityOf, SHARED, signedManifest } from '../documents/manifest.ts';
import type { Manifest, ManifestRealm, ManifestSlot } from '../documents/manifest.ts';
import { emptyRoot } from '../documents/tree.ts';
import { encodeEntry } from '../log/audit-entry.ts';
import type { RealmStep } from '../log/audit-entry.ts';
import { publicKeyOf, wrapSecret } from './key-material.ts';
import { sealedSlot } from './next-manifest.ts';
import type { Keys } from './next-manifest.ts';

export interface NewVault {
  readonly environments: readonly { readonly name: string; readonly production: boolean }[];
  /** What the first slot opens with: its secret goes into a key file, or is wrapped by the passphrase. */
  readonly slot: {
    readonly kind: 'key-file' | 'passphrase';
    readonly secret: Uint8Array;
    readonly passphrase: string | null;
    readonly label: string;
  };
  readonly rootSeed: Uint8Array;
  readonly at: string;
  readonly actor: string;
}

export interface CreatedVault {
  readonly vault: string;
  /** `knox_vault_1_…` */
  readonly identity: string;
  readonly manifest: Manifest;
  readonly slot: ManifestSlot;
  /** To be remembered. */
  readonly head: Head;
  /** Writes everything into an empty store. */
  readonly fill: (transaction: WriteTransaction) => Promise<void>;
}

/** A realm as it is made: what the manifest says of it, and its key. */
export interface NewRealm {
  readonly realm: ManifestRealm;
  readonly key: Uint8Array;
}

/** @param id where it has one: a realm keeps it when its key is replaced */
export function newRealm(name: string, production: boolean, id: string = randomId()): NewRealm {
  const key = newKey();
  return { realm: { id, name, production, key: randomId(), commitment: hex(commitment(key)) }, key };
}

/** Makes everything of a new vault in memory; `fill` then writes it in one transaction. */
export async function prepareVault(options: NewVault): Promise<CreatedVault> {
  await loadSodium();
  const { rootSeed, at, actor } = options;
  const vault = randomId();
  const root = randomId();
  const made = [
    ...options.environments.map(({ name, production }) => newRealm(name, production)),
    newRealm(SHARED, false),
  ];
  const realms = made.map(({ realm }) => realm);
  const keyOf = (name: string): Uint8Array => made.find(({ realm }) => realm.name === name)!.key;
  const { slot, rows } = await firstSlot(options, { vault, root, realms }, { rootSeed, realmKey: keyOf });
  const manifest: Manifest = {
    format: 1,
    vault,
    identity: identityOf(rootSeed),
    generation: 1,
    entry: 1,
    createdAt: at,
    root,
    links: [],
    settings: {},
    realms,
    slots: [slot],
    formerSlots: [],
    formerRealms: [],
  };
  const signed = signedManifest(manifest, rootSeed);
  const manifestHash = hashOfManifest(signed);

  const roots = made.map(({ realm }) => emptyRoot(realm.id));
  const steps = made.map(({ realm }, index): [string, RealmStep] => [
    realm.id,
    { seq: 0, hash: CHAIN_START, root: hex(roots[index]!.digest) },
  ]);
  const body = encodeEntry({
    at,
    actor,
    slot: slot.id,
    action: 'init',
    secret: null,
    environment: null,
    route: null,
    detail: { identity: manifest.identity, environments: options.environments.map(({ name }) => name) },
    generation: 1,
    manifest: manifestHash,
    realms: Object.fromEntries(steps),
  });
  const hash = entryHash(vault, 1, CHAIN_START, body);
  const parts = made.map(({ realm, key }, index): [string, RealmPart] => [
    realm.id,
    sealedPart(
      key,
      { vault, realm: realm.id, manifest: manifestHash },
      { seq: 1, hash, root: hex(roots[index]!.digest) },
    ),
  ]);
  const head: Head = {
    slot: slot.id,
    seq: 1,
    at,
    hash,
    generation: 1,
    manifest: manifestHash,
    realms: Object.fromEntries(parts),
  };
  const { seed } = slotPairs(options.slot.secret).signing;
  const fill = async (transaction: WriteTransaction): Promise<void> => {
    await transaction.putManifest(signed);
    for (const grant of rows) await transaction.putGrant(grant);
    for (const [index, { realm }] of made.entries()) await transaction.putNode(realm.id, ROOT_NODE, roots[index]!.list);
    await transaction.appendEntry({ seq: 1, body, hash, signature: signEntry(seed, vault, 1, hash) });
    await transaction.putHead(signedHead(head, vault, seed));
  };
  return { vault, identity: manifest.identity, manifest, slot, head, fill };
}

/** It administers, and so holds every key. */
async function firstSlot(options: NewVault, manifest: Pick<Manifest, 'vault' | 'root' | 'realms'>, keys: Keys) {
  const { kind, label, secret, passphrase } = options.slot;
  const id = randomId();
  const identity = identityOf(options.rootSeed);
  const first = {
    id,
    kind,
    label,
    publicKey: publicKeyOf(secret),
    realms: null,
    admin: true,
    added: 0,
    createdAt: options.at,
    passphrase: passphrase === null ? null : await wrapSecret(passphrase, manifest.vault, id, secret, identity),
  };
  return sealedSlot(manifest, first, keys);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
