/** The signature of a use that is written down outside the vault covers every field of it, and each as that field. */
import { beforeAll, expect, it } from 'vitest';
import { newKey, signingPublicKey } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { isUseSigned, signUse } from '../../src/crypto/use-line.ts';
import type { SignedUse } from '../../src/crypto/use-line.ts';

beforeAll(loadSodium);

const use: SignedUse = {
  vault: 'vault-1',
  at: '2026-01-10T12:00:00.000Z',
  secret: 'api_key',
  environment: 'staging',
  realm: 'realm-1',
  consumer: 'get',
  actor: 'ci@runner',
  slot: 'slot-1',
  detail: '',
};

it('is that of one key over exactly these fields', () => {
  const seed = newKey();
  const signature = signUse(seed, use);
  expect(signature).toHaveLength(64);
  expect(isUseSigned(signingPublicKey(seed), use, signature)).toBe(true);
  expect(isUseSigned(signingPublicKey(newKey()), use, signature)).toBe(false);
  const others = [
    ...Object.keys(use).map((field) => ({ ...use, [field]: `${use[field as keyof SignedUse]}.` })),
    { ...use, consumer: use.actor, actor: use.consumer },
    { ...use, actor: '', slot: `${use.actor}${use.slot}` },
  ];
  for (const other of others)
    expect([other, isUseSigned(signingPublicKey(seed), other, signature)]).toEqual([other, false]);
  expect(isUseSigned(signingPublicKey(seed), use, signature.slice(1))).toBe(false);
});
