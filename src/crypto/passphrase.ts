/**
 * A passphrase slot: its secret and the vault's identity, encrypted with a key that Argon2id makes from the passphrase. The
 * parameters stand in the slot, are bound as associated data, and are bounded when read, so that a file can't exhaust a machine.
 */
import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import { damagedVault } from '../errors.ts';
import { frame } from './frame.ts';
import { randomBytes, sodium, wipe } from './sodium.ts';

/** Cost of new slots: 64 MiB (memory is in KiB), 3 passes, 4 lanes. */
export const PASSPHRASE_COST = { memory: 65_536, passes: 3, lanes: 4 } as const;
const MOST = { memory: 1_048_576, passes: 10, lanes: 16 } as const;
const PASSPHRASE_MIN_CHARACTERS = 10;
const SALT_BYTES = 16;

export interface WrappedSlot {
  readonly salt: Uint8Array;
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
  /** Nonce (24 bytes), then ciphertext. */
  readonly wrapped: Uint8Array;
}

/** NFKC-normalised UTF-8, so that a passphrase typed on another system is the same. Not trimmed. */
function passphraseBytes(passphrase: string): Uint8Array {
  return new TextEncoder().encode(passphrase.normalize('NFKC'));
}

export function isLongEnough(passphrase: string): boolean {
  return [...passphrase.normalize('NFKC')].length >= PASSPHRASE_MIN_CHARACTERS;
}

const argon2Async = promisify(argon2);

async function derive(passphrase: string, slot: Omit<WrappedSlot, 'wrapped'>): Promise<Uint8Array> {
  const message = passphraseBytes(passphrase);
  try {
    const key = await argon2Async('argon2id', {
      message,
      nonce: slot.salt,
      memory: slot.memory,
      passes: slot.passes,
      parallelism: slot.lanes,
      tagLength: 32,
    });
    return new Uint8Array(key.buffer, key.byteOffset, key.length);
  } finally {
    wipe(message);
  }
}

function associated(vault: string, slotId: string, slot: Omit<WrappedSlot, 'wrapped'>): Uint8Array {
  return frame('knox/slot/1', vault, slotId, slot.salt, slot.memory, slot.passes, slot.lanes);
}

/** @param secret the slot's secret @param identity the root's public key */
export async function wrapSlot(
  passphrase: string,
  vault: string,
  slotId: string,
  secret: Uint8Array,
  identity: Uint8Array,
): Promise<WrappedSlot> {
  const slot = { salt: randomBytes(SALT_BYTES), ...PASSPHRASE_COST };
  const key = await derive(passphrase, slot);
  const nonce = randomBytes(24);
  const content = Buffer.concat([secret, identity]);
  const box = sodium().crypto_aead_xchacha20poly1305_ietf_encrypt(
    content,
    associated(vault, slotId, slot),
    null,
    nonce,
    key,
  );
  wipe(content);
  wipe(key);
  return { ...slot, wrapped: Buffer.concat([nonce, box]) };
}

/**
 * @returns secret and identity, or `null` where the passphrase is not this slot's
 * @throws vault_damaged where the slot's parameters are out of bounds
 */
export async function unwrapSlot(
  passphrase: string,
  vault: string,
  slotId: string,
  slot: WrappedSlot,
): Promise<{ secret: Uint8Array; identity: Uint8Array } | null> {
  const isSane =
    slot.salt.length === SALT_BYTES &&
    slot.wrapped.length === 24 + 64 + 16 &&
    slot.memory <= MOST.memory &&
    slot.passes <= MOST.passes &&
    slot.lanes <= MOST.lanes &&
    slot.lanes >= 1 &&
    slot.passes >= 1 &&
    slot.memory >= 8 * slot.lanes;
  if (!isSane) throw damagedVault('a passphrase slot of the vault has invalid parameters');
  const key = await derive(passphrase, slot);
  try {
    const opened = sodium().crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      slot.wrapped.subarray(24),
      associated(vault, slotId, slot),
      slot.wrapped.subarray(0, 24),
      key,
    );
    const content = { secret: opened.slice(0, 32), identity: opened.slice(32) };
    wipe(opened);
    return content;
  } catch {
    return null;
  } finally {
    wipe(key);
  }
}
