/** What the build changes in the packages that it bundles, against what they are without it. */
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { build, giveSystemRandom, locateBinary, takeOutWasm } from '../../scripts/build.js';
import { ROOT } from '../helpers/built-program.ts';

/** Not among the types of a program without a browser's. */
declare const WebAssembly: { instantiate: (bytes: unknown, imports: unknown) => Promise<unknown> };

const SODIUM = resolve(ROOT, 'node_modules/libsodium/dist/modules-esm/libsodium.mjs');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-build-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the present source builds', () => {
  expect(inject('buildFailure')).toBe('');
});

test('the WebAssembly that is taken out is, byte for byte, what libsodium decodes itself', async () => {
  const { wasm } = takeOutWasm(readFileSync(SODIUM, 'utf8'));
  const given: Uint8Array[] = [];
  const instantiate = vi.spyOn(WebAssembly, 'instantiate').mockImplementation((bytes) => {
    given.push(bytes as Uint8Array);
    return Promise.reject(new Error('seen enough'));
  });
  try {
    const { default: sodium } = (await import(pathToFileURL(SODIUM).href)) as { default: () => Promise<unknown> };
    await expect(sodium()).rejects.toThrow(/seen enough/);
  } finally {
    instantiate.mockRestore();
  }
  expect(given).toHaveLength(1);
  expect(wasm.equals(given[0]!)).toBe(true);
  expect(wasm.length).toBeGreaterThan(100_000);
});

test('libsodium takes its random numbers from the file that is bundled with it, and from nowhere else', () => {
  const wrappers = resolve(ROOT, 'node_modules/libsodium-wrappers/dist/modules-esm/libsodium-wrappers.mjs');
  const changed = giveSystemRandom(readFileSync(wrappers, 'utf8'));
  expect(changed).toMatch(/^import \* as systemRandom from ".*system-random\.ts";\n/);
  expect(changed).not.toContain('globalThis.crypto');
  const built = readdirSync(join(ROOT, 'dist')).filter((name) => name.startsWith('libsodium-'));
  expect(built).toHaveLength(1);
  expect(readFileSync(join(ROOT, 'dist', built[0]!), 'utf8')).not.toContain('globalThis.crypto.getRandomValues(');
});

test('a libsodium or better-sqlite3 of another shape fails the build', () => {
  const text = readFileSync(SODIUM, 'utf8');
  expect(() => takeOutWasm(text.replace('return E})("', 'return E}) ("'))).toThrow('found 0');
  expect(() => takeOutWasm(text + text)).toThrow('found 2');
  expect(() => takeOutWasm(text.replace('("AGFzb', '("BGFzb'))).toThrow('no WebAssembly');
  expect(() => giveSystemRandom('globalThis.crypto')).toThrow('found 1');
  expect(() => locateBinary('module.exports = 1')).toThrow('better-sqlite3');
});

test('building replaces what is there, leaves an equal one alone, and two at once end with one whole folder', async () => {
  const out = join(folder, 'dist');
  const entry = join(folder, 'main.ts');
  writeFileSync(entry, 'export async function main(): Promise<number> { return (await import("./part.ts")).part; }');
  writeFileSync(join(folder, 'part.ts'), 'export const part: number = 1;');
  const first = await build({ entry, out });
  expect(first.changed).toBe(true);
  expect(readdirSync(out).toSorted()).toEqual(first.files.toSorted());

  const before = statSync(join(out, 'main.cjs')).ino;
  expect((await build({ entry, out })).changed).toBe(false);
  expect(statSync(join(out, 'main.cjs')).ino).toBe(before);

  copyFileSync(entry, join(out, 'stale.cjs'));
  writeFileSync(join(folder, 'part.ts'), 'export const part: number = 2;');
  const [one, two] = await Promise.all([build({ entry, out }), build({ entry, out })]);
  expect(one.files.toSorted()).toEqual(two.files.toSorted());
  expect(readdirSync(out).toSorted()).toEqual(one.files.toSorted());
  expect(readdirSync(folder).toSorted()).toEqual(['dist', 'main.ts', 'part.ts']);
});
