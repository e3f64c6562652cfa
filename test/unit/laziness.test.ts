/** What the built program loads before it is asked to do anything: each of these packages costs more than all the rest. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, builtProgram } from '../helpers/built-program.ts';

/** Marks in the paths of what is loaded; the second is that of any native library. */
const HEAVY = ['better-sqlite3', '.node', 'libsodium', 'inquirer', 'chalk', 'cli-table3'];
const DIST = resolve(ROOT, 'dist');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-lazy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Every file that a run of Node loads, by the part of its path after the checkout. */
function loadsOf(...argv: string[]): string[] {
  const record = join(folder, 'loads.json');
  rmSync(record, { force: true });
  const preload = resolve(ROOT, 'test/helpers/record-loads.cjs');
  const child = spawnSync(process.execPath, ['--require', preload, ...argv], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, RECORD_LOADS: record },
  });
  expect(child.stderr).toBe('');
  expect(child.status).toBe(0);
  return (JSON.parse(readFileSync(record, 'utf8')) as string[]).map((path) => path.split(ROOT).at(-1) ?? path);
}

function heavyOf(loads: readonly string[]): string[] {
  return HEAVY.filter((name) => loads.some((path) => path.includes(name)));
}

function chunk(name: string): string {
  const found = readdirSync(DIST).filter((file) => file.startsWith(`${name}-`));
  expect(found, `dist has one file with ${name}`).toHaveLength(1);
  return JSON.stringify(join(DIST, found[0]!));
}

describe('the check', () => {
  test('sees each of the packages when it is loaded', () => {
    builtProgram();
    const script = `
      const sodium = require(${chunk('libsodium')});
      const sqlite = Object.values(require(${chunk('better-sqlite3')}))[0]();
      new sqlite(':memory:').close();
      Promise.all(['inquirer', 'chalk', 'cli-table3'].map((name) => import(${JSON.stringify(ROOT)} + '/node_modules/' + name + '/' + MAIN[name])));
    `;
    const mains = Object.fromEntries(['inquirer', 'chalk', 'cli-table3'].map((name) => [name, mainOf(name)] as const));
    expect(heavyOf(loadsOf('-e', `const MAIN = ${JSON.stringify(mains)};${script}`))).toEqual(HEAVY);
  });

  test('can tell them by the names of the built files', () => {
    builtProgram();
    const texts = readdirSync(DIST).map((file) => [file, readFileSync(join(DIST, file), 'latin1')] as const);
    const holding = (mark: string) => texts.filter(([, text]) => text.includes(mark)).map(([file]) => file);
    expect(holding('libsodium.wasm')).toEqual([expect.stringMatching(/^libsodium-/)]);
    expect(holding('_crypto_generichash_bytes_min=').concat(holding('_crypto_generichash_bytes_min ='))).toEqual([
      expect.stringMatching(/^libsodium-/),
    ]);
    expect(holding('better_sqlite3.node')).toEqual([expect.stringMatching(/^better-sqlite3-/)]);
  });
});

function mainOf(name: string): string {
  const manifest = JSON.parse(readFileSync(resolve(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
  const entry = manifest.exports?.['.'] ?? manifest.exports ?? manifest.main;
  return typeof entry === 'string' ? entry : (entry.default ?? entry.import);
}

test('knox --version loads nothing but itself', () => {
  const loads = loadsOf(builtProgram(), '--version').filter((path) => !path.startsWith('node:'));
  expect(loads.map((path) => path.replace(/^.*record-loads/, 'record-loads')).toSorted()).toEqual([
    '/bin/knox.js',
    '/package.json',
  ]);
});

test('knox --help loads none of the heavy packages', () => {
  const loads = loadsOf(builtProgram(), '--help');
  expect(loads.some((path) => path.endsWith('/dist/main.cjs'))).toBe(true);
  expect(heavyOf(loads)).toEqual([]);
});

test('the schemas of documents are loaded by nothing that does not show one', () => {
  const documents = (...argv: string[]) =>
    loadsOf(builtProgram(), ...argv).filter((path) => /\/dist\/documents-/.test(path));
  expect(documents('schema', 'list')).toHaveLength(1);
  expect(documents('--help')).toEqual([]);
  expect(documents('key', 'new', join(folder, 'other.key'), '--json')).toEqual([]);
  expect(documents('__complete', '--', 'rot')).toEqual([]);
});

/** Files of the build that hold a keyring, and the package of other systems. */
const KEYRINGS = /\/dist\/(kept-keys|secret-service|kernel-keyring|memory-file|native-keyring)-|@napi-rs/;

test('a key file needs no keyring; unlocking loads what this system may have, and no package of another one', () => {
  const vault = (...argv: string[]) =>
    loadsOf(builtProgram(), '--vault', join(folder, 'lazy/vault.db'), ...argv).filter((path) => KEYRINGS.test(path));
  const name = (path: string) => KEYRINGS.exec(path)![1];
  expect(vault('init', '--key-file', join(folder, 'lazy.key'))).toEqual([]);
  expect(vault('list', '--json', '--key-file', join(folder, 'lazy.key'))).toEqual([]);
  const unlocked = vault('unlock', '--key-file', join(folder, 'lazy.key')).map(name);
  expect(unlocked).toEqual(expect.arrayContaining(['kept-keys', 'memory-file']));
  expect(unlocked).not.toContain('native-keyring');
  vault('lock');
});

/** Parts of Node that take several milliseconds each to load, and what a run of Node has loaded of them when it ends. */
const SLOW_PARTS = ['crypto', 'perf_hooks', 'child_process', 'net', 'http'];

function slowPartsOf(...argv: string[]): string[] {
  const script = `process.on('exit', () => require('node:fs').writeFileSync(process.env.RECORD_PARTS, process.moduleLoadList.join()));`;
  const [preload, record] = [join(folder, 'record-parts.cjs'), join(folder, 'parts.txt')];
  writeFileSync(preload, script);
  const child = spawnSync(process.execPath, ['--require', preload, ...argv], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, RECORD_PARTS: record },
    input: 'a-value-of-some-length\n',
    // A pipe needs `net`, whoever writes into it.
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  expect(child.status, child.stderr).toBe(0);
  const loaded = readFileSync(record, 'utf8').split(',');
  return SLOW_PARTS.filter((part) => loaded.includes(`NativeModule ${part}`));
}

test('a get loads no slow part of Node, nor does a look at the log', () => {
  expect(slowPartsOf('-e', SLOW_PARTS.map((part) => `require('node:${part}');`).join(''))).toEqual(SLOW_PARTS);
  const vault = [builtProgram(), '--vault', join(folder, 'parts/vault.db')];
  const key = ['--key-file', join(folder, 'parts.key')];
  slowPartsOf(...vault, 'init', ...key);
  slowPartsOf(...vault, 'add', 'some_api_key', '-e', 'development', ...key);
  expect(slowPartsOf(...vault, 'get', 'some_api_key', '-e', 'development', ...key)).toEqual([]);
  expect(slowPartsOf(...vault, 'audit', '--json', ...key)).toEqual([]);
});
