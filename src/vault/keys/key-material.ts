/** Keys of people and jobs: made, read, and turned into what a slot holds. */
import { formatKeyFile, parseKeyFile } from '../../crypto/key-file.ts';
import { decodeKeyText, encodeKeyText } from '../../crypto/key-text.ts';
import { newKey, slotPairs } from '../../crypto/keys.ts';
import { wrapSlot } from '../../crypto/passphrase.ts';
import { loadSodium, randomId } from '../../crypto/sodium.ts';
import { errors } from '../../errors.ts';
import type { PassphraseCost } from '../documents/manifest.ts';

/** What a passphrase unlocks: the slot has to have this id, which the wrapped secret is bound to. */
export interface PassphraseSlot {
  readonly id: string;
  /** `knox_pub_1_…` */
  readonly publicKey: string;
  readonly passphrase: PassphraseCost;
}

/** A new key: the public halves to hand out, and the text of the key file. @param identity `knox_vault_1_…`, where it is known */
export async function makeKey(identity: string | null = null): Promise<{ publicKey: string; text: string }> {
  await loadSodium();
  const secret = newKey();
  const text = formatKeyFile({ secret, identity: identity === null ? null : identityBytes(identity) }, 'a knox key');
  return { publicKey: publicKeyOf(secret), text };
}

/** What a key file says to others. @throws wrong_key */
export function readPublicHalf(text: string, source: string): { publicKey: string; identity: string | null } {
  const { secret, identity } = parseKeyFile(text, source);
  return {
    publicKey: publicKeyOf(secret),
    identity: identity === null ? null : encodeKeyText('identity', identity),
  };
}

/** What a new slot needs that this passphrase opens. */
export async function passphraseSlot(passphrase: string, vault: string, identity: string): Promise<PassphraseSlot> {
  const id = randomId();
  const secret = newKey();
  return {
    id,
    publicKey: publicKeyOf(secret),
    passphrase: await wrapSecret(passphrase, vault, id, secret, identity),
  };
}

/** A slot's secret with the vault's identity, as the manifest keeps them. */
export async function wrapSecret(
  passphrase: string,
  vault: string,
  slot: string,
  secret: Uint8Array,
  identity: string,
): Promise<PassphraseCost> {
  const { salt, wrapped, ...cost } = await wrapSlot(passphrase, vault, slot, secret, identityBytes(identity));
  return { ...cost, salt: base64url(salt), wrapped: base64url(wrapped) };
}

/** `knox_pub_1_…` of a secret, as it stands in a slot. */
export function publicKeyOf(secret: Uint8Array): string {
  return encodeKeyText('public', slotPairs(secret).publicHalves);
}

/** The same of the text of a key; null where it is none. libsodium must be loaded. */
export function publicHalfOf(text: string): string | null {
  const secret = decodeKeyText('secret', text);
  return secret instanceof Uint8Array ? publicKeyOf(secret) : null;
}

function identityBytes(identity: string): Uint8Array {
  const bytes = decodeKeyText('identity', identity);
  if (bytes instanceof Uint8Array) return bytes;
  throw errors.bug('an identity that is none');
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
