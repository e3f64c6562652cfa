/**
 * The head: one row, signed by the slot that wrote the newest entry. It says how far the log goes, which manifest is in force, and for each
 * realm the newest entry that names it, the digest of its root, and the seal that only a holder of the realm's key can make.
 */
import { isHeadSigned, sealOf, signHead } from '../../crypto/audit-chain.ts';
import { decodeKeyText } from '../../crypto/key-text.ts';
import { sealKey, signingHalf } from '../../crypto/keys.ts';
import { isEqual } from '../../crypto/sodium.ts';
import { damagedVault } from '../../errors.ts';
import type { Signed } from '../../store/store.ts';
import { isHead } from './document-shape.ts';
import { holderOf, maySign } from './manifest.ts';
import type { Manifest } from './manifest.ts';

/** A realm's part of the head: hashes are hex. */
export interface RealmPart {
  /** Number and hash of the newest entry that names the realm. */
  readonly seq: number;
  readonly hash: string;
  /** Digest of its root list. */
  readonly root: string;
  readonly seal: string;
}

export interface Head {
  /** Id of the slot that wrote the newest entry, and signed this. */
  readonly slot: string;
  /** Number of the newest entry, its time, and its hash (hex). */
  readonly seq: number;
  readonly at: string;
  readonly hash: string;
  /** Generation and hash (hex) of the manifest in force. */
  readonly generation: number;
  readonly manifest: string;
  /** By the realms' ids. */
  readonly realms: Readonly<Record<string, RealmPart>>;
}

/** @param seed the slot's signing seed */
export function signedHead(head: Head, vault: string, seed: Uint8Array): Signed {
  const body = new TextEncoder().encode(JSON.stringify(head));
  return { body, signature: signHead(seed, vault, body) };
}

/**
 * @param hash of the manifest, hex
 * @throws vault_damaged where it is not signed by a slot of the manifest, or names another manifest
 */
export function readHead(signed: Signed | null, manifest: Manifest, hash: string): Head {
  const head = signed === null ? null : parseHead(signed.body);
  const slot = head === null ? null : holderOf(manifest, head.slot);
  const key = slot === null ? null : decodeKeyText('public', slot.publicKey);
  const isSigned =
    key instanceof Uint8Array &&
    maySign(slot!, head!.seq) &&
    isHeadSigned(signingHalf(key), manifest.vault, signed!.body, signed!.signature);
  if (!isSigned) {
    throw damagedVault("the head of the vault's audit log is damaged or was changed");
  }
  const names = Object.keys(head!.realms).toSorted().join(' ');
  const expected = manifest.realms
    .map(({ id }) => id)
    .toSorted()
    .join(' ');
  if (head!.manifest !== hash || head!.generation !== manifest.generation || names !== expected) throw mixed();
  // A realm whose newest entry lies beyond the log: the log was cut off behind it.
  if (Object.values(head!.realms).some(({ seq }) => seq > head!.seq)) throw mixed();
  return head!;
}

/** Parts of a vault that were not written together. */
export function mixed() {
  return damagedVault('the parts of this vault do not match: some were changed or replaced by older ones');
}

function parseHead(body: Uint8Array): Head | null {
  try {
    const head: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return isHead(head) ? (head as Head) : null;
  } catch {
    return null;
  }
}

/** A realm's part, sealed with its key. */
export function sealedPart(
  realmKey: Uint8Array,
  { vault, realm, manifest }: { readonly vault: string; readonly realm: string; readonly manifest: string },
  part: Omit<RealmPart, 'seal'>,
): RealmPart {
  const { seq, hash, root } = part;
  const seal = sealOf(sealKey(realmKey), { vault, realm, manifest, seq, hash, root });
  return { seq, hash, root, seal: Buffer.from(seal).toString('hex') };
}

/** Whether the realm's key made the seal, under this manifest. */
export function isSealed(
  realmKey: Uint8Array,
  place: { readonly vault: string; readonly realm: string; readonly manifest: string },
  part: RealmPart,
): boolean {
  const { seal } = sealedPart(realmKey, place, part);
  return isEqual(Buffer.from(seal, 'hex'), Buffer.from(part.seal, 'hex'));
}
