import { beforeAll, expect, it } from 'vitest';
import { newKey } from '../../src/crypto/keys.ts';
import { loadSodium } from '../../src/crypto/sodium.ts';
import { useTag } from '../../src/crypto/use-tag.ts';
import { fromHex, KNOWN, toHex } from '../helpers/known-answers.ts';

beforeAll(loadSodium);

it('is the known one', () => {
  const { environmentKey, use, tag } = KNOWN.use;
  expect(toHex(useTag(fromHex(environmentKey), use))).toBe(tag);
});

it('changes with the key and with every field', () => {
  const { use } = KNOWN.use;
  const key = newKey();
  const tags = [
    useTag(key, use),
    useTag(newKey(), use),
    ...Object.entries(use).map(([field, text]) => useTag(key, { ...use, [field]: `${text}.` })),
    useTag(key, { ...use, consumer: use.actor, actor: use.consumer }),
  ];
  expect(new Set(tags.map(toHex)).size).toBe(13);
});
