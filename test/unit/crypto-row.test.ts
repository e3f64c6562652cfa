import { beforeAll, describe, expect, it } from 'vitest';
import { digestKey, newKey, rowKey } from '../../src/crypto/keys.ts';
import { rowsDigest, rowTag } from '../../src/crypto/row.ts';
import type { Cell } from '../../src/crypto/row.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import type { GrantRecord, ReadTransaction, SlotRecord } from '../../src/store/store.ts';
import { slotDigest } from '../../src/vault/slot-digest.ts';
import { fromHex, KNOWN, plain, toHex } from '../helpers/known-answers.ts';

const known = KNOWN.rows;
let key: Uint8Array;

beforeAll(async () => {
  await loadSodium();
  key = newKey();
});

describe('the tag of a row', () => {
  it('is the known one', () => {
    const { vault, table, entry, cells, tag } = known.tag;
    expect(toHex(rowKey(fromHex(known.key)))).toBe(known.rowKey);
    expect(toHex(rowTag(fromHex(known.rowKey), vault, table, cells.map(plain), entry))).toBe(tag);
  });

  it('changes with the key, the vault, the table, the entry and every cell', () => {
    const cells: Cell[] = ['id', 'text', 1, null];
    const tags = [
      rowTag(key, 'v', 't', cells, 1),
      rowTag(newKey(), 'v', 't', cells, 1),
      rowTag(key, 'w', 't', cells, 1),
      rowTag(key, 'v', 'u', cells, 1),
      rowTag(key, 'v', 't', cells, 2),
      rowTag(key, 'v', 't', ['text', 'id', 1, null], 1),
      rowTag(key, 'v', 't', ['id', 'text'], 1),
      rowTag(key, 'v', 't', ['id', null, 'text', 1], 1),
      rowTag(key, 'v', 't', ['idt', 'ext', 1, null], 1),
    ];
    expect(new Set(tags.map(toHex)).size).toBe(tags.length);
  });

  it('is as it was where a column is appended that is null', () => {
    expect(toHex(rowTag(key, 'v', 't', ['id', null, 1, null, null], 1))).toBe(
      toHex(rowTag(key, 'v', 't', ['id', null, 1], 1)),
    );
  });

  it('tells null, texts, numbers and bytes apart', () => {
    const cells: Cell[] = [null, '', 'n', 0, '0', 'i0', new Uint8Array(0), Buffer.from('n'), Buffer.from('0'), 1, -1];
    const tags = cells.map((cell) => toHex(rowTag(key, 'v', 't', [cell], 1)));
    expect(new Set(tags).size).toBe(cells.length);
  });
});

describe('the digest of rows', () => {
  it('is the known one', () => {
    const { vault, environment, rows, digest } = known.digest;
    const tagged = rows.map((row) => ({ ...row, tag: fromHex(row.tag) }));
    expect(toHex(digestKey(fromHex(known.key)))).toBe(known.digestKey);
    expect(toHex(rowsDigest(fromHex(known.digestKey), vault, environment, tagged))).toBe(digest);
    expect(toHex(rowsDigest(fromHex(known.digestKey), vault, '', []))).toBe(known.emptyDigest);
  });

  it('changes where a row is missing, added, another, or elsewhere', () => {
    const row = (id: string, tag = 1, table = 'current') => ({ table, id, tag: new Uint8Array(32).fill(tag) });
    const lists = [
      [],
      [row('a')],
      [row('a'), row('b')],
      [row('b'), row('a')],
      [row('a'), row('b', 2)],
      [row('a'), row('b', 1, 'source')],
      [row('a'), row('b'), row('b')],
    ];
    const digests = lists.map((rows) => toHex(rowsDigest(key, 'v', 'e', rows)));
    digests.push(toHex(rowsDigest(key, 'w', 'e', [])), toHex(rowsDigest(key, 'v', 'f', [])));
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('has a key of its own, unlike that of the tags', () => {
    expect(digestKey(key)).not.toEqual(rowKey(key));
    expect(rowKey(key)).not.toEqual(key);
  });
});

describe('the digest of slots', () => {
  it('is the known one', async () => {
    const { vault, slots, grants, digest } = KNOWN.slots;
    const all = <R>(rows: readonly Readonly<Record<string, Parameters<typeof plain>[0]>>[]) =>
      rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, plain(cell)])) as R);
    const transaction = {
      slots: async () => all<SlotRecord>(slots),
      grants: async (slot: string) => all<GrantRecord>(grants).filter((grant) => grant.slot === slot),
    } as unknown as ReadTransaction;
    expect(await slotDigest(transaction, vault)).toBe(digest);
  });
});
