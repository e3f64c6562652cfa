/** A flipped byte: each read gives the right value or exit 8 or 4, never another value, never exit 5, never a crash. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareFlips } from '../helpers/flip-bytes.ts';
import type { Flips } from '../helpers/flip-bytes.ts';

describe('a flipped byte', () => {
  let flips: Flips;
  beforeAll(async () => {
    flips = await prepareFlips();
  });
  afterAll(() => flips.made.remove());

  it('is no fault where nothing is flipped', async () => {
    expect(await flips.flip([0], 0)).toEqual([]);
  });

  /** Every fifth of the bytes that hold something, and one in sixty-four of the others; `npm run test:long` flips all. */
  function sampled(offsets: number[]): number[] {
    const bytes = readFileSync(flips.made.file);
    return offsets.filter((offset, index) => (bytes[offset] !== 0 && index % 5 === 0) || offset % 64 === 0);
  }

  it('in the header of the file', { timeout: 60_000 }, async () => {
    const offsets = Array.from({ length: 120 }, (_byte, index) => index);
    expect(await flips.flip(offsets, 0x01)).toEqual([]);
  });

  it('in the manifest, the head and the values', { timeout: 120_000 }, async () => {
    expect(await flips.flip(sampled(flips.pagesOf(['manifest', 'head', 'value'])), 0x10)).toEqual([]);
  });

  it('anywhere: one in four hundred and one', { timeout: 120_000 }, async () => {
    const offsets = Array.from({ length: Math.floor(flips.size / 401) }, (_byte, index) => index * 401);
    expect(await flips.flip(offsets, 0xff)).toEqual([]);
  });
});
