/** A libsodium sealed box, as services that take secrets for their jobs ask for: whoever has the private key alone opens it. */
import { sodium } from './sodium.ts';

/** @param publicKey base64 of 32 bytes @returns base64, or null where that is not a public key */
export function sealTo(publicKey: string, message: Uint8Array): string | null {
  const key = Buffer.from(publicKey, 'base64');
  if (key.length !== 32 || key.toString('base64') !== publicKey.trim()) return null;
  return Buffer.from(sodium().crypto_box_seal(message, new Uint8Array(key))).toString('base64');
}
