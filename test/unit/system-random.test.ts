import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillRandom, getRandomValues } from '../../src/crypto/system-random.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-random-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

test('every word is given out once, also where the kilobyte is used up in the middle of an array', () => {
  const seen = new Set<number>();
  for (const length of [1, 3, 250, 300, 700, 1]) {
    const words = new Uint32Array(length);
    expect(getRandomValues(words)).toBe(words);
    for (const word of words) seen.add(word);
  }
  // Of 1255 words of 32 bits, two are equal once in five thousand runs; three pairs never.
  expect(seen.size).toBeGreaterThan(1252);
});

test('what is no random device is not taken for one: the bytes come from Node then', () => {
  const file = join(folder, 'urandom');
  writeFileSync(file, Buffer.alloc(4096, 7));
  for (const device of [file, '/dev/zero', '/dev/null', folder, join(folder, 'not-there')]) {
    const bytes = new Uint8Array(256);
    fillRandom(bytes, device);
    expect([device, isBlank(bytes), bytes.every((byte) => byte === 7)]).toEqual([device, false, false]);
    expect(new Set(bytes).size).toBeGreaterThan(64);
  }
});
