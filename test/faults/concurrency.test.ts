/** Many processes on one vault: each ends well or says with its exit code why not, and nothing is lost. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runBuilt, successful } from '../helpers/built-program.ts';
import type { Exited } from '../helpers/built-program.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-many-'));
  await must(['init', '--key-file', 'k.key']);
  await must(['add', 'api_key', '-e', 'production'], 'the-old-value');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const knox = (argv: readonly string[], stdin = ''): Promise<Exited> => runBuilt(argv, { cwd: folder, stdin });
const must = async (argv: readonly string[], stdin = '') => successful(await knox(argv, stdin));

const count = async (argv: readonly string[]) => (JSON.parse((await must(argv)).stdout) as unknown[]).length;

test('eight adds at once all succeed, and the log has each', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `secret_${index}`);
  const ran = await Promise.all(names.map((name) => knox(['add', name, '-e', 'production', '--generate'])));
  expect(ran.map(({ exit }) => exit)).toEqual(names.map(() => 0));
  expect(await count(['list', '--json'])).toBe(9);
  expect(await count(['audit', '--action', 'add', '--json'])).toBe(9);
  await must(['audit', 'verify']);
});

test('of two that add the same name, one wins and the other says so', async () => {
  const ran = await Promise.all([
    knox(['add', 'one', '-e', 'production'], 'first-value'),
    knox(['add', 'one', '-e', 'production'], 'second-value'),
  ]);
  expect(new Set(ran.map(({ exit }) => exit))).toEqual(new Set([0, 6]));
  await must(['audit', 'verify']);
});

test('sixty gets at once all get their value, and each is recorded', async () => {
  const ran = await Promise.all(Array.from({ length: 60 }, () => knox(['get', 'api_key', '-e', 'production'])));
  expect(new Set(ran.map(({ exit, stdout, stderr }) => `${exit} ${stdout} ${stderr}`))).toEqual(
    new Set(['0 the-old-value ']),
  );
  expect(await count(['audit', '--action', 'use', '--json'])).toBe(60);
  await must(['audit', 'verify']);
});

test('two rotations of one secret at once: the second says who is at work, and one version is made', async () => {
  // The deploy command of the first holds it in the middle until the second has been turned away.
  writeFileSync(join(folder, 'a.txt'), '{{secret:api_key}}');
  await must([
    'route',
    'add',
    'a.txt',
    '-e',
    'production',
    '--deploy-command',
    'touch begun; until [ -e go ]; do sleep 0.05; done',
  ]);
  const first = knox(['rotate', 'api_key', '--generate', '--yes']);
  await expect.poll(() => existsSync(join(folder, 'begun'))).toBe(true);
  const second = await knox(['rotate', 'api_key', '--generate', '--yes', '--json']);
  expect(second).toMatchObject({ exit: 6, stderr: expect.stringContaining('"rotation_in_progress"') });
  const timer = await knox(['rotations', 'continue']);
  expect(timer).toMatchObject({ exit: 0, stderr: expect.stringContaining('another process') });
  writeFileSync(join(folder, 'go'), '');
  expect(await first).toMatchObject({ exit: 0 });
  const versions = JSON.parse((await must(['show', 'api_key', '--json'])).stdout) as { versions: object[] };
  expect(versions.versions).toHaveLength(2);
  expect(readdirSync(join(folder, '.knox')).filter((name) => name.includes('lock'))).toEqual([]);
  await must(['audit', 'verify']);
});
