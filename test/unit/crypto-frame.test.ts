import { describe, expect, it } from 'vitest';
import { frame, unframe } from '../../src/crypto/frame.ts';
import { fromHex, KNOWN, toHex } from '../helpers/known-answers.ts';

describe('frame', () => {
  it.each(KNOWN.frames)('makes the known bytes of $fields', ({ fields, frame: known }) => {
    const plain = fields.map((field) => (typeof field === 'object' ? fromHex(field.hex) : field));
    expect(toHex(frame(...plain))).toBe(known);
  });

  it('gives back its fields', () => {
    const fields = unframe(frame('a', '', new Uint8Array([1, 2]), 3));
    expect(fields?.map(toHex)).toEqual(['61', '', '0102', '0000000000000003']);
    expect(unframe(new Uint8Array(0))).toEqual([]);
  });

  it.each([
    [-3, 'fffffffffffffffd'],
    [Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ])('takes %i, which a damaged file can hold', (integer, bytes) => {
    expect(unframe(frame(integer))?.map(toHex)).toEqual([bytes]);
  });

  it('reads a frame that lies inside a larger buffer', () => {
    const whole = Buffer.concat([Buffer.from([255, 255]), frame('a', 'b')]);
    expect(unframe(whole.subarray(2))?.map(toHex)).toEqual(['61', '62']);
  });

  it.each(['00', '000000', '00000001', '0000000261', 'ffffffff', '0000000161ff'])('takes %s for no frame', (hex) => {
    expect(unframe(fromHex(hex))).toBeNull();
  });
});
