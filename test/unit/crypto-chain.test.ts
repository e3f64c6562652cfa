import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CHAIN_START,
  entryHash,
  isEntrySigned,
  isHeadSigned,
  isLinkSigned,
  isManifestSigned,
  isVouchSigned,
  manifestHash,
  signEntry,
  signHead,
  signLink,
  signManifest,
  signVouch,
} from '../../src/crypto/audit-chain.ts';
import type { LinkOf } from '../../src/crypto/audit-chain.ts';
import { decodeKeyText } from '../../src/crypto/key-text.ts';
import { frame } from '../../src/crypto/frame.ts';
import { isUseSigned, signUse } from '../../src/crypto/use-line.ts';
import { hash, loadSodium } from '../../src/crypto/sodium.ts';
import { newKey, slotPairs } from '../../src/crypto/keys.ts';
import type { Signed } from '../../src/store/store.ts';
import { readHead } from '../../src/vault/documents/head.ts';
import type { Head } from '../../src/vault/documents/head.ts';
import { identityOf, readManifest, signedManifest } from '../../src/vault/documents/manifest.ts';
import type { Manifest } from '../../src/vault/documents/manifest.ts';
import { fromHex, KNOWN, toHex } from '../helpers/known-answers.ts';
import { makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

const known = KNOWN.signatures;
const body = Buffer.from(known.body);
const rootSeed = fromHex(known.rootSeed);
const slotSeed = fromHex(known.slotSeed);
const slotKey = fromHex(known.slotKey);
const signedEntry = { ...known.entry, signature: fromHex(known.entry.signature) };

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
    expect(toHex(signHead(slotSeed, known.vault, body))).toBe(known.head);
    expect(toHex(signEntry(slotSeed, known.vault, signedEntry.seq, signedEntry.hash))).toBe(known.entry.signature);
    expect(toHex(signLink(rootSeed, linkOf()))).toBe(known.link.signature);
    const { use, vouch } = KNOWN;
    expect(toHex(signUse(fromHex(use.seed), use.use))).toBe(use.signature);
    expect(toHex(signVouch(fromHex(vouch.seed), vouch.vouched))).toBe(vouch.signature);
  });

  it('hold for their key, vault, kind and bytes alone', () => {
    const identity = decodeKeyText('identity', known.identity) as Uint8Array;
    const [manifest, head] = [fromHex(known.manifest), fromHex(known.head)];
    expect(isManifestSigned(identity, body, manifest)).toBe(true);
    expect(isHeadSigned(slotKey, known.vault, body, head)).toBe(true);
    expect(isManifestSigned(slotKey, body, manifest)).toBe(false);
    expect(isManifestSigned(identity, flipped(body, 2), manifest)).toBe(false);
    expect(isManifestSigned(identity, body, flipped(manifest, 60))).toBe(false);
    expect(isHeadSigned(slotKey, 'other', body, head)).toBe(false);
    expect(isHeadSigned(slotKey, known.vault, flipped(body, 2), head)).toBe(false);
    expect(isHeadSigned(slotKey, known.vault, body, signManifest(slotSeed, body))).toBe(false);
    for (const length of [0, 63])
      expect(isHeadSigned(slotKey, known.vault, body, head.subarray(0, length))).toBe(false);
    expect(isHeadSigned(slotKey.subarray(1), known.vault, body, head)).toBe(false);
  });

  it('of an entry and of a head cannot stand for each other', () => {
    expect(isEntrySigned(slotKey, known.vault, signedEntry)).toBe(true);
    expect(isEntrySigned(slotKey, known.vault, { ...signedEntry, seq: signedEntry.seq + 1 })).toBe(false);
    expect(isEntrySigned(slotKey, 'other', signedEntry)).toBe(false);
    const bytes = fromHex(signedEntry.hash);
    expect(isHeadSigned(slotKey, known.vault, bytes, signedEntry.signature)).toBe(false);
    const signature = signHead(slotSeed, known.vault, bytes);
    expect(isEntrySigned(slotKey, known.vault, { ...signedEntry, signature })).toBe(false);
  });

  it('of links, uses and what is vouched for cover every field', () => {
    const link = linkOf();
    const signedLink = signLink(rootSeed, link);
    expect(isLinkSigned(link, signedLink)).toBe(true);
    for (const other of [
      { ...link, vault: 'w' },
      { ...link, seq: 8 },
      { ...link, previous: link.next },
      { ...link, next: link.previous },
      { ...link, generation: 5 },
    ])
      expect(isLinkSigned(other, signedLink)).toBe(false);
    const { use } = KNOWN.use;
    const signedUse = signUse(slotSeed, use);
    expect(isUseSigned(slotKey, use, signedUse)).toBe(true);
    for (const field of Object.keys(use) as (keyof typeof use)[])
      expect(isUseSigned(slotKey, { ...use, [field]: `${use[field]}.` }, signedUse), field).toBe(false);
    const { vouched } = KNOWN.vouch;
    const signedVouch = signVouch(slotSeed, vouched);
    expect(isVouchSigned(slotKey, vouched, signedVouch)).toBe(true);
    for (const [field, said] of Object.entries(vouched)) {
      const other = { ...vouched, [field]: typeof said === 'number' ? said + 1 : `${said}.` };
      expect(isVouchSigned(slotKey, other, signedVouch), field).toBe(false);
    }
  });
});

function linkOf(): LinkOf {
  const { seq, next, generation } = known.link;
  const previous = decodeKeyText('identity', known.identity) as Uint8Array;
  return { vault: known.vault, seq, previous, next: fromHex(next), generation };
}

describe('a signed document of somebody else', () => {
  const damaged = expect.objectContaining({ code: 'vault_damaged', exit: 8 });
  let made: TestVault;
  let manifest: Manifest;
  let head: Head;
  beforeAll(async () => {
    made = await makeVault();
    await made.using(async (vault) => {
      ({ manifest } = vault);
      head = await vault.read(async (view) => view.head);
    });
  });
  afterAll(() => made.remove());
  /** As the vault's only slot signs it. */
  const asSlot = (text: string): Signed => {
    const bytes = Buffer.from(text);
    const { seed } = slotPairs(made.key.secret).signing;
    return { body: bytes, signature: signHead(seed, manifest.vault, bytes) };
  };
  const read = (said: object | string) =>
    readHead(asSlot(typeof said === 'string' ? said : JSON.stringify(said)), manifest, head.manifest);

  it.each(['null', '[]', '{}', '"text"', '{"seq":1}', '{"seq":', '\u0000', '{"seq":"1","at":"","hash":""}'])(
    'that says %s is no head',
    (text) => expect(() => read(text)).toThrow(damaged),
  );

  it('is a head where every field has its type, and it is of this manifest and of a slot that may sign it', () => {
    expect(read(head)).toEqual(head);
    expect(() => readHead(null, manifest, head.manifest)).toThrow(damaged);
    const [id, part] = Object.entries(head.realms)[0]!;
    const { [id]: _one, ...fewer } = head.realms;
    for (const [field, wrong] of [
      ['slot', 'another'],
      ['seq', 0],
      ['seq', '1'],
      ['at', 'yesterday'],
      ['hash', 'ab'],
      ['generation', head.generation + 1],
      ['manifest', head.hash],
      ['realms', fewer],
      ['realms', { ...head.realms, more: part }],
      ['realms', { ...head.realms, [id]: { ...part, seal: null } }],
      ['realms', { ...head.realms, [id]: { ...part, more: 1 } }],
      ['more', 1],
    ] as const)
      expect(() => read({ ...head, [field]: wrong }), `${field}: ${JSON.stringify(wrong)}`).toThrow(damaged);
    // The signature of another one, and one that was made for another vault.
    const signed = asSlot(JSON.stringify(head));
    const other = slotPairs(newKey()).signing.seed;
    for (const signature of [signHead(other, manifest.vault, signed.body), flipped(signed.signature, 5)])
      expect(() => readHead({ ...signed, signature }, manifest, head.manifest)).toThrow(damaged);
  });

  it('is a manifest only where every field has its type, whoever signed it', () => {
    const readAs = (changed: object) => readManifest(signedManifest(changed as Manifest, made.rootSeed)).manifest;
    expect(readAs(manifest)).toEqual(manifest);
    const ids = ['vault', 'root'];
    const lists = ['links', 'slots', 'formerSlots', 'formerRealms'];
    for (const field of Object.keys(manifest)) {
      for (const wrong of [null, 7, 'x', [], {}, [null], [7], [{}], { key: 7 }]) {
        const text = JSON.stringify(wrong);
        const isAllowed =
          (ids.includes(field) && text === '"x"') ||
          (lists.includes(field) && text === '[]') ||
          (field === 'links' && text === '[7]') ||
          (field === 'settings' && text === '{}') ||
          (['generation', 'entry'].includes(field) && text === '7');
        if (!isAllowed) expect(() => readAs({ ...manifest, [field]: wrong }), `${field}: ${text}`).toThrow(damaged);
      }
    }
    const [slot, realm] = [manifest.slots[0]!, manifest.realms[0]!];
    for (const slots of [
      [slot, slot],
      [slot, { ...slot, id: 'another', label: 'another' }],
      [{ ...slot, publicKey: 'knox_pub_1_' }],
      [{ ...slot, realms: [7] }],
      // Whoever administers holds everything.
      [{ ...slot, realms: [realm.id] }],
      [{ ...slot, kind: 'passphrase' }],
      [{ ...slot, more: 1 }],
    ])
      expect(() => readAs({ ...manifest, slots }), JSON.stringify(slots)).toThrow(damaged);
    expect(() => readAs({ ...manifest, realms: [...manifest.realms, realm] })).toThrow(damaged);
    expect(() => readAs({ ...manifest, realms: manifest.realms.slice(0, -1) })).toThrow(damaged);
    expect(() => readAs({ ...manifest, settings: { nothing: 'x' } })).toThrow(damaged);
    // An id is never used again.
    const { id, label, publicKey, realms, admin, added } = slot;
    const former = { id, label, publicKey, realms, admin, added, removed: 2 };
    expect(readAs({ ...manifest, formerSlots: [{ ...former, id: 'gone' }] }).formerSlots).toHaveLength(1);
    expect(() => readAs({ ...manifest, formerSlots: [former] })).toThrow(damaged);
    expect(() => readAs({ ...manifest, formerRealms: [{ id: realm.id, name: 'gone', removed: 2 }] })).toThrow(damaged);
    const bytes = Buffer.from('{"identity":');
    expect(() => readManifest({ body: bytes, signature: signManifest(made.rootSeed, bytes) })).toThrow(damaged);
    expect(() => readManifest(null)).toThrow(damaged);
  });
});
