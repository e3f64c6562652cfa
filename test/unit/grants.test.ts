/** What is sealed to a slot, and the hash of it that the manifest keeps. */
import { beforeAll, describe, expect, test } from 'vitest';
import { openGrant } from '../../src/crypto/grant.ts';
import { encodeKeyText } from '../../src/crypto/key-text.ts';
import { newKey, slotPairs } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { fromHex, KNOWN } from '../helpers/known-answers.ts';
import { canSealTo, grantsHash, sealKeys } from '../../src/vault/documents/grants.ts';

let secret: Uint8Array;
let slot: { id: string; publicKey: string };
beforeAll(async () => {
  await loadSodium();
  secret = newKey();
  slot = { id: 'slot-1', publicKey: encodeKeyText('public', slotPairs(secret).publicHalves) };
});

const open = (grant: { key: string; sealed: Uint8Array }, realm: string) => {
  const { publicKey, secret: scalar } = slotPairs(secret).sealing;
  return openGrant({ vault: 'v', key: grant.key, realm, slot: slot.id }, grant.sealed, publicKey, scalar);
};

describe('keys sealed to a slot', () => {
  test('open for it, as what they were sealed as, and stand by key id', () => {
    const keys = [
      { id: 'key-b', realm: 'realm-1', key: newKey() },
      { id: 'key-a', realm: '', key: newKey() },
    ];
    const rows = sealKeys('v', slot, keys);
    expect(rows.map((row) => [row.slot, row.key])).toEqual([
      ['slot-1', 'key-a'],
      ['slot-1', 'key-b'],
    ]);
    expect(open(rows[0]!, '')).toEqual(keys[1]!.key);
    expect(open(rows[1]!, 'realm-1')).toEqual(keys[0]!.key);
    expect(open(rows[1]!, 'realm-2')).toBeNull();
    expect(open({ ...rows[1]!, key: 'key-a' }, 'realm-1')).toBeNull();
  });

  test('have one hash, which is another with one more, one less, another slot or another vault', () => {
    const rows = sealKeys('v', slot, [
      { id: 'key-a', realm: '', key: newKey() },
      { id: 'key-b', realm: 'realm-1', key: newKey() },
    ]);
    const hashes = [
      grantsHash('v', 'slot-1', rows),
      grantsHash('v', 'slot-1', rows.slice(1)),
      grantsHash('v', 'slot-1', []),
      grantsHash('v', 'slot-1', rows.toReversed()),
      grantsHash('v', 'slot-2', rows),
      grantsHash('w', 'slot-1', rows),
      grantsHash('v', 'slot-1', [rows[0]!, { ...rows[1]!, sealed: rows[0]!.sealed }]),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(grantsHash('v', 'slot-1', rows)).toBe(hashes[0]);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('have the known hash', () => {
    const { binding, sealed, rootSealed, hash } = KNOWN.grant;
    const rows = [
      { slot: binding.slot, key: binding.key, sealed: fromHex(sealed) },
      { slot: binding.slot, key: 'key-2', sealed: fromHex(rootSealed) },
    ];
    expect(grantsHash(binding.vault, binding.slot, rows)).toBe(hash);
  });

  test('not every 64 bytes are public halves that something can be sealed to', () => {
    expect(canSealTo(slotPairs(secret).publicHalves)).toBe(true);
    expect(canSealTo(new Uint8Array(64))).toBe(false);
  });
});
