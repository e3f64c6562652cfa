/** `knox run` on a terminal: the program has one too, of the right size, and its secrets are hidden all the same. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../helpers/built-program.ts';
import { startPty } from '../helpers/pty.ts';
import type { Pty } from '../helpers/pty.ts';

let folder: string;
let open: Pty | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-run-pty-'));
  for (const [argv, input] of [
    [['init', '--key-file', 'k.key'], ''],
    [['add', 'pw', '-e', 'development'], 'hunter2-hunter2'],
  ] as const)
    spawnSync(process.execPath, [builtProgram(), ...argv], { cwd: folder, input, env: environment() });
});
afterEach(() => {
  open?.kill('SIGKILL');
  open = null;
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  LANG: 'C.UTF-8',
  KNOX_KEY_FILE: join(folder, 'k.key'),
});

function run(script: string, ...options: string[]): Pty {
  open = startPty(
    process.execPath,
    [builtProgram(), 'run', '-e', 'development', '--secret', 'V=pw', ...options, '--', 'sh', '-c', script],
    {
      cwd: folder,
      env: environment(),
      columns: 100,
      rows: 30,
    },
  );
  return open;
}

test('it sees a terminal of the right size, follows it, asks and gets an answer, and shows no value', async () => {
  const screen = run(
    'test -t 0 && test -t 1 && test -t 2 && stty size; echo "v=$V"; printf "Name: "; read x; echo "[$x]"; stty size; exit 3',
  );
  await screen.waitFor('30 100');
  await screen.waitFor('v=[knox:pw]');
  await screen.waitFor('Name:');
  screen.resize(70, 20);
  screen.send('ana\r');
  await screen.waitFor('[ana]');
  await screen.waitFor('20 70');
  expect(await screen.exit()).toMatchObject({ code: 3 });
  expect(screen.raw()).not.toContain('hunter2');
});

test('Ctrl-C is for the program, and ends it as it would without knox', async () => {
  const screen = run('trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.05; done');
  await screen.waitFor('ready');
  screen.send('\x03');
  await screen.waitFor('caught');
  expect(await screen.exit()).toMatchObject({ code: 5 });
});

test('with --no-masking it has the terminal itself', async () => {
  const screen = run('test -t 1 && echo "v=$V"; exit 4', '--no-masking');
  await screen.waitFor('v=hunter2-hunter2');
  expect(await screen.exit()).toMatchObject({ code: 4 });
});
