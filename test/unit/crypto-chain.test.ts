import { beforeAll, describe, expect, it } from 'vitest';
import {
  CHAIN_START,
  entryHash,
  isHeadSigned,
  isManifestSigned,
  manifestHash,
  signHead,
  signManifest,
} from '../../src/crypto/audit-chain.ts';
import { decodeKeyText } from '../../src/crypto/key-text.ts';
import { frame } from '../../src/crypto/frame.ts';
import { hash, loadSodium } from '../../src/crypto/sodium.ts';
import { readHead, signedHead } from '../../src/vault/head.ts';
import { identityOf, readManifest, signedManifest } from '../../src/vault/manifest.ts';
import type { Manifest } from '../../src/vault/manifest.ts';
import { fromHex, KNOWN, toHex } from '../helpers/known-answers.ts';
import { makeVault } from '../helpers/vault.ts';

const known = KNOWN.signatures;
const body = Buffer.from(known.body);
const rootSeed = fromHex(known.rootSeed);
const auditSeed = fromHex(known.auditSeed);

beforeAll(loadSodium);

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at]! ^= 1;
  return changed;
}

describe('the chain', () => {
  it('has the known hashes', () => {
    let previous = CHAIN_START;
    for (const [index, entry] of KNOWN.chain.entries.entries()) {
      previous = entryHash(KNOWN.chain.vault, index + 1, previous, entry.body);
      expect(previous).toBe(entry.hash);
    }
  });

  it('hashes the frame of its fields, however long the body is, whatever was hashed before', () => {
    for (const text of ['', 'x'.repeat(10_000), '\u{1F511} ä', 'x']) {
      const framed = frame('knox/audit/1', 'v', 2 ** 33 + 7, fromHex(CHAIN_START), text);
      expect(entryHash('v', 2 ** 33 + 7, CHAIN_START, text)).toBe(toHex(hash(framed)));
    }
  });

  it('binds the vault, the number, the entry before and every byte', () => {
    const text = known.body;
    const hashes = [
      entryHash('v', 2, CHAIN_START, text),
      entryHash('w', 2, CHAIN_START, text),
      entryHash('v', 3, CHAIN_START, text),
      entryHash('v', 2, CHAIN_START.replace(/0$/, '1'), text),
      entryHash('v', 2, CHAIN_START, `!${text.slice(1)}`),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(entryHash('v', 2, 'no hash', text)).toBe('');
  });
});

describe('signatures', () => {
  it('are the known ones', () => {
    expect(identityOf(rootSeed)).toBe(known.identity);
    expect(toHex(signManifest(rootSeed, body))).toBe(known.manifest);
    expect(toHex(manifestHash(body, fromHex(known.manifest)))).toBe(known.manifestHash);
    expect(toHex(signHead(auditSeed, known.vault, body))).toBe(known.head);
  });

  it('hold for their key, vault, kind and bytes alone', () => {
    const identity = decodeKeyText('identity', known.identity) as Uint8Array;
    const auditKey = fromHex(known.auditKey);
    const [manifest, head] = [fromHex(known.manifest), fromHex(known.head)];
    expect(isManifestSigned(identity, body, manifest)).toBe(true);
    expect(isHeadSigned(auditKey, known.vault, body, head)).toBe(true);
    expect(isManifestSigned(auditKey, body, manifest)).toBe(false);
    expect(isManifestSigned(identity, flipped(body, 2), manifest)).toBe(false);
    expect(isManifestSigned(identity, body, flipped(manifest, 60))).toBe(false);
    expect(isHeadSigned(auditKey, 'other', body, head)).toBe(false);
    expect(isHeadSigned(auditKey, known.vault, flipped(body, 2), head)).toBe(false);
    expect(isHeadSigned(auditKey, known.vault, body, signManifest(auditSeed, body))).toBe(false);
    for (const length of [0, 63])
      expect(isHeadSigned(auditKey, known.vault, body, head.subarray(0, length))).toBe(false);
    expect(isHeadSigned(auditKey.subarray(1), known.vault, body, head)).toBe(false);
  });
});

describe('a signed document of somebody else', () => {
  const damaged = { code: 'vault_damaged', exit: 8 };

  it.each([
    'null',
    '[]',
    '{}',
    '"text"',
    '{"seq":1}',
    '{"seq":',
    '\u0000',
    '{"seq":"1","at":"","hash":"","manifest":""}',
  ])('that says %s is no head', (text) => {
    const signed = { body: Buffer.from(text), signature: signHead(auditSeed, 'v', Buffer.from(text)) };
    expect(() => readHead(signed, 'v', known.auditKey)).toThrow(expect.objectContaining(damaged));
  });

  it('that is a head is read, and none is damage', () => {
    const digest = 'ab'.repeat(32);
    const head = { seq: 1, at: '', hash: digest, manifest: digest, slots: digest, vault: digest, environments: {} };
    expect(readHead(signedHead(head, 'v', auditSeed), 'v', known.auditKey)).toEqual(head);
    expect(() => readHead(null, 'v', known.auditKey)).toThrow(expect.objectContaining(damaged));
    const short = { ...head, environments: { production: 'ab' } };
    expect(() => readHead(signedHead(short, 'v', auditSeed), 'v', known.auditKey)).toThrow(
      expect.objectContaining(damaged),
    );
  });

  it('is a manifest only where every field has its type, whoever signed it', async () => {
    const made = await makeVault();
    const manifest = await made.using(async (vault) => vault.manifest);
    made.remove();
    expect(readManifest(signedManifest(manifest, made.rootSeed)).manifest).toEqual(manifest);
    for (const field of Object.keys(manifest)) {
      for (const wrong of [null, 7, 'x', [], {}, [null], [7], [{}], { key: 7 }]) {
        const changed = { ...manifest, [field]: wrong } as unknown as Manifest;
        const isAllowed = (field === 'createdAt' || field === 'vault') && typeof wrong === 'string';
        const isEmptyList = Array.isArray(wrong) && wrong.length === 0 && ['environments', 'slots'].includes(field);
        const isGeneration = field === 'generation' && wrong === 7;
        if (isAllowed || isEmptyList || isGeneration) continue;
        const signed = signedManifest(changed, made.rootSeed);
        expect(() => readManifest(signed), `${field}: ${JSON.stringify(wrong)}`).toThrow(
          expect.objectContaining(damaged),
        );
      }
    }
    const [slot] = manifest.slots;
    for (const slots of [[slot!, slot!], [{ ...slot!, publicKey: 'knox_pub_1_' }], [{ ...slot!, environments: [7] }]]) {
      const signed = signedManifest({ ...manifest, slots } as unknown as Manifest, made.rootSeed);
      expect(() => readManifest(signed)).toThrow(expect.objectContaining(damaged));
    }
    const bytes = Buffer.from('{"identity":');
    expect(() => readManifest({ body: bytes, signature: signManifest(made.rootSeed, bytes) })).toThrow(
      expect.objectContaining(damaged),
    );
    expect(() => readManifest(null)).toThrow(expect.objectContaining(damaged));
  });
});
