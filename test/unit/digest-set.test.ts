/** Two walks over the same digests, in any order, are told from walks over others. */
import { expect, test } from 'vitest';
import { DigestSet } from '../../src/vault/documents/digest-set.ts';

const digest = (...bytes: number[]): Uint8Array => Uint8Array.from({ length: 32 }, (_, index) => bytes[index] ?? 0);
const all = [digest(1), digest(2), digest(0, 0, 3), digest(255, 255), digest()];

function setOf(digests: readonly Uint8Array[]): DigestSet {
  const set = new DigestSet();
  for (const one of digests) set.add(one);
  return set;
}

test('the order is nothing', () => {
  expect(setOf(all).isSame(setOf(all.toReversed()))).toBe(true);
  expect(setOf([]).isSame(setOf([]))).toBe(true);
});

test.each([
  ['one less', all.slice(1)],
  ['one more', [...all, digest(9)]],
  ['one twice', [...all, digest(1)]],
  ['one twice, in place of another', [...all.slice(1), digest(2)]],
  ['one twice, and one of which the sum is the same', [digest(0), digest(3), ...all.slice(2)]],
  ['none', []],
])('%s', (_name, others) => {
  expect(setOf(all).isSame(setOf(others))).toBe(false);
  expect(setOf(others).isSame(setOf(all))).toBe(false);
});
