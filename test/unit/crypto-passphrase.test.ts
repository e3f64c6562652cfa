import { beforeAll, describe, expect, it } from 'vitest';
import { isLongEnough, PASSPHRASE_COST, unwrapSlot, wrapSlot } from '../../src/crypto/passphrase.ts';
import type { WrappedSlot } from '../../src/crypto/passphrase.ts';
import { newKey } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { fromHex, KNOWN } from '../helpers/known-answers.ts';

const known = KNOWN.passphrase;
const slot: WrappedSlot = {
  salt: fromHex(known.salt),
  memory: known.memory,
  passes: known.passes,
  lanes: known.lanes,
  wrapped: fromHex(known.wrapped),
};
/** The same construction at a cost that costs no time: only what opens is of interest. */
const cheap = { memory: 64, passes: 1, lanes: 1 };

beforeAll(loadSodium);

describe('a passphrase', () => {
  it('opens the known slot, in whatever normal form it is typed', async () => {
    expect(known.passphrase).not.toBe(known.normalised);
    for (const typed of [known.passphrase, known.passphrase.normalize('NFD')]) {
      const opened = await unwrapSlot(typed, known.vault, known.slot, slot);
      expect(opened).toEqual({ secret: fromHex(known.secret), identity: fromHex(known.identity) });
    }
  });

  it('is not trimmed, and case counts', async () => {
    for (const typed of [`${known.passphrase}\n`, known.normalised.toUpperCase()]) {
      expect(await unwrapSlot(typed, known.vault, known.slot, slot)).toBeNull();
    }
  });

  it('wraps at the cost that the format names, each time with another salt', async () => {
    const secret = newKey();
    const identity = newKey();
    const first = await wrapSlot('correct horse', 'v', 's', secret, identity);
    const second = await wrapSlot('correct horse', 'v', 's', secret, identity);
    expect(first).toMatchObject({ memory: 65_536, passes: 3, lanes: 4 });
    expect(PASSPHRASE_COST).toEqual({ memory: 65_536, passes: 3, lanes: 4 });
    expect(first.salt).toHaveLength(16);
    expect(first.salt).not.toEqual(second.salt);
    expect(await unwrapSlot('correct horse', 'v', 's', first)).toEqual({ secret, identity });
    expect(secret.some((byte) => byte !== 0)).toBe(true);
  });

  it('is bound to vault, slot, salt and cost', async () => {
    const { passphrase } = known;
    expect(await unwrapSlot(passphrase, 'other', known.slot, slot)).toBeNull();
    expect(await unwrapSlot(passphrase, known.vault, 'other', slot)).toBeNull();
    expect(await unwrapSlot(passphrase, known.vault, known.slot, { ...slot, salt: new Uint8Array(16) })).toBeNull();
    expect(await unwrapSlot(passphrase, known.vault, known.slot, { ...slot, ...cheap })).toBeNull();
  });

  it.each([
    ['memory above 1 GiB', { memory: 1_048_577 }],
    ['eleven passes', { passes: 11 }],
    ['seventeen lanes', { lanes: 17 }],
    ['no pass', { passes: 0 }],
    ['no lane', { lanes: 0 }],
    ['negative memory', { memory: -1 }],
    ['less memory than its lanes need', { memory: 31, lanes: 4 }],
    ['memory that is no number', { memory: Number.NaN }],
    ['a short salt', { salt: new Uint8Array(15) }],
    ['a wrapped secret that is too short', { wrapped: new Uint8Array(103) }],
    ['a wrapped secret that is too long', { wrapped: new Uint8Array(105) }],
  ])('slot with %s is damage', async (_what, change) => {
    const opening = unwrapSlot(known.passphrase, known.vault, known.slot, { ...slot, ...change });
    await expect(opening).rejects.toMatchObject({ code: 'vault_damaged', exit: 8 });
  });

  it('has ten characters at least, counted after normalisation as a person would', () => {
    expect(isLongEnough('123456789')).toBe(false);
    expect(isLongEnough('1234567890')).toBe(true);
    expect(isLongEnough('         ')).toBe(false);
    // Five characters of two UTF-16 units each; ten letters of which each is typed with a combining accent.
    expect(isLongEnough('😀😀😀😀😀')).toBe(false);
    expect(isLongEnough('e\u0301'.repeat(9))).toBe(false);
    expect(isLongEnough('e\u0301'.repeat(10))).toBe(true);
  });
});
