/** Keys sealed to a slot, and the hash of all of them that the manifest keeps. */
import { frame } from '../../crypto/frame.ts';
import type { Field } from '../../crypto/frame.ts';
import { sealGrant } from '../../crypto/grant.ts';
import { decodeKeyText } from '../../crypto/key-text.ts';
import { sealingHalf } from '../../crypto/keys.ts';
import { hash } from '../../crypto/sodium.ts';
import { errors } from '../../errors.ts';
import type { GrantRow } from '../../store/store.ts';

/** A key that is to be sealed: `realm` is the realm's id, empty for the root seed. */
export interface KeyToSeal {
  readonly id: string;
  readonly realm: string;
  readonly key: Uint8Array;
}

/** @param slot its id and `knox_pub_1_…` @returns ordered by key id */
export function sealKeys(
  vault: string,
  { id: slot, publicKey }: { readonly id: string; readonly publicKey: string },
  keys: readonly KeyToSeal[],
): GrantRow[] {
  const halves = decodeKeyText('public', publicKey);
  if (!(halves instanceof Uint8Array)) throw errors.bug('a slot without a public key');
  return keys
    .map(({ id, realm, key }) => ({
      slot,
      key: id,
      sealed: sealGrant({ vault, key: id, realm, slot }, key, sealingHalf(halves)),
    }))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

/** Whether anything can be sealed to these public halves: not every 32 bytes are a key. */
export function canSealTo(publicHalves: Uint8Array): boolean {
  try {
    sealGrant({ vault: '', key: '', realm: '', slot: '' }, new Uint8Array(32), sealingHalf(publicHalves));
    return true;
  } catch {
    return false;
  }
}

/** Hex. @param grants of one slot, ordered by key id */
export function grantsHash(vault: string, slot: string, grants: readonly GrantRow[]): string {
  const fields = grants.flatMap(({ key, sealed }): Field[] => [key, sealed]);
  return Buffer.from(hash(frame('knox/grants/1', vault, slot, ...fields))).toString('hex');
}
