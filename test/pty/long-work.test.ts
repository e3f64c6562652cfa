/** Ten thousand values, a thousand files: a line says how far it is, and Ctrl-C leaves nothing. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentOf, runBuiltSync, shellCommand, successful } from '../helpers/built-program.ts';
import { startOnTerminal } from '../helpers/built-terminal.ts';
import { startPty } from '../helpers/pty.ts';
import type { Pty } from '../helpers/pty.ts';

let folder: string;
let open: Pty | null = null;
const knox = (argv: readonly string[], stdin = '') => successful(runBuiltSync(argv, { cwd: folder, stdin }));
const listed = () => JSON.parse(knox(['list', '--json']).stdout) as object[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-long-'));
  knox(['init', '--key-file', 'k.key']);
});
afterEach(() => {
  open?.kill('SIGKILL');
  open = null;
  rmSync(folder, { recursive: true, force: true });
});

function start(...argv: string[]): Pty {
  open = startOnTerminal(argv, { cwd: folder });
  return open;
}

test('an import says how far it is; Ctrl-C leaves none, and the next one takes all in one entry', async () => {
  const count = 10_000;
  const text = Array.from({ length: count }, (_, index) => `NAME_${index}=value-number-${index}\n`).join('');
  writeFileSync(join(folder, 'many.env'), text);
  const screen = start('import', 'many.env', '-e', 'development');
  await screen.waitFor(/(Comparing with the vault|Importing): \d+ of 10000/);
  screen.send('\x03');
  expect(await screen.exit()).toMatchObject({ code: 130 });
  expect(screen.screen()).toContain('nothing was imported');
  expect(screen.screen()).not.toMatch(/of 10000/);
  expect(listed()).toEqual([]);
  knox(['import', 'many.env', '-e', 'development']);
  expect(listed()).toHaveLength(count);
  const [last] = JSON.parse(knox(['audit', '--limit', '1', '--json']).stdout) as { detail: { names: string[] } }[];
  expect(last!.detail.names).toHaveLength(count);
});

test('rendering says how far it is, and Ctrl-C leaves no file', async () => {
  knox(['add', 'pw', '-e', 'development'], 'value-to-render');
  mkdirSync(join(folder, 'in'));
  const names = Array.from({ length: 2000 }, (_, index) => `in/${index}.yaml`);
  const body = Array.from({ length: 1500 }, (_, index) => `key${index}: "{{secret:pw}}"\n`).join('');
  for (const name of names) writeFileSync(join(folder, name), body);
  // By a shell: the module that makes the terminal does not bear thousands of arguments.
  const render = `exec ${shellCommand()} render in/*.yaml -e development --out-dir out`;
  const screen = (open = startPty('/bin/sh', ['-c', render], { cwd: folder, env: environmentOf(folder) }));
  await screen.waitFor(/(Rendering|Writing): \d+ of 2000 files/);
  screen.send('\x03');
  expect(await screen.exit()).toMatchObject({ code: 130 });
  expect(screen.screen()).toContain('nothing was written');
  expect(
    existsSync(join(folder, 'out'))
      ? readdirSync(join(folder, 'out'), { recursive: true }).filter((name) => /\d/.test(String(name)))
      : [],
  ).toEqual([]);
});
