/**
 * The manifest: which realms and keys this vault has, and who holds them. It is signed by the root key; nothing of the vault is used
 * that is outside of the manifest of the expected root. The exact bytes that were signed are kept.
 */
import { isManifestSigned, manifestHash, signManifest } from '../../crypto/audit-chain.ts';
import { decodeKeyText, encodeKeyText } from '../../crypto/key-text.ts';
import { signingPublicKey } from '../../crypto/keys.ts';
import { loadSodium } from '../../crypto/sodium.ts';
import type { SettingName } from '../../domain/settings.ts';
import { damagedVault } from '../../errors.ts';
import type { Signed, Store } from '../../store/store.ts';
import { isManifest } from './document-shape.ts';

/** What unwraps a passphrase's slot: sizes in KiB; bytes as base64url. */
export interface PassphraseCost {
  readonly salt: string;
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
  readonly wrapped: string;
}

export interface ManifestSlot {
  readonly id: string;
  readonly kind: 'key-file' | 'passphrase';
  readonly label: string;
  /** `knox_pub_1_…`: the half that keys are sealed to, and the half that its signatures are checked with. */
  readonly publicKey: string;
  /** Ids of the realms given to it, of `shared` among them; null for all, also those made later. */
  readonly realms: readonly string[] | null;
  /** May change slots, realms and settings: it holds every key, so `realms` is null. */
  readonly admin: boolean;
  /** Number of the audit entry that added it: it signs none before the next one. 0 for the first, which signs from entry 1. */
  readonly added: number;
  readonly createdAt: string;
  /** Hash (hex) of the keys sealed to it: see `grantsHash`. */
  readonly grants: string;
  readonly passphrase: PassphraseCost | null;
}

/** One that was removed: its earlier entries are still its own. */
export interface FormerSlot {
  readonly id: string;
  readonly label: string;
  readonly publicKey: string;
  readonly realms: readonly string[] | null;
  readonly admin: boolean;
  readonly added: number;
  /** Number of the audit entry that removed it, the last that it may have signed. */
  readonly removed: number;
}

/** An environment, or `shared`. */
export interface ManifestRealm {
  readonly id: string;
  readonly name: string;
  readonly production: boolean;
  /** Id of its key, and what the key is checked against (hex). */
  readonly key: string;
  readonly commitment: string;
}

export interface FormerRealm {
  readonly id: string;
  readonly name: string;
  readonly removed: number;
}

export interface Manifest {
  readonly format: 1;
  readonly vault: string;
  /** `knox_vault_1_…`, the root's public key. */
  readonly identity: string;
  /** Grows with every manifest. */
  readonly generation: number;
  /** Number of the audit entry that put it. */
  readonly entry: number;
  readonly createdAt: string;
  /** Key id of the root seed's grants. */
  readonly root: string;
  /** Numbers of the audit entries that lead from an earlier identity to the next, ascending. */
  readonly links: readonly number[];
  readonly settings: Readonly<Partial<Record<SettingName, string>>>;
  /** Environments in the order named at `init`, then `shared`. */
  readonly realms: readonly ManifestRealm[];
  readonly slots: readonly ManifestSlot[];
  readonly formerSlots: readonly FormerSlot[];
  readonly formerRealms: readonly FormerRealm[];
}

/** The realm that shared values belong to: implied by no other. */
export const SHARED = 'shared';

export function signedManifest(manifest: Manifest, rootSeed: Uint8Array): Signed {
  const body = new TextEncoder().encode(JSON.stringify(manifest));
  return { body, signature: signManifest(rootSeed, body) };
}

/** What heads, seals and entries name a manifest by, hex. */
export function hashOfManifest({ body, signature }: Signed): string {
  return Buffer.from(manifestHash(body, signature)).toString('hex');
}

/**
 * Reads a manifest and checks its signature by the identity that it names itself; whether that is the expected one is the caller's
 * question.
 * @returns `hash` as hex
 * @throws vault_damaged
 */
export function readManifest(signed: Signed | null): { readonly manifest: Manifest; readonly hash: string } {
  const damaged = () => damagedVault("the vault's manifest is damaged or was changed");
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
  return { manifest, hash: hashOfManifest(signed) };
}

/** @throws vault_damaged */
export async function readVaultId(store: Store): Promise<string> {
  await loadSodium();
  return store.read(async (transaction) => readManifest(await transaction.manifest()).manifest.vault);
}

export function identityOf(rootSeed: Uint8Array): string {
  return encodeKeyText('identity', signingPublicKey(rootSeed));
}

/** @param name an environment, or `shared` */
export function realmNamed({ realms }: Manifest, name: string): ManifestRealm | null {
  return realms.find((realm) => realm.name === name) ?? null;
}

/** Names of the environments, in the vault's order; `shared` is not among them. */
export function environmentNames({ realms }: Manifest): string[] {
  return realms.flatMap(({ name }) => (name === SHARED ? [] : [name]));
}

/** Whether a slot was given a realm. */
export function isGiven(slot: Pick<ManifestSlot, 'realms'>, realm: Pick<ManifestRealm, 'id'>): boolean {
  return slot.realms === null || slot.realms.includes(realm.id);
}

/** What a slot was given, by name; null for everything. */
export function realmNamesOf(manifest: Manifest, slot: Pick<ManifestSlot, 'realms'>): string[] | null {
  if (slot.realms === null) return null;
  return manifest.realms.filter(({ id }) => slot.realms!.includes(id)).map(({ name }) => name);
}

/** Whoever has or had a key: a slot, by its id. `removed` is null for one that is there. */
export type Holder = Omit<FormerSlot, 'removed'> & { readonly removed: number | null };

export function holderOf({ slots, formerSlots }: Manifest, id: string): Holder | null {
  const slot = slots.find((known) => known.id === id);
  if (slot !== undefined) return { ...slot, removed: null };
  return formerSlots.find((known) => known.id === id) ?? null;
}

/** Whether a slot may have signed entry n: from the entry after the one that added it to the one that removed it. */
export function maySign({ added, removed }: Pick<Holder, 'added' | 'removed'>, seq: number): boolean {
  return seq > added && (removed === null || seq <= removed);
}
