import { beforeAll, describe, expect, it } from 'vitest';
import { decodeKeyText, encodeKeyText } from '../../src/crypto/key-text.ts';
import { commitment, newKey, sealingHalf, signingHalf, signingPublicKey, slotPairs } from '../../src/crypto/keys.ts';
import { loadSodium, randomId } from '../../src/crypto/sodium.ts';
import { fromHex, KNOWN, toHex } from '../helpers/known-answers.ts';

beforeAll(loadSodium);

describe('key text', () => {
  it.each(KNOWN.keyTexts)('writes and reads the known $kind', ({ kind, key, text }) => {
    expect(encodeKeyText(kind, fromHex(key))).toBe(text);
    expect(decodeKeyText(kind, text)).toEqual(fromHex(key));
  });

  it('tells every single mistyped character', () => {
    const { text } = KNOWN.keyTexts[0]!;
    for (let at = 'knox_key_1_'.length; at < text.length; at++) {
      const other = text[at] === 'A' ? 'B' : 'A';
      expect(decodeKeyText('secret', text.slice(0, at) + other + text.slice(at + 1))).toBe('mistyped');
    }
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, -1)],
    ['longer', (text: string) => `${text}A`],
    ['in the other base64 alphabet', (text: string) => text.replaceAll('-', '+').replaceAll('_', '/')],
    ['padded', (text: string) => `${text}=`],
    ['with a blank inside', (text: string) => `${text.slice(0, 20)} ${text.slice(20)}`],
    ['nothing but its prefix', () => 'knox_key_1_'],
  ])('takes a key that is %s for mistyped', (_what, change) => {
    const text = encodeKeyText('secret', new Uint8Array(32).fill(0xfb));
    expect(decodeKeyText('secret', text)).toBeInstanceOf(Uint8Array);
    const changed = change(text);
    expect(
      decodeKeyText('secret', changed.startsWith('knox_key_1_') ? changed : `knox_key_1_${changed.slice(11)}`),
    ).toBe('mistyped');
  });

  it('never takes one kind for another, also not under its prefix', () => {
    const key = fromHex(KNOWN.keyTexts[0]!.key);
    const text = encodeKeyText('secret', key);
    expect(decodeKeyText('public', text)).toBe('other');
    expect(decodeKeyText('public', `knox_pub_1_${text.slice('knox_key_1_'.length)}`)).toBe('mistyped');
    expect(decodeKeyText('identity', '')).toBe('other');
  });
});

describe('keys', () => {
  it('makes the known public keys and commitment', () => {
    const { sealing, signing, publicHalves } = slotPairs(fromHex(KNOWN.slot.secret));
    expect(toHex(sealing.secret)).toBe(KNOWN.slot.boxSecret);
    expect(toHex(signing.seed)).toBe(KNOWN.slot.signingSeed);
    expect(encodeKeyText('public', publicHalves)).toBe(KNOWN.slot.publicKey);
    expect(toHex(signingPublicKey(fromHex(KNOWN.signatures.slotSeed)))).toBe(KNOWN.signatures.slotKey);
    expect(toHex(commitment(fromHex(KNOWN.commitment.key)))).toBe(KNOWN.commitment.commitment);
  });

  it('makes slot pairs whose halves belong together', () => {
    const { sealing, signing, publicHalves } = slotPairs(newKey());
    expect(publicHalves).toHaveLength(64);
    expect(sealingHalf(publicHalves)).toEqual(sealing.publicKey);
    expect(signingHalf(publicHalves)).toEqual(signingPublicKey(signing.seed));
  });

  it('makes ids that a shell or an option parser cannot take for something else', () => {
    for (let count = 0; count < 2000; count++) expect(randomId()).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{15}$/);
  });
});
