/** The stored lists of a realm's tree: whatever they hold is read as it was written, and no other bytes are a list. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { ByteList, emptyRoot, nodeDigest, placeOf, rootDigest, RootList } from '../../src/vault/documents/tree.ts';
import { LISTED } from '../../src/vault/records/kinds.ts';
import { anyText } from '../helpers/any-facts.ts';
import { SEED } from '../helpers/seed.ts';

const ENTRY = 33;
const HOW = `KNOX_TEST_SEED=${SEED}`;
const byte = fc.integer({ min: 0, max: 255 });
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
/** No digest of anything is this one, which stands for an empty list. */
const someDigest = digest.filter((bytes) => bytes.some((one) => one !== 0));
const entries = fc.uniqueArray(fc.tuple(byte, digest), { maxLength: 256, selector: ([at]) => at });
const kinds = fc.array(fc.option(someDigest, { nil: null }), { minLength: LISTED.length, maxLength: LISTED.length });

beforeAll(loadSodium);

const check = <T>(property: fc.IProperty<T>): void => fc.assert(property, { numRuns: 300, seed: SEED });
const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

function listOf(given: readonly (readonly [number, Uint8Array])[]): ByteList {
  const list = new ByteList();
  for (const [at, one] of given) list.set(at, one);
  return list;
}
function rootOf(given: readonly (Uint8Array | null)[], nodes: ByteList): RootList {
  const root = new RootList(nodes);
  for (const [index, one] of given.entries()) root.setKind(LISTED[index]!, one);
  return root;
}

describe(`a list by bytes, ${HOW}`, () => {
  it('is read as it was written, in whatever order it was made', () => {
    check(
      fc.property(entries, (given) => {
        const bytes = listOf(given).write();
        expect(bytes.length).toBe(given.length * ENTRY);
        expect(same(listOf(given.toReversed()).write(), bytes)).toBe(true);
        const again = ByteList.read(bytes)!;
        expect(again.bytes()).toEqual(given.map(([at]) => at).toSorted((left, right) => left - right));
        for (const [at, one] of given) expect(same(again.get(at)!, one)).toBe(true);
        expect(same(again.write(), bytes)).toBe(true);
      }),
    );
  });

  it('has nothing of what was set to null, and a copy of it goes its own way', () => {
    check(
      fc.property(entries, byte, digest, (given, at, one) => {
        const list = listOf(given);
        const before = list.write();
        const copy = list.copy();
        copy.set(at, one);
        expect(same(list.write(), before)).toBe(true);
        copy.set(at, null);
        expect([copy.get(at), copy.bytes().includes(at)]).toEqual([null, false]);
        expect(copy.isEmpty).toBe(copy.bytes().length === 0);
      }),
    );
  });

  it('is what any bytes are that are read at all', () => {
    const nearly = fc.tuple(entries, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([given, at, bit]) => {
      const bytes = Uint8Array.from(listOf(given).write());
      if (bytes.length > 0) bytes[at % bytes.length]! ^= bit;
      return bytes;
    });
    check(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 3 * ENTRY })), (bytes) => {
        const list = ByteList.read(bytes);
        if (list !== null) expect(same(list.write(), bytes)).toBe(true);
      }),
    );
  });

  it('is none where it is cut, or goes on, in the middle of an entry, or its bytes do not go up', () => {
    check(
      fc.property(
        entries.filter((given) => given.length > 1),
        fc.nat(),
        (given, number) => {
          const bytes = listOf(given).write();
          const part = (number % (ENTRY - 1)) + 1;
          expect(ByteList.read(bytes.subarray(0, bytes.length - part))).toBeNull();
          expect(ByteList.read(Buffer.concat([bytes, new Uint8Array(part)]))).toBeNull();
          const split = ((number % (given.length - 1)) + 1) * ENTRY;
          const [head, tail] = [bytes.subarray(0, split), bytes.subarray(split)];
          expect(ByteList.read(Buffer.concat([tail, head]))).toBeNull();
          expect(ByteList.read(Buffer.concat([head, head.subarray(-ENTRY), tail]))).toBeNull();
        },
      ),
    );
  });
});

describe(`a root's list, ${HOW}`, () => {
  it('is read as it was written', () => {
    check(
      fc.property(kinds, entries, (given, nodes) => {
        const bytes = rootOf(given, listOf(nodes)).write();
        expect(bytes.length).toBe(LISTED.length * 32 + nodes.length * ENTRY);
        const again = RootList.read(bytes)!;
        for (const [index, one] of given.entries())
          expect(Buffer.from(again.kinds.get(LISTED[index]!) ?? [])).toEqual(Buffer.from(one ?? []));
        expect(same(again.nodes.write(), listOf(nodes).write())).toBe(true);
        expect(same(again.write(), bytes)).toBe(true);
      }),
    );
  });

  it('is what any bytes are that are read at all, and none that are too few', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: LISTED.length * 32 + 2 * ENTRY }), (bytes) => {
        const root = RootList.read(bytes);
        if (root !== null) expect(same(root.write(), bytes)).toBe(true);
        if (bytes.length < LISTED.length * 32) expect(root).toBeNull();
      }),
    );
    expect(same(RootList.read(emptyRoot('r').list)!.write(), emptyRoot('r').list)).toBe(true);
  });

  it('has another digest with each byte, and in each realm', () => {
    check(
      fc.property(kinds, entries, fc.nat(), (given, nodes, number) => {
        const bytes = Uint8Array.from(rootOf(given, listOf(nodes)).write());
        const [root, node] = [rootDigest('r', bytes), nodeDigest('r', 7, bytes)!];
        expect([same(rootDigest('s', bytes), root), same(nodeDigest('r', 8, bytes)!, node)]).toEqual([false, false]);
        expect(same(root, node)).toBe(false);
        bytes[number % bytes.length]! ^= 1;
        expect(same(rootDigest('r', bytes), root)).toBe(false);
        expect(same(nodeDigest('r', 7, bytes)!, node)).toBe(false);
      }),
    );
  });
});

it('a place is one of 65536, the same for the same name', () => {
  check(
    fc.property(anyText, (name) => {
      const place = placeOf(name);
      expect(place >= 0 && place <= 0xffff && Number.isInteger(place)).toBe(true);
      expect(placeOf(name)).toBe(place);
    }),
  );
});
