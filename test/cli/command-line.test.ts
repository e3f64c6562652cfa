/** What somebody typed is no command line: every way of it says so on stderr, with exit 2, and what to type instead. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { meaning } from '../../src/command-line-errors.ts';
import { COMMANDS } from '../../src/command-table.ts';
import { runKnox } from '../helpers/run-knox.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'knox-line-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const knox = (...argv: string[]) => runKnox(folder, argv);
const errorOf = (stderr: string) => JSON.parse(stderr).error as { code: string; message: string; hints: string[] };
const paths = COMMANDS.map(({ path }) => path);
const groups = [...new Set(paths.flatMap((path) => (path.includes(' ') ? [path.split(' ')[0]!] : [])))].filter(
  (group) => !paths.includes(group),
);

test('a word under which commands stand, alone: its help and what is missing on stderr, exit 2', async () => {
  expect(groups).toEqual(expect.arrayContaining(['env', 'key', 'route', 'source', 'setting', 'notify', 'report']));
  for (const group of groups) {
    const verbs = paths.filter((path) => path.startsWith(`${group} `));
    const ran = await knox(group);
    expect([group, ran.exit, ran.stdout.length]).toEqual([group, 2, 0]);
    expect(ran.stderr).toContain(`Usage: knox ${group}`);
    expect(ran.stderr).toContain(`error: knox ${group} needs a command`);
    for (const argv of [
      [group, '--json'],
      ['--json', group],
    ]) {
      const json = await knox(...argv);
      expect([argv, json.exit, json.stdout.length]).toEqual([argv, 2, 0]);
      expect(errorOf(json.stderr)).toMatchObject({ code: 'usage', hints: verbs.map((path) => `knox ${path}`) });
    }
    const asked = await knox(group, '--help');
    expect([asked.exit, asked.stderr, asked.stdout.toString().includes('Usage')]).toEqual([0, '', true]);
  }
});

test('global options may stand between a word and its verb', async () => {
  expect(errorOf((await knox('key', '--json', 'list')).stderr).code).toBe('vault_not_found');
});

test.each([
  [['help', 'nonsense'], "unknown command 'nonsense'", null],
  [['nonsense', '--help'], "unknown command 'nonsense'", null],
  [['help', 'rotat'], "unknown command 'rotat'", 'rotate'],
  [['rnu', '--', 'true'], "unknown command 'rnu'", 'run'],
  [['key', 'remvoe'], "unknown command 'key remvoe'", 'key remove'],
  [['help', 'key', 'delete'], "unknown command 'key delete'", 'key remove'],
  [['key', 'nonsense', '--help'], "unknown command 'key nonsense'", null],
  [['update'], "unknown command 'update'", 'rotate'],
  [['setting', 'update'], "unknown command 'setting update'", 'setting set'],
  [['verify'], "unknown command 'verify'", 'audit verify'],
  [['log'], "unknown command 'log'", 'audit'],
  [['edit'], "unknown command 'edit'", 'set'],
  [['constructor'], "unknown command 'constructor'", null],
  [['key', 'constructor'], "unknown command 'key constructor'", null],
  [['sk_live_4eC39HqLyjWDarjtT1zdp7dc'], 'unknown command of that name', null],
] as const)('%j is no command, and what was meant is named', async (argv, message, meant) => {
  const ran = await knox(...argv, ...(argv.includes('--' as never) ? [] : ['--json']));
  expect([ran.exit, ran.stdout.length]).toEqual([2, 0]);
  expect(ran.stderr).toContain(message);
  if (meant === null) expect(ran.stderr).not.toContain('did you mean');
  else expect(ran.stderr).toContain(`did you mean knox ${meant}?`);
});

test('whatever is meant is there', () => {
  const words = [
    'update',
    'change',
    'log',
    'rm',
    'ls',
    'view',
    'exec',
    'keys',
    'settings',
    'login',
    'rollback',
    'version',
  ];
  for (const word of words) {
    const meant = meaning(word, null);
    expect([word, meant === '--version' || paths.includes(meant!)]).toEqual([word, true]);
  }
});

test('too many arguments: what to type, which is about a value only where one is stored', async () => {
  const hintsOf = async (...argv: string[]) => errorOf((await knox(...argv, '--json')).stderr).hints.join('\n');
  expect(await hintsOf('add', 'tok', 'hunter2-hunter2')).toContain('never give a value on the command line');
  expect(await hintsOf('set', 'tok', 'hunter2-hunter2')).toContain('knox rotate NAME');
  for (const argv of [
    ['list', 'JWT'],
    ['show', 'a', 'b'],
    ['env', 'list', 'x'],
    ['rotations', 'contniue'],
  ]) {
    const ran = await knox(...argv, '--json');
    expect([argv, ran.exit, errorOf(ran.stderr).message]).toEqual([argv, 2, expect.stringContaining('too many')]);
    expect(ran.stderr).not.toContain('never give a value');
  }
  expect(await hintsOf('list', 'JWT')).toContain('knox show NAME');
  expect(await hintsOf('rotations', 'contniue')).toContain('knox rotations continue');
  expect(await hintsOf('add', 'tok', 'hunter2-hunter2')).not.toContain('hunter2');
});

test.each([
  ['get', 'tok', '-e', '--json'],
  ['key', 'add', '--recipient', '--json'],
  ['audit', 'verify', '--identity', '--json'],
  ['run', '-e', 'staging', '--secret', '--json', '--', 'true'],
  ['rotate', 'tok', '--reason', '--yes', '--json'],
])('an option is no value of another one: knox %s %s %s %s', async (...argv) => {
  const ran = await knox(...argv);
  expect([ran.exit, ran.stdout.length]).toEqual([argv[0] === 'run' ? 125 : 2, 0]);
  expect(errorOf(ran.stderr)).toMatchObject({ code: 'usage', message: expect.stringContaining('argument missing') });
});

test("--json behind -- is another program's", async () => {
  expect((await knox('run', '--nope', '--', 'jq', '--json')).stderr).toMatch(/^error: unknown option '--nope'\n/);
  expect((await knox('run', '--nope', '--json', '--', 'jq')).stderr).toMatch(/^\{"error"/);
});

test('no command behind options, and an option that there is not', async () => {
  expect((await knox()).exit).toBe(0);
  for (const argv of [['--json'], ['--vault', 'x', '--json']])
    expect(errorOf((await knox(...argv)).stderr)).toMatchObject({ code: 'usage', message: 'no command given' });
  expect(errorOf((await knox('get', '--jsn', '--json')).stderr).message).toContain('Did you mean --json?');
  const help = await knox('--json', '--help');
  expect([help.exit, help.stdout.toString().includes('Usage: knox COMMAND')]).toEqual([0, true]);
});
