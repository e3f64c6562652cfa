/** Many processes on one vault: each ends well or says with its exit code why not, and nothing is lost. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { builtProgram, COMPILED } from '../helpers/built-program.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-many-'));
  await must(['init', '--key-file', 'k.key']);
  await must(['add', 'api_key', '-e', 'production'], 'the-old-value');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function knox(argv: readonly string[], stdin = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [builtProgram(), ...argv], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        CI: '1',
        KNOX_KEY_FILE: 'k.key',
        XDG_STATE_HOME: join(folder, 'state'),
        ...COMPILED,
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
    child.stdin.end(stdin);
    child.on('close', (exit) => resolve({ exit, stdout, stderr }));
  });
}

async function must(argv: readonly string[], stdin = ''): Promise<Ran> {
  const ran = await knox(argv, stdin);
  if (ran.exit !== 0) throw new Error(`knox ${argv.join(' ')}: ${ran.exit} ${ran.stderr}`);
  return ran;
}

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
  await expect.poll(() => existsSync(join(folder, 'begun')), { timeout: 30_000 }).toBe(true);
  const second = await knox(['rotate', 'api_key', '--generate', '--yes', '--json']);
  expect([second.exit, second.stderr]).toEqual([6, expect.stringContaining('"rotation_in_progress"')]);
  const timer = await knox(['rotations', 'continue']);
  expect([timer.exit, timer.stderr]).toEqual([0, expect.stringContaining('another process')]);
  writeFileSync(join(folder, 'go'), '');
  expect(await first).toMatchObject({ exit: 0 });
  const versions = JSON.parse((await must(['show', 'api_key', '--json'])).stdout) as { versions: object[] };
  expect(versions.versions).toHaveLength(2);
  expect(readdirSync(join(folder, '.knox')).filter((name) => name.includes('lock'))).toEqual([]);
  await must(['audit', 'verify']);
});
