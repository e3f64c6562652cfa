import { beforeAll, describe, expect, it } from 'vitest';
import { frame } from '../../src/crypto/frame.ts';
import { openGrant, sealGrant } from '../../src/crypto/grant.ts';
import { newKey, slotPairs } from '../../src/crypto/keys.ts';
import type { SlotPairs } from '../../src/crypto/keys.ts';
import { loadSodium, sodium } from '../../src/crypto/sodium.ts';
import { fromHex, KNOWN } from '../helpers/known-answers.ts';

const binding = { vault: 'v', key: 'k', realm: 'production', slot: 's' };
let pair: SlotPairs['sealing'];
let key: Uint8Array;

beforeAll(async () => {
  await loadSodium();
  pair = slotPairs(newKey()).sealing;
  key = newKey();
});

describe('a grant', () => {
  it('opens as the known one', () => {
    const { binding: known, grantedKey, slotSecret, sealed } = KNOWN.grant;
    const { publicKey, secret } = slotPairs(fromHex(slotSecret)).sealing;
    expect(openGrant(known, fromHex(sealed), publicKey, secret)).toEqual(fromHex(grantedKey));
  });

  it('opens for its slot and place', () => {
    expect(openGrant(binding, sealGrant(binding, key, pair.publicKey), pair.publicKey, pair.secret)).toEqual(key);
    expect(key.some((byte) => byte !== 0)).toBe(true);
  });

  it.each(['vault', 'key', 'realm', 'slot'] as const)('is bound to its %s', (field) => {
    const sealed = sealGrant(binding, key, pair.publicKey);
    expect(openGrant({ ...binding, [field]: 'other' }, sealed, pair.publicKey, pair.secret)).toBeNull();
  });

  it('does not open for another slot, or changed, or cut', () => {
    const sealed = sealGrant(binding, key, pair.publicKey);
    const other = slotPairs(newKey()).sealing;
    expect(openGrant(binding, sealed, other.publicKey, other.secret)).toBeNull();
    for (const at of [0, 40, sealed.length - 1]) {
      const changed = Uint8Array.from(sealed);
      changed[at]! ^= 1;
      expect(openGrant(binding, changed, pair.publicKey, pair.secret)).toBeNull();
    }
    for (const length of [0, 1, 47, 48, sealed.length - 1]) {
      expect(openGrant(binding, sealed.subarray(0, length), pair.publicKey, pair.secret)).toBeNull();
    }
  });

  it.each([
    ['no frame', () => new Uint8Array([1, 2, 3])],
    ['nothing', () => new Uint8Array(0)],
    ['a key of another length', () => frame('knox/grant/1', 'v', 'k', 'production', 's', new Uint8Array(31))],
    ['a field too many', () => frame('knox/grant/1', 'v', 'k', 'production', 's', key, '')],
    ['another label', () => frame('knox/grant/2', 'v', 'k', 'production', 's', key)],
  ])('that a stranger sealed is refused: %s', (_what, message) => {
    const sealed = sodium().crypto_box_seal(message(), pair.publicKey);
    expect(openGrant(binding, sealed, pair.publicKey, pair.secret)).toBeNull();
  });
});
