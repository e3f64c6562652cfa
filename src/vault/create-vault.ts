/** A new vault: its keys, its first slot, its manifest, and the first audit entry. */
import { CHAIN_START, entryHash, manifestHash } from '../crypto/audit-chain.ts';
import { sealGrant } from '../crypto/grant.ts';
import { encodeKeyText } from '../crypto/key-text.ts';
import { commitment, digestKey, newKey, signingPublicKey, slotPublicKey } from '../crypto/keys.ts';
import { wrapSlot } from '../crypto/passphrase.ts';
import { rowsDigest } from '../crypto/row.ts';
import { loadSodium, randomId } from '../crypto/sodium.ts';
import type { SlotRecord, WriteTransaction } from '../store/store.ts';
import { encodeEntry } from './audit-entry.ts';
import { signedHead } from './head.ts';
import type { Head } from './head.ts';
import { identityOf, SHARED, signedManifest } from './manifest.ts';
import type { Manifest, ManifestSlot } from './manifest.ts';
import { slotDigest } from './slot-digest.ts';

export interface NewVault {
  readonly environments: readonly { readonly name: string; readonly production: boolean }[];
  /** What the first slot opens with: its X25519 secret goes into a key file, or is wrapped by the passphrase. */
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
  readonly slot: ManifestSlot;
  /** Number and hash of the first audit entry, to be remembered. */
  readonly head: Omit<Head, 'slots'>;
  /** Writes everything into an empty store. */
  readonly fill: (transaction: WriteTransaction) => Promise<void>;
}

/** Makes everything of a new vault in memory; `fill` then writes it in one transaction. */
export async function prepareVault(options: NewVault): Promise<CreatedVault> {
  await loadSodium();
  const vault = randomId();
  const auditSeed = newKey();
  const vaultKey = newKey();
  const ids = { root: randomId(), audit: randomId(), vault: randomId(), shared: randomId() };
  const environmentKeys = options.environments.map((environment) => ({
    ...environment,
    id: randomId(),
    key: newKey(),
  }));
  const sharedKey = newKey();
  const commit = (key: Uint8Array) => hex(commitment(key));

  const slot: ManifestSlot = {
    id: randomId(),
    kind: options.slot.kind,
    label: options.slot.label,
    publicKey: encodeKeyText('public', slotPublicKey(options.slot.secret)),
    environments: null,
    admin: true,
    createdAt: options.at,
  };
  const manifest: Manifest = {
    format: 1,
    vault,
    identity: identityOf(options.rootSeed),
    generation: 1,
    createdAt: options.at,
    vaultKey: { key: ids.vault, commitment: commit(vaultKey) },
    audit: { key: ids.audit, publicKey: hex(signingPublicKey(auditSeed)) },
    root: { key: ids.root },
    shared: { key: ids.shared, commitment: commit(sharedKey) },
    environments: environmentKeys.map(({ name, production, id, key }) => ({
      name,
      production,
      key: id,
      commitment: commit(key),
    })),
    slots: [slot],
  };
  const signed = signedManifest(manifest, options.rootSeed);

  const body = encodeEntry({
    at: options.at,
    actor: options.actor,
    key: slot.id,
    action: 'init',
    secret: null,
    environment: null,
    route: null,
    detail: { identity: manifest.identity, environments: options.environments.map(({ name }) => name) },
    rows: {},
    made: [],
    gone: [],
  });
  const hash = entryHash(vault, 1, CHAIN_START, body);
  const digest = (owner: string, key: Uint8Array) => hex(rowsDigest(digestKey(key), vault, owner, []));
  const head: Omit<Head, 'slots'> = {
    seq: 1,
    at: options.at,
    hash,
    manifest: hex(manifestHash(signed.body, signed.signature)),
    vault: digest('', vaultKey),
    environments: Object.fromEntries([
      ...environmentKeys.map(({ name, key }) => [name, digest(name, key)]),
      [SHARED, digest(SHARED, sharedKey)],
    ]),
  };
  const grants = [
    { id: ids.root, environment: '', key: options.rootSeed },
    { id: ids.audit, environment: '', key: auditSeed },
    { id: ids.vault, environment: '', key: vaultKey },
    { id: ids.shared, environment: SHARED, key: sharedKey },
    ...environmentKeys.map(({ id, name, key }) => ({ id, environment: name, key })),
  ];
  const record = await slotRecord(vault, slot, options);
  const fill = async (transaction: WriteTransaction): Promise<void> => {
    await transaction.putManifest(signed);
    await transaction.putSlot(record);
    for (const { id, environment, key } of grants) {
      const sealed = sealGrant({ vault, key: id, environment, slot: slot.id }, key, slotPublicKey(options.slot.secret));
      await transaction.putGrant({ slot: slot.id, key: id, sealed });
    }
    await transaction.appendEntry({ seq: 1, body, hash, signature: null });
    const slots = await slotDigest(transaction, vault);
    await transaction.putHead(signedHead({ ...head, slots }, vault, auditSeed));
  };
  return { vault, identity: manifest.identity, slot, head, fill };
}

async function slotRecord(vault: string, slot: ManifestSlot, options: NewVault): Promise<SlotRecord> {
  const plain = {
    id: slot.id,
    kind: slot.kind,
    createdAt: slot.createdAt,
    salt: null,
    memory: null,
    passes: null,
    lanes: null,
    wrapped: null,
  };
  if (options.slot.passphrase === null) return plain;
  return {
    ...plain,
    ...(await wrapSlot(
      options.slot.passphrase,
      vault,
      slot.id,
      options.slot.secret,
      signingPublicKey(options.rootSeed),
    )),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
