/** Digests of records and lists, and the seal that a realm's tree hangs from. */
import { beforeAll, describe, expect, it } from 'vitest';
import { sealOf } from '../../src/crypto/audit-chain.ts';
import { newKey, sealKey } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import {
  ByteList,
  emptyRoot,
  kindDigest,
  nodeDigest,
  placeDigest,
  placeOf,
  recordDigest,
  rootDigest,
  RootList,
} from '../../src/vault/documents/tree.ts';
import type { RecordPlace } from '../../src/vault/documents/tree.ts';
import { fromHex, KNOWN, toHex } from '../helpers/known-answers.ts';

const known = KNOWN.records;
const { vault, realm } = known;

beforeAll(loadSodium);

const hexOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : toHex(bytes));

describe('a record', () => {
  it('has the known digest, and a value with its box', () => {
    const { name, value, route } = known;
    const place = (kind: RecordPlace['kind'], id: string): RecordPlace => ({ vault, realm, kind, id });
    expect(toHex(recordDigest(place('name', name.id), name.entry, name.body))).toBe(name.digest);
    expect(toHex(recordDigest(place('value', value.id), value.entry, value.body, fromHex(value.box)))).toBe(
      value.digest,
    );
    expect(toHex(recordDigest(place('route', route.id), route.entry, route.body))).toBe(route.digest);
  });

  it('has another digest elsewhere, later, or with another content', () => {
    const place: RecordPlace = { vault: 'v', realm: 'r', kind: 'name', id: 'i' };
    const digests = [
      recordDigest(place, 1, 'body'),
      recordDigest({ ...place, vault: 'w' }, 1, 'body'),
      recordDigest({ ...place, realm: 's' }, 1, 'body'),
      recordDigest({ ...place, kind: 'lineage' }, 1, 'body'),
      recordDigest({ ...place, id: 'j' }, 1, 'body'),
      recordDigest(place, 2, 'body'),
      recordDigest(place, 1, 'bodx'),
      recordDigest(place, 1, 'body', new Uint8Array(0)),
      recordDigest(place, 1, 'body', new Uint8Array(1)),
    ];
    expect(new Set(digests.map(toHex)).size).toBe(digests.length);
  });

  it('has the known place', () => {
    expect(placeOf('api_key')).toBe(known.place);
    expect(placeOf('größe')).toBe(known.umlautPlace);
  });
});

describe('lists', () => {
  const digest = (number: number) => new Uint8Array(32).fill(number);

  it('are the known ones, from a place to the root', () => {
    const { name, value, route } = known;
    const listed = [
      { kind: 'name', id: name.id, digest: fromHex(name.digest) },
      { kind: 'value', id: value.id, digest: fromHex(value.digest) },
    ];
    const ofPlace = placeDigest(realm, known.place, listed)!;
    expect(toHex(ofPlace)).toBe(known.placeDigest);
    const ofKind = kindDigest(realm, 'route', [{ id: route.id, digest: fromHex(route.digest) }])!;
    expect(toHex(ofKind)).toBe(known.kindDigest);
    const node = new ByteList();
    node.set(known.place & 0xff, ofPlace);
    expect(toHex(node.write())).toBe(known.nodeList);
    const ofNode = nodeDigest(realm, known.place >> 8, node.write())!;
    expect(toHex(ofNode)).toBe(known.nodeDigest);
    const root = new RootList();
    root.setKind('route', ofKind);
    root.nodes.set(known.place >> 8, ofNode);
    expect(toHex(root.write())).toBe(known.rootList);
    expect(toHex(rootDigest(realm, root.write()))).toBe(known.rootDigest);
    const empty = emptyRoot(realm);
    expect([toHex(empty.list), toHex(empty.digest)]).toEqual([known.emptyRoot.list, known.emptyRoot.digest]);
  });

  it('change with what they hold, its order, and where they are; an empty one has no digest', () => {
    const record = (id: string, number = 1, kind = 'name') => ({ kind, id, digest: digest(number) });
    const digests = [
      placeDigest('r', 1, [record('a'), record('b')]),
      placeDigest('r', 1, [record('b'), record('a')]),
      placeDigest('r', 1, [record('a')]),
      placeDigest('r', 1, [record('a', 2)]),
      placeDigest('r', 1, [record('a', 1, 'value')]),
      placeDigest('r', 2, [record('a')]),
      placeDigest('s', 1, [record('a')]),
      kindDigest('r', 'route', [record('a')]),
      kindDigest('r', 'source', [record('a')]),
      nodeDigest('r', 1, digest(1)),
      nodeDigest('r', 2, digest(1)),
      rootDigest('r', digest(1)),
    ];
    expect(new Set(digests.map(hexOf)).size).toBe(digests.length);
    expect([placeDigest('r', 1, []), kindDigest('r', 'route', []), nodeDigest('r', 1, new Uint8Array(0))]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('are read as they were written, and what is none is not', () => {
    const list = new ByteList();
    for (const byte of [200, 0, 7]) list.set(byte, digest(byte));
    const bytes = list.write();
    expect(ByteList.read(bytes)!.bytes()).toEqual([0, 7, 200]);
    expect(toHex(ByteList.read(bytes)!.get(7)!)).toBe(toHex(digest(7)));
    expect(ByteList.read(bytes.subarray(1))).toBeNull();
    // Twice the same byte, or bytes that go down.
    expect(ByteList.read(Buffer.concat([bytes.subarray(0, 33), bytes.subarray(0, 33)]))).toBeNull();
    expect(ByteList.read(Buffer.concat([bytes.subarray(33, 66), bytes.subarray(0, 33)]))).toBeNull();
    expect(RootList.read(new Uint8Array(32))).toBeNull();
    const root = new RootList(list);
    root.setKind('incident', digest(9));
    const again = RootList.read(root.write())!;
    expect([...again.kinds.keys(), again.nodes.bytes()]).toEqual(['incident', [0, 7, 200]]);
  });
});

describe('the seal of a realm', () => {
  it('is the known one', () => {
    const { realmKey, sealKey: derived, part, seal } = KNOWN.seal;
    expect(toHex(sealKey(fromHex(realmKey)))).toBe(derived);
    expect(toHex(sealOf(fromHex(derived), part))).toBe(seal);
  });

  it('changes with the key and with each field', () => {
    const { part } = KNOWN.seal;
    const key = newKey();
    const other = (text: string): string => (text.startsWith('00') ? `11${text.slice(2)}` : `00${text.slice(2)}`);
    const seals = [
      sealOf(key, part),
      sealOf(newKey(), part),
      sealOf(key, { ...part, vault: 'other' }),
      sealOf(key, { ...part, realm: 'other' }),
      sealOf(key, { ...part, manifest: other(part.manifest) }),
      sealOf(key, { ...part, seq: part.seq + 1 }),
      sealOf(key, { ...part, hash: other(part.hash) }),
      sealOf(key, { ...part, root: other(part.root) }),
      sealOf(key, { ...part, hash: part.root, root: part.hash }),
    ];
    expect(new Set(seals.map(toHex)).size).toBe(seals.length);
  });
});
