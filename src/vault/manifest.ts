/**
 * The manifest: which slots, environments and keys this vault has. It is signed by the root key; nothing of the vault is used
 * that is outside of the manifest of the expected root. The exact bytes that were signed are kept.
 */
import { isManifestSigned, manifestHash, signManifest } from '../crypto/audit-chain.ts';
import { decodeKeyText, encodeKeyText } from '../crypto/key-text.ts';
import { signingPublicKey } from '../crypto/keys.ts';
import { loadSodium } from '../crypto/sodium.ts';
import { errors } from '../errors.ts';
import type { Signed, Store } from '../store/store.ts';
import { isManifest } from './document-shape.ts';

export interface ManifestSlot {
  readonly id: string;
  readonly kind: 'key-file' | 'passphrase';
  readonly label: string;
  /** `knox_pub_1_…` */
  readonly publicKey: string;
  /** Environments given to it, `shared` among them; null for all, also those made later. */
  readonly environments: readonly string[] | null;
  readonly admin: boolean;
  readonly createdAt: string;
}

export interface ManifestKey {
  /** Key id. */
  readonly key: string;
  /** Hex. */
  readonly commitment: string;
}

export interface ManifestEnvironment extends ManifestKey {
  readonly name: string;
  readonly production: boolean;
}

export interface Manifest {
  readonly format: 1;
  readonly vault: string;
  /** `knox_vault_1_…`, the root's public key. */
  readonly identity: string;
  readonly generation: number;
  readonly createdAt: string;
  readonly vaultKey: ManifestKey;
  /** Key id of the audit seed, and its public key (hex). */
  readonly audit: { readonly key: string; readonly publicKey: string };
  /** Key id of the root seed's grants. */
  readonly root: { readonly key: string };
  /** The key for shared values. */
  readonly shared: ManifestKey;
  /** In the order named at `init`. */
  readonly environments: readonly ManifestEnvironment[];
  readonly slots: readonly ManifestSlot[];
}

/** The environment that shared values belong to: implied by no other. */
export const SHARED = 'shared';

export function signedManifest(manifest: Manifest, rootSeed: Uint8Array): Signed {
  const body = new TextEncoder().encode(JSON.stringify(manifest));
  return { body, signature: signManifest(rootSeed, body) };
}

/**
 * Reads a manifest and checks its signature by the identity that it names itself; whether that is the expected one is the caller's
 * question.
 * @throws vault_damaged
 */
export function readManifest(signed: Signed | null): { manifest: Manifest; identity: Uint8Array; hash: Uint8Array } {
  const damaged = () =>
    errors.vault_damaged(
      "the vault's manifest is damaged or was changed",
      'put back a copy of the vault that is whole',
    );
  if (signed === null) throw damaged();
  let manifest: Manifest;
  try {
    manifest = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(signed.body)) as Manifest;
  } catch {
    throw damaged();
  }
  if (!isManifest(manifest)) throw damaged();
  const identity = decodeKeyText('identity', manifest.identity);
  if (!(identity instanceof Uint8Array) || !isManifestSigned(identity, signed.body, signed.signature)) throw damaged();
  return { manifest, identity, hash: manifestHash(signed.body, signed.signature) };
}

/** @throws vault_damaged */
export async function readVaultId(store: Store): Promise<string> {
  await loadSodium();
  return store.read(async (transaction) => readManifest(await transaction.manifest()).manifest.vault);
}

export function identityOf(rootSeed: Uint8Array): string {
  return encodeKeyText('identity', signingPublicKey(rootSeed));
}

/** The key record of an environment, or of the shared values. */
export function keyRecord(manifest: Manifest, environment: string): ManifestKey | null {
  if (environment === SHARED) return manifest.shared;
  return manifest.environments.find((known) => known.name === environment) ?? null;
}

/** Whether a slot was given an environment. */
export function isGiven(slot: ManifestSlot, environment: string): boolean {
  return slot.environments === null || slot.environments.includes(environment);
}
