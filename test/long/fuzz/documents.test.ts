/** The vault's own documents as somebody else wrote them, signed or not: frames, grants, slots, values, manifest, head, audit entries. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decryptValue, encryptValue } from '../../../src/crypto/envelope.ts';
import { frame, unframe } from '../../../src/crypto/frame.ts';
import { openGrant } from '../../../src/crypto/grant.ts';
import { newKey, slotPairs } from '../../../src/crypto/keys.ts';
import type { SlotPairs } from '../../../src/crypto/keys.ts';
import { unwrapSlot } from '../../../src/crypto/passphrase.ts';
import { loadSodium, sodium } from '../../../src/crypto/sodium.ts';
import { signHead, signManifest } from '../../../src/crypto/audit-chain.ts';
import { Plaintext, reveal } from '../../../src/domain/plaintext.ts';
import { parseEntry } from '../../../src/vault/log/audit-entry.ts';
import { readHead } from '../../../src/vault/documents/head.ts';
import type { Head } from '../../../src/vault/documents/head.ts';
import { readManifest } from '../../../src/vault/documents/manifest.ts';
import type { Manifest } from '../../../src/vault/documents/manifest.ts';
import { KNOWN, fromHex } from '../../helpers/known-answers.ts';
import { makeVault } from '../../helpers/vault.ts';
import { expectSame, fuzz, HOW, outcomeOf } from './fuzz.ts';
import { mutatedBytes, mutatedJsonText } from './mutations.ts';
import type { Json } from './mutations.ts';

const field = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array(), fc.maxSafeInteger());
let pair: SlotPairs['sealing'];
/** Of the slot that signed the head. */
let seed: Uint8Array;
let manifest: Json;
let head: Json;
let entry: Json;
let rootSeed: Uint8Array;

beforeAll(async () => {
  await loadSodium();
  pair = slotPairs(newKey()).sealing;
  const made = await makeVault({ passphrase: 'correct horse battery', secrets: { api_key: { production: 'x' } } });
  ({ rootSeed } = made);
  ({ seed } = slotPairs(made.key.secret).signing);
  await made.using((vault) =>
    vault.read(async (view) => {
      manifest = vault.manifest as unknown as Json;
      head = view.head as unknown as Json;
      const row = await view.entryRow(view.head.seq);
      entry = JSON.parse(row!.body) as Json;
    }),
  );
  made.remove();
});

/** Values are made when a property runs, after the vault was. */
const later = <T>(make: () => T): fc.Arbitrary<T> => fc.constant(null).map(make);

describe(`documents, ${HOW}`, () => {
  test('a frame is its fields, and nothing else is a frame', async () => {
    const framed = fc.array(field, { maxLength: 6 }).map((fields) => frame(...fields));
    await fuzz(60_000, mutatedBytes(framed), (bytes) => {
      const fields = unframe(bytes);
      if (fields !== null) expectSame(frame(...fields), bytes);
    });
  });

  test('a grant opens to 32 bytes for its place, or not at all', async () => {
    const key = new Uint8Array(32).fill(3);
    const message = later(() => frame('knox/grant/1', 'v', 'k', 'production', 's', key));
    let opened = 0;
    const ran = await fuzz(6000, mutatedBytes(message), (bytes) => {
      const sealed = sodium().crypto_box_seal(new Uint8Array(bytes), pair.publicKey);
      const binding = { vault: 'v', key: 'k', realm: 'production', slot: 's' };
      const found = openGrant(binding, sealed, pair.publicKey, pair.secret);
      if (found === null) return;
      opened += 1;
      expectSame(frame('knox/grant/1', 'v', 'k', 'production', 's', found), bytes);
      expect(found).toHaveLength(32);
    });
    expect(opened).toBeGreaterThan(ran / 50);
    await fuzz(6000, mutatedBytes(later(() => fromHex(KNOWN.grant.sealed))), (bytes) => {
      const { publicKey, secret } = slotPairs(fromHex(KNOWN.grant.slotSecret)).sealing;
      const found = openGrant(KNOWN.grant.binding, bytes, publicKey, secret);
      if (found !== null) expectSame(bytes, fromHex(KNOWN.grant.sealed));
    });
  });

  test('a box opens to what was put in, or not at all', async () => {
    const place = { vault: 'v', key: 'k', realm: 'r', name: 'n', value: 'x' };
    const key = new Uint8Array(32).fill(4);
    const inside = Buffer.from('a value');
    const box = later(() => encryptValue(place, new Plaintext(Buffer.from(inside)), key));
    await fuzz(10_000, mutatedBytes(box), (bytes) => {
      const found = decryptValue(place, bytes, key);
      if (found !== null) expectSame(reveal(found), inside);
    });
    // What a holder of the key sealed without care for the padding.
    const padded = mutatedBytes(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([bytes, Buffer.from([0x80, 0, 0])])),
    );
    await fuzz(10_000, padded, (bytes) => {
      const nonce = new Uint8Array(24);
      const data = frame('knox/value/1', ...Object.values(place));
      const sealed = sodium().crypto_aead_xchacha20poly1305_ietf_encrypt(new Uint8Array(bytes), data, null, nonce, key);
      const found = decryptValue(place, Buffer.concat([nonce, sealed]), key);
      if (found !== null) expectSame(reveal(found), bytes.subarray(0, found.length));
    });
  });

  test('a passphrase slot is bounded before anything is computed', async () => {
    const number = fc.oneof(
      fc.constantFrom(0, 1, 8, 16, 17, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
      fc.integer(),
    );
    // Small costs alone: what is within the bounds is computed.
    const cost = fc.record({
      memory: fc.oneof(
        fc.constantFrom(8, 64, 127, 128, 1_048_577),
        number.filter((one) => !(one > 256 && one <= 1_048_576)),
      ),
      passes: number,
      lanes: number,
    });
    const bytes = (length: number) =>
      mutatedBytes(fc.uint8Array({ minLength: length, maxLength: length })).map((one) => new Uint8Array(one));
    const slot = fc.record({ cost, salt: bytes(16), wrapped: bytes(104) });
    await fuzz(6000, slot, async ({ cost: { memory, passes, lanes }, salt, wrapped }) => {
      const found = await outcomeOf(['vault_damaged'], () =>
        unwrapSlot('a passphrase', 'v', 's', { memory, passes, lanes, salt, wrapped }),
      );
      if ('value' in found) expect(found.value).toBeNull();
    });
  });

  test('a manifest of anybody is one that holds what it must, and its bytes', async () => {
    let read = 0;
    const ran = await fuzz(12_000, mutatedJsonText(later(() => manifest)), async (text) => {
      const body = Buffer.from(text);
      const found = await outcomeOf(['vault_damaged'], () =>
        readManifest({ body, signature: signManifest(rootSeed, body) }),
      );
      if (!('value' in found)) return;
      read += 1;
      const { manifest: one } = found.value;
      expect([one.format, typeof one.vault, typeof one.root]).toEqual([1, 'string', 'string']);
      expect([one.generation, one.entry, ...one.links].every(Number.isSafeInteger)).toBe(true);
      for (const { name, production, key } of one.realms)
        expect([typeof name, typeof production, typeof key]).toEqual(['string', 'boolean', 'string']);
      for (const slot of one.slots) expect([typeof slot.id, typeof slot.admin]).toEqual(['string', 'boolean']);
      expect(Object.keys(Object.prototype)).toEqual([]);
    });
    expect(read).toBeGreaterThan(ran / 50);
    await fuzz(4000, mutatedBytes(later(() => Buffer.from(JSON.stringify(manifest)))), async (bytes) => {
      const signature = signManifest(newKey(), bytes);
      expect(await outcomeOf(['vault_damaged'], () => readManifest({ body: bytes, signature }))).toEqual({
        code: 'vault_damaged',
      });
    });
  });

  test('a head of a holder of the key is one that holds what it must', async () => {
    const known = manifest as unknown as Manifest;
    const { manifest: inForce } = head as unknown as Head;
    let read = 0;
    const ran = await fuzz(12_000, mutatedJsonText(later(() => head)), async (text) => {
      const body = Buffer.from(text);
      const found = await outcomeOf(['vault_damaged'], () =>
        readHead({ body, signature: signHead(seed, known.vault, body) }, known, inForce),
      );
      if (!('value' in found)) return;
      read += 1;
      expect(Number.isSafeInteger(found.value.seq)).toBe(true);
      for (const { hash, root, seal } of Object.values(found.value.realms))
        for (const digest of [hash, root, seal]) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    });
    expect(read).toBeGreaterThan(ran / 50);
  });

  test('an audit entry of a holder of the key is one that every command can show', async () => {
    let read = 0;
    const ran = await fuzz(12_000, mutatedJsonText(later(() => entry)), async (text) => {
      const found = await outcomeOf(['audit_broken'], () => parseEntry({ seq: 2, body: text }));
      if (!('value' in found)) return;
      read += 1;
      const { realms, slot, manifest: put, secret, environment, route, detail } = found.value;
      for (const { seq, hash, root } of Object.values(realms))
        expect([Number.isSafeInteger(seq), typeof hash, typeof root]).toEqual([true, 'string', 'string']);
      expect(typeof slot).toBe('string');
      for (const one of [put, secret, environment, route]) expect(one === null || typeof one === 'string').toBe(true);
      expect(typeof detail === 'object' && !Array.isArray(detail)).toBe(true);
    });
    expect(read).toBeGreaterThan(ran / 50);
  });
});
