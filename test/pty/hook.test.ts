/** Ctrl-C while a deploy command runs: the command goes with knox, and the rotation goes on later. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runBuiltSync, successful } from '../helpers/built-program.ts';
import { startOnTerminal } from '../helpers/built-terminal.ts';
import { isRunning } from '../helpers/is-running.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-hook-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const knox = (argv: readonly string[], stdin = '') => successful(runBuiltSync(argv, { cwd: folder, stdin })).stdout;

test('nothing of the command is left, the terminal is as it was, and the next run deploys again', async () => {
  knox(['init', '--env', 'production', '--key-file', 'k.key']);
  knox(['add', 'api_key', '-e', 'production'], 'the-old-value');
  writeFileSync(join(folder, 'a.txt'), '{{secret:api_key}}');
  knox([
    'route',
    'add',
    'a.txt',
    '-e',
    'production',
    '--deploy-command',
    '[ -e fast ] || { sleep 600 & echo $! > pid; wait; }; touch deployed',
  ]);
  const screen = startOnTerminal(['rotate', 'api_key', '--generate', '--yes'], { cwd: folder });
  await screen.waitFor('Deploying a.txt');
  await expect
    .poll(() => existsSync(join(folder, 'pid')) && readFileSync(join(folder, 'pid'), 'utf8') !== '')
    .toBe(true);
  screen.send('\x03');
  expect(await screen.exit()).toMatchObject({ code: 130 });
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  await expect.poll(() => isRunning(pid)).toBe(false);
  expect(existsSync(join(folder, 'deployed'))).toBe(false);
  writeFileSync(join(folder, 'fast'), '');
  const again = JSON.parse(knox(['rotate', 'api_key', '--yes', '--json'])) as { step: string };
  expect([again.step, existsSync(join(folder, 'deployed'))]).toEqual(['monitor', true]);
});

test('a program that a command leaves in the background holds nobody up', () => {
  knox(['init', '--env', 'production', '--key-file', 'k.key']);
  knox(['add', 'api_key', '-e', 'production'], 'the-old-value');
  writeFileSync(join(folder, 'a.txt'), '{{secret:api_key}}');
  knox(['route', 'add', 'a.txt', '-e', 'production', '--deploy-command', 'sleep 600 & echo $! > pid']);
  knox(['rotate', 'api_key', '--generate', '--yes']);
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  expect(isRunning(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
});
