/** Every byte of a small vault is flipped in turn, in three ways. Minutes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareFlips } from '../helpers/flip-bytes.ts';
import type { Flips } from '../helpers/flip-bytes.ts';

describe('every byte, flipped', () => {
  let flips: Flips;
  beforeAll(async () => {
    flips = await prepareFlips();
  });
  afterAll(() => flips.made.remove());

  it.each([0x01, 0x80, 0xff])('by %i', { timeout: 3_600_000 }, async (mask) => {
    expect(await flips.flip(Array(flips.size).keys(), mask)).toEqual([]);
  });
});
