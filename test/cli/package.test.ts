/** The package as another machine gets it: packed, installed into an empty prefix without a compiler, and used. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT, builtProgram } from '../helpers/built-program.ts';

const OUT_OF_REACH = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED/;

let folder: string;
let archive: string;
let packed: string[];

function npm(...argv: string[]): SpawnSyncReturns<string> {
  const tools = join(folder, 'no-compiler');
  return spawnSync('npm', argv, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: [tools, process.env['PATH']].join(delimiter), npm_config_loglevel: 'error' },
  });
}

beforeAll(() => {
  builtProgram();
  folder = mkdtempSync(join(tmpdir(), 'knox-package-'));
  const tools = join(folder, 'no-compiler');
  mkdirSync(tools);
  for (const name of ['gcc', 'g++', 'cc', 'c++', 'make', 'node-gyp']) {
    writeFileSync(join(tools, name), `#!/bin/sh\necho "${name} was called" >&2\nexit 1\n`);
    chmodSync(join(tools, name), 0o755);
  }
  const result = npm('pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  if (result.status !== 0) throw new Error(`npm pack: ${result.stderr}`);
  const listed = JSON.parse(result.stdout) as Listed[] | Record<string, Listed>;
  const [about] = Object.values(listed);
  archive = join(folder, about!.filename);
  packed = about!.files.map((file) => file.path);
});
afterAll(() => rmSync(folder, { recursive: true }));

type Listed = { filename: string; files: { path: string }[] };

test('the package holds the program and its papers, and nothing else', () => {
  const built = readdirSync(resolve(ROOT, 'dist')).map((name) => `dist/${name}`);
  const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
  expect(packed.toSorted()).toEqual([...papers, 'bin/knox.js', 'bin/package.json', ...built].toSorted());
  expect(built).toContain('dist/main.cjs');
});

test('it installs elsewhere without a compiler, and keeps a secret', (context) => {
  const prefix = join(folder, 'prefix');
  const install = npm('install', '-g', '--prefix', prefix, '--omit=dev', '--prefer-offline', '--no-audit', archive);
  if (install.status !== 0 && OUT_OF_REACH.test(install.stderr)) context.skip('the package registry is out of reach');
  expect(install.stderr).not.toContain('was called');
  expect(install.status, install.stderr).toBe(0);

  const home = join(folder, 'home');
  mkdirSync(home);
  const knox = (input: string, ...argv: string[]) =>
    spawnSync(join(prefix, 'bin/knox'), argv, {
      cwd: home,
      input,
      encoding: 'utf8',
      env: { HOME: home, PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter) },
    });

  const { version } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(knox('', '--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  expect(knox('', 'init', '--env', 'development,production', '--key-file', 'key')).toMatchObject({ status: 0 });
  expect(knox('a value to keep\n', 'add', 'api_key', '-e', 'development', '--key-file', 'key')).toMatchObject({
    status: 0,
  });
  expect(knox('', 'get', 'api_key', '-e', 'development', '--key-file', 'key')).toMatchObject({
    status: 0,
    stdout: 'a value to keep',
  });
}, 180_000);
