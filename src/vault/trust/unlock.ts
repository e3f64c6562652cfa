/** From what a person gave (a key, or a passphrase) to the slot it opens and the identity it expects. */
import { encodeKeyText } from '../../crypto/key-text.ts';
import { slotPairs } from '../../crypto/keys.ts';
import { damagedVault, errors } from '../../errors.ts';
import type { Plaintext } from '../../domain/plaintext.ts';
import type { Manifest, ManifestSlot } from '../documents/manifest.ts';

/** What unlocks: a key that was given, with the place it came from, or a way to ask for a passphrase. */
export type Unlock =
  | {
      readonly kind: 'key';
      readonly secret: Uint8Array;
      readonly identity: Uint8Array | null;
      readonly source: string;
      /** A keyring gave it: see `judge`. */
      readonly isKept?: boolean;
    }
  | { readonly kind: 'passphrase'; readonly ask: (attempt: number) => Promise<string>; readonly attempts: number };

/** What a keyring gives back, and how to have it forgotten. */
export interface KeptCandidate {
  readonly text: Plaintext;
  readonly forget: () => Promise<void>;
}

/** A key that was kept for this vault, if there is one that counts, else another way; null for none. */
export interface KeptOrElse {
  readonly kind: 'kept';
  /** @param vault its id */
  readonly find: (vault: string) => AsyncIterable<KeptCandidate>;
  readonly otherwise: () => Promise<Unlock | null>;
}

export interface Unlocked {
  readonly slot: ManifestSlot;
  readonly secret: Uint8Array;
  /** `knox_vault_1_…` that the key itself vouches for. */
  readonly identity: string | null;
  readonly kind: 'file' | 'kept' | 'passphrase';
  /** How a person names where it came from. */
  readonly source: string;
}

/** @throws wrong_key, vault_damaged, cancelled */
export async function unlock(manifest: Manifest, given: Unlock): Promise<Unlocked> {
  if (given.kind === 'key') {
    const publicKey = publicTextOf(given.secret);
    const slot = manifest.slots.find((candidate) => candidate.publicKey === publicKey);
    const identity = given.identity === null ? null : encodeKeyText('identity', given.identity);
    if (slot === undefined) {
      const isOther = identity !== null && identity !== manifest.identity;
      throw errors.wrong_key(
        `the key of ${given.source} does not open this vault${isOther ? ': it belongs to another one' : ''}`,
        isOther
          ? `the key is for ${identity}, this vault is ${manifest.identity}`
          : 'it may have been removed: knox key list',
      );
    }
    return {
      slot,
      secret: given.secret,
      identity,
      kind: given.isKept === true ? 'kept' : 'file',
      source: given.source,
    };
  }
  const candidates = manifest.slots.filter((slot) => slot.kind === 'passphrase');
  if (candidates.length === 0)
    throw errors.vault_locked('this vault has no passphrase', 'give a key: --key-file FILE or KNOX_KEY_FILE');
  for (let attempt = 1; attempt <= given.attempts; attempt++) {
    const passphrase = await given.ask(attempt);
    for (const slot of candidates) {
      const opened = await tryPassphrase(manifest, slot, passphrase);
      if (opened !== null) return opened;
    }
  }
  throw errors.wrong_key('the passphrase does not open this vault', 'passphrases are case-sensitive, and spaces count');
}

/** A slot's `knox_pub_1_…`. */
export function publicTextOf(secret: Uint8Array): string {
  return encodeKeyText('public', slotPairs(secret).publicHalves);
}

async function tryPassphrase(manifest: Manifest, slot: ManifestSlot, passphrase: string): Promise<Unlocked | null> {
  const { salt, wrapped, ...cost } = slot.passphrase!;
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
  // Argon2id comes with Node's crypto, which a key file needs nothing of.
  const { unwrapSlot } = await import('../../crypto/passphrase.ts');
  const opened = await unwrapSlot(passphrase, manifest.vault, slot.id, {
    ...cost,
    salt: bytes(salt),
    wrapped: bytes(wrapped),
  });
  if (opened === null) return null;
  if (publicTextOf(opened.secret) !== slot.publicKey) {
    throw damagedVault('a passphrase slot of the vault does not match its public key');
  }
  return {
    slot,
    secret: opened.secret,
    identity: encodeKeyText('identity', opened.identity),
    kind: 'passphrase',
    source: 'the passphrase',
  };
}
