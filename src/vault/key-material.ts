/** Keys of people and jobs: made, read, and turned into what a slot holds. */
import { formatKeyFile, parseKeyFile } from '../crypto/key-file.ts';
import { decodeKeyText, encodeKeyText } from '../crypto/key-text.ts';
import { newSlotPair, slotPublicKey } from '../crypto/keys.ts';
import { wrapSlot } from '../crypto/passphrase.ts';
import { loadSodium, randomId } from '../crypto/sodium.ts';
import type { SlotRecord } from '../store/store.ts';

/** A new key pair: the public key to hand out, and the text of the key file. @param identity `knox_vault_1_…`, where it is known */
export async function makeKey(identity: string | null = null): Promise<{ publicKey: string; text: string }> {
  await loadSodium();
  const pair = newSlotPair();
  return {
    publicKey: encodeKeyText('public', pair.publicKey),
    text: formatKeyFile({ secret: pair.secret, identity: bytesOf(identity) }, 'a knox key'),
  };
}

/** What a key file says to others. @throws wrong_key */
export function readPublicHalf(text: string, source: string): { publicKey: string; identity: string | null } {
  const { secret, identity } = parseKeyFile(text, source);
  return {
    publicKey: encodeKeyText('public', slotPublicKey(secret)),
    identity: identity === null ? null : encodeKeyText('identity', identity),
  };
}

/** A slot that this passphrase opens. */
export async function passphraseSlot(
  passphrase: string,
  vault: string,
  identity: string,
  at: string,
): Promise<{ publicKey: string; id: string; record: SlotRecord }> {
  const id = randomId();
  const { publicKey, secret } = newSlotPair();
  const wrapped = await wrapSlot(passphrase, vault, id, secret, bytesOf(identity)!);
  return {
    publicKey: encodeKeyText('public', publicKey),
    id,
    record: { id, kind: 'passphrase', createdAt: at, ...wrapped },
  };
}

function bytesOf(identity: string | null): Uint8Array | null {
  const bytes = identity === null ? null : decodeKeyText('identity', identity);
  return bytes instanceof Uint8Array ? bytes : null;
}

/** The public half of a key, as it stands in a slot; null where the text is no key. libsodium must be loaded. */
export function publicHalfOf(text: string): string | null {
  const secret = decodeKeyText('secret', text);
  return secret instanceof Uint8Array ? encodeKeyText('public', slotPublicKey(secret)) : null;
}
