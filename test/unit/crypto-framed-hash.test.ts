import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { frame } from '../../src/crypto/frame.ts';
import { framed, hashOfText } from '../../src/crypto/framed-hash.ts';
import { loadSodium, sodium } from '../../src/crypto/sodium.ts';
import { toHex } from '../helpers/known-answers.ts';

beforeAll(() => loadSodium());

const hashOf = (bytes: Uint8Array): string => toHex(sodium().crypto_generichash(32, bytes, null));

// Text beside ASCII and with halves of a pair, numbers that only a damaged file holds, and now and then more than there is room for.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
);
const large = fc.integer({ min: 10_000, max: 60_000 }).map((length) => 'ü'.repeat(length));
const field = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 4, arbitrary: fc.maxSafeInteger() },
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 70 }) },
  { weight: 1, arbitrary: large },
);

describe('framed', () => {
  it('hashes as what is framed first and then hashed', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
        const expected = hashOf(frame(...fields));
        expect(toHex(framed(...fields).digest())).toBe(expected);
        expect(framed(...fields).hex()).toBe(expected);
      }),
    );
  });

  it('takes a hash as text, whether it was its last result or not, and nothing else', () => {
    expect(framed().addHex('')).toBe(false);
    const [first, second] = [framed('one').hex(), framed('two').hex()];
    for (const hex of [second, first, second]) {
      const fields = framed('before');
      expect(fields.addHex(hex)).toBe(true);
      expect(toHex(fields.add('after').digest())).toBe(hashOf(frame('before', Buffer.from(hex, 'hex'), 'after')));
    }
    for (const none of ['', second.slice(2), `${second}00`, second.replace(/^../, 'xx')])
      expect(framed().addHex(none)).toBe(false);
  });

  it('goes on after libsodium has taken more memory, also between two fields', () => {
    const expected = hashOf(frame('before', 'after'));
    const whole = framed('before');
    const bytes = sodium().crypto_generichash(32, new Uint8Array(80_000_000), null);
    expect(bytes).toHaveLength(32);
    expect(whole.add('after').hex()).toBe(expected);
    expect(framed('before', 'after').hex()).toBe(expected);
  });

  it('takes a hash as text for its bytes, and no other text', () => {
    const hex = hashOf(new Uint8Array([1]));
    const whole = framed('a');
    expect(whole.addHex(hex)).toBe(true);
    expect(whole.hex()).toBe(hashOf(frame('a', Buffer.from(hex, 'hex'))));
    for (const other of ['', hex.slice(2), `${hex}00`, `x${hex.slice(1)}`])
      expect(framed('a').addHex(other)).toBe(false);
  });

  it('adds up what it hashes, in whatever order', () => {
    const sumOf = (fields: readonly string[]): number[] => {
      const sums = new Uint32Array(8);
      for (const one of fields) framed(one).addTo(sums);
      return [...sums];
    };
    expect(sumOf(['a', 'b', 'c'])).toEqual(sumOf(['c', 'a', 'b']));
    expect(sumOf(['a', 'b', 'c'])).not.toEqual(sumOf(['a', 'b', 'd']));
  });

  it('hashes text with nothing before it', () => {
    fc.assert(
      fc.property(fc.oneof(text, large), (one) => {
        expect(toHex(hashOfText(one))).toBe(hashOf(Buffer.from(one, 'utf8')));
      }),
    );
  });
});
