import { beforeAll, describe, expect, it } from 'vitest';
import { decryptValue, encryptValue } from '../../src/crypto/envelope.ts';
import type { ValuePlace } from '../../src/crypto/envelope.ts';
import { newKey } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { Plaintext, reveal } from '../../src/domain/plaintext.ts';
import { fromHex, KNOWN } from '../helpers/known-answers.ts';

const place: ValuePlace = { vault: 'v', key: 'k', realm: 'r', name: 'n', value: 'x' };
let key: Uint8Array;

beforeAll(async () => {
  await loadSodium();
  key = newKey();
});

function sealed(length: number): Uint8Array {
  return encryptValue(place, new Plaintext(new Uint8Array(length).fill(0x80)), key);
}

describe('a value', () => {
  it.each(KNOWN.values)('opens as the known one of $length bytes', ({ place: known, length, key: hex, size, box }) => {
    expect(fromHex(box)).toHaveLength(size);
    const value = decryptValue(known, fromHex(box), fromHex(hex));
    expect(reveal(value!)).toEqual(Uint8Array.from({ length }, (_byte, index) => index % 251));
  });

  it.each([
    [1, 64],
    [63, 64],
    [64, 128],
    [100, 128],
    [4032, 4096],
    [4095, 4096],
    [4096, 8192],
    [8191, 8192],
    [8192, 12_288],
    [1_048_576, 1_052_672],
  ])('of %i bytes is stored as %i', (length, padded) => {
    const box = sealed(length);
    expect(box).toHaveLength(24 + padded + 16);
    expect(Buffer.compare(reveal(decryptValue(place, box, key)!), new Uint8Array(length).fill(0x80))).toBe(0);
  });

  it.each(Object.keys(place) as (keyof ValuePlace)[])('is bound to its %s', (field) => {
    expect(decryptValue({ ...place, [field]: 'other' }, sealed(5), key)).toBeNull();
  });

  it('cannot have a byte moved from one field of its place to the next', () => {
    const box = encryptValue({ ...place, realm: 'ab', name: 'c' }, Plaintext.fromText('value'), key);
    expect(decryptValue({ ...place, realm: 'a', name: 'bc' }, box, key)).toBeNull();
  });

  it('does not open with another key, or with any byte changed, or cut', () => {
    const box = sealed(5);
    expect(decryptValue(place, box, newKey())).toBeNull();
    for (let at = 0; at < box.length; at++) {
      const changed = Uint8Array.from(box);
      changed[at]! ^= 0x10;
      expect(decryptValue(place, changed, key)).toBeNull();
    }
    for (let length = 0; length < box.length; length++) {
      expect(decryptValue(place, box.subarray(0, length), key)).toBeNull();
    }
  });

  it('has a nonce of its own each time', () => {
    const nonces = Array.from({ length: 50 }, () => Buffer.from(sealed(5).subarray(0, 24)).toString('hex'));
    expect(new Set(nonces).size).toBe(50);
  });

  it('is left as it was by being encrypted', () => {
    const value = Plaintext.fromText('stays');
    encryptValue(place, value, key);
    expect(Buffer.from(reveal(value)).toString()).toBe('stays');
  });
});
