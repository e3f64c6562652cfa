/** From what a person gave (a key, or a passphrase) to the slot it opens and the identity it expects. */
import { decodeKeyText, encodeKeyText } from '../crypto/key-text.ts';
import { slotPublicKey } from '../crypto/keys.ts';
import { errors } from '../errors.ts';
import type { SlotRecord } from '../store/store.ts';
import type { KeptCandidate } from './kept-key.ts';
import type { Manifest, ManifestSlot } from './manifest.ts';

/** What unlocks: a key that was given, with the place it came from, or a way to ask for a passphrase. */
export type Unlock =
  | { readonly kind: 'key'; readonly secret: Uint8Array; readonly identity: Uint8Array | null; readonly source: string }
  | { readonly kind: 'passphrase'; readonly ask: (attempt: number) => Promise<string>; readonly attempts: number };

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
  /** How a person names where it came from. */
  readonly source: string;
}

/** @throws wrong_key, vault_damaged, cancelled */
export async function unlock(manifest: Manifest, slots: readonly SlotRecord[], given: Unlock): Promise<Unlocked> {
  if (given.kind === 'key') {
    const publicKey = encodeKeyText('public', slotPublicKey(given.secret));
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
    return { slot, secret: given.secret, identity, source: given.source };
  }
  // The manifest says which slots have a passphrase: the rows themselves are not signed.
  const candidates = manifest.slots.filter((slot) => slot.kind === 'passphrase');
  if (candidates.length === 0)
    throw errors.vault_locked('this vault has no passphrase', 'give its key: --key-file FILE or KNOX_KEY_FILE');
  for (let attempt = 1; attempt <= given.attempts; attempt++) {
    const passphrase = await given.ask(attempt);
    for (const slot of candidates) {
      const record = slots.find((known) => known.id === slot.id);
      const opened = await tryPassphrase(manifest, slot, record, passphrase);
      if (opened !== null) return opened;
    }
  }
  throw errors.wrong_key('the passphrase does not open this vault', 'passphrases are case-sensitive, and blanks count');
}

async function tryPassphrase(
  manifest: Manifest,
  slot: ManifestSlot,
  record: SlotRecord | undefined,
  passphrase: string,
): Promise<Unlocked | null> {
  const { salt = null, memory = null, passes = null, lanes = null, wrapped = null } = record ?? {};
  if (salt === null || memory === null || passes === null || lanes === null || wrapped === null) {
    throw errors.vault_damaged(
      'a passphrase slot of the vault is damaged',
      'put back a copy of the vault that is whole',
    );
  }
  // Argon2id comes with Node's crypto, which a key file needs nothing of.
  const { unwrapSlot } = await import('../crypto/passphrase.ts');
  const opened = await unwrapSlot(passphrase, manifest.vault, slot.id, { salt, memory, passes, lanes, wrapped });
  if (opened === null) return null;
  const publicKey = decodeKeyText('public', slot.publicKey);
  if (Buffer.compare(slotPublicKey(opened.secret), publicKey as Uint8Array) !== 0) {
    throw errors.vault_damaged(
      'a passphrase slot of the vault does not match its public key',
      'put back a copy of the vault that is whole',
    );
  }
  return {
    slot,
    secret: opened.secret,
    identity: encodeKeyText('identity', opened.identity),
    source: 'the passphrase',
  };
}
