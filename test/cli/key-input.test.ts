/** The ways to a key: what may stand where, that no message shows a key, and that a pipe or a program is as good as a file. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRunning } from '../helpers/is-running.ts';
import { runKnox } from '../helpers/run-knox.ts';

let folder: string;
let keyText: string;
let keyLine: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-key-input-'));
  await runKnox(folder, ['init', '--key-file', 'k.key']);
  await runKnox(folder, ['add', 'tok', '-e', 'development'], 'value-of-tok', { KNOX_KEY_FILE: 'k.key' });
  keyText = readFileSync(join(folder, 'k.key'), 'utf8');
  keyLine = /^knox_key_1_.*$/m.exec(keyText)![0];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const environment = (given: Record<string, string>) => ({
  PATH: process.env['PATH'] ?? '',
  ...Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value.replace('TEXT', keyText).replace('LINE', keyLine)]),
  ),
});
const get = (given: Record<string, string>, ...argv: string[]) =>
  runKnox(folder, ['get', 'tok', '-e', 'development', ...argv], '', environment(given));

const COMMANDS = [
  ['list'],
  ['list', '--json'],
  ['get', 'tok', '-e', 'development', '--json'],
  ['unlock'],
  ['doctor'],
  ['check'],
  ['run', '-e', 'development', '--secret', 'A=tok', '--', 'true'],
  ['init', '--vault', 'other.db'],
  ['key', 'list'],
  ['restore', 'other.bak'],
  ['__complete', '--', 'get', ''],
];

describe.each([
  ['the text of a key file', 'TEXT'],
  ['a key', 'LINE'],
])('%s in the wrong place is never shown', (_what, text) => {
  test.each([['KNOX_KEY_FILE'], ['KNOX_KEY_COMMAND']])('in %s', async (variable) => {
    for (const argv of COMMANDS) {
      const ran = await runKnox(folder, argv, '', environment({ [variable]: text }));
      const said = ran.stderr + ran.stdout.toString();
      for (const part of [keyLine.slice(0, 20), 'version control'])
        expect([argv.join(' '), said.includes(part)]).toEqual([argv.join(' '), false]);
      const expected = argv[0] === '__complete' ? 0 : argv[0] === 'run' ? 125 : 4;
      if (argv[0] !== 'init' && argv[0] !== 'restore')
        expect([argv.join(' '), ran.exit]).toEqual([argv.join(' '), expected]);
    }
  });

  test('as an argument', async () => {
    const words = text === 'TEXT' ? keyText : keyLine;
    for (const [argv, exit] of [
      [['list', '--key-file', words], 4],
      [['init', '--vault', 'other.db', '--key-file', words], 4],
      [['key', 'new', words], 4],
      [['key', 'add', '--key-file', words], 4],
      [['key', 'add', '--recipient', words], 2],
      [['trust', words], 2],
      [['get', words, '-e', 'development'], text === 'TEXT' ? 2 : 5],
      [['add', 'x', '-e', 'development', '--value-file', words], 2],
      [['import', words, '-e', 'development'], 2],
    ] as const) {
      const ran = await runKnox(folder, argv, '', { KNOX_KEY_FILE: 'k.key' });
      expect([argv[0], ran.exit, ran.stderr.includes(keyLine.slice(0, 20))]).toEqual([argv[0], exit, false]);
    }
  });
});

test('a value in place of its file is not shown, nor is a password in the address of a vault', async () => {
  const value = `sk_live_${'4242'.repeat(6)}`;
  const ran = await runKnox(
    folder,
    ['add', 'x', '-e', 'development', '--value-file', value],
    '',
    environment({ KNOX_KEY_FILE: 'k.key' }),
  );
  expect([ran.exit, ran.stderr]).toEqual([2, expect.not.stringContaining(value) as string]);
  for (const address of ['mysql://app:hunter2@db/x', 'postgresql://app:hunter2@db/x']) {
    const refused = await runKnox(folder, ['list'], '', { KNOX_VAULT: address });
    expect([refused.exit, refused.stderr]).toEqual([2, expect.not.stringContaining('hunter2') as string]);
  }
});

test("KNOX_KEY with a file's name says which variable takes it", async () => {
  const ran = await get({ KNOX_KEY: './k.key' });
  expect([ran.exit, ran.stderr]).toEqual([4, expect.stringContaining('KNOX_KEY_FILE') as string]);
});

describe('a key comes through', () => {
  test('a FIFO', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    // The writer waits until it is read.
    spawn('sh', ['-c', 'cat k.key > fifo'], { cwd: folder, stdio: 'ignore' });
    const ran = await get({ KNOX_KEY_FILE: 'fifo' });
    expect([ran.exit, ran.stdout.toString(), ran.stderr]).toEqual([0, 'value-of-tok', '']);
  });

  test.each([
    ['cat k.key'],
    ['cat k.key; echo more'],
    ['echo "Title: vault"; cat k.key; echo'],
    [`printf '%s' "$(grep ^knox_key_ k.key)"`],
    [`printf '\\r\\n'; cat k.key | tr '\\n' '\\r'`],
  ])('a program: %s', async (command) => {
    expect(await get({ KNOX_KEY_COMMAND: command })).toMatchObject({ exit: 0, stderr: '' });
  });

  test('a program whose end counts, not that of what it left running', async () => {
    const ran = await get({ KNOX_KEY_COMMAND: 'cat k.key; sleep 600 & echo $! > left' });
    expect([ran.exit, ran.stdout.toString()]).toEqual([0, 'value-of-tok']);
    const left = Number(readFileSync(join(folder, 'left'), 'utf8'));
    expect(isRunning(left)).toBe(true);
    process.kill(left);
  });

  test('neither from a program that fails, nor from one that prints without end', async () => {
    for (const command of ['cat k.key; exit 3', 'yes', 'true', 'cat k.key; cat k2.key'])
      expect(await get({ KNOX_KEY_COMMAND: command })).toMatchObject({ exit: 4 });
    expect(await get({ KNOX_KEY_FILE: '/dev/zero' })).toMatchObject({ exit: 4 });
    expect(await get({ KNOX_KEY_FILE: '.' })).toMatchObject({ exit: 4 });
  });

  test('a line beside the key in a file is named', async () => {
    writeFileSync(join(folder, 'more.key'), `${keyText}more\n`, { mode: 0o600 });
    const ran = await get({ KNOX_KEY_FILE: 'more.key' });
    expect([ran.exit, ran.stderr]).toEqual([4, expect.stringMatching(/line \d of more\.key is neither/) as string]);
  });
});
