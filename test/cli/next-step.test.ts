/** The line that says what comes next: for a person at a terminal, and nowhere else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runKnox } from '../helpers/run-knox.ts';
import { terminal } from '../helpers/terminal.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-next-'));
  writeFileSync(join(folder, 'app.env'), 'KEY={{secret:api_key}}\n');
  writeFileSync(join(folder, 'app.yaml'), 'key: {{secret:api_key}}\n');
  writeFileSync(join(folder, 'old.env'), 'TOKEN=hunter2-hunter2\n');
  await runKnox(folder, ['init', '--key-file', 'k.key']);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Seen {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function atTerminal(argv: readonly string[], stdin = '', env: Record<string, string> = {}): Promise<Seen> {
  const [stdout, stderr] = [terminal(), terminal()];
  const ran = await runKnox(folder, argv, stdin, { KNOX_KEY_FILE: 'k.key', ...env }, { stdout, stderr });
  return { exit: ran.exit, out: stdout.text(), err: stderr.text() };
}

const next = async (argv: readonly string[], stdin = ''): Promise<string | null> => {
  const seen = await atTerminal(argv, stdin);
  expect([argv, seen.exit, seen.out.includes('Next:')]).toEqual([argv, 0, false]);
  const lines = seen.err.split('\n').filter((line) => line.startsWith('Next: '));
  expect(lines.length).toBeLessThan(2);
  return lines[0]?.slice('Next: '.length) ?? null;
};
const ADD = ['add', 'api_key', '-e', 'development'];
const VALUE = 'a-value-of-development';

test('each says what comes next, by what there is already', async () => {
  expect(await next(ADD, VALUE)).toBe('knox route add FILE -e development  (FILE holds {{secret:api_key}})');
  expect(await next(['route', 'add', 'app.env', '-e', 'development'])).toBe(
    'knox run -e development --env-file app.env -- COMMAND',
  );
  expect(await next(['route', 'add', 'app.yaml', '-e', 'development'])).toBe('knox render app.yaml -e development');
  // It is registered, and the secret stands in files: nothing to say.
  expect(await next(['route', 'add', 'app.yaml', '-e', 'development'])).toBe(null);
  expect(await next(['add', 'api_key', '-e', 'staging'], 'a-value-of-staging')).toBe(null);
  expect(await next(['import', 'old.env', '-e', 'development', '--dry-run'])).toBe('the same without --dry-run');
  expect(await next(['import', 'old.env', '-e', 'development'])).toBe(
    'knox route add FILE -e development  (FILE holds {{secret:TOKEN}})',
  );
  expect(await next(['import', 'old.env', '-e', 'development'])).toBe(null);
  expect(await next(['env', 'add', 'qa'])).toBe('knox add NAME -e qa');
  expect(await next(['key', 'new', 'mine.key'])).toBe('they run knox key add --recipient PUBLIC_KEY --env ENV');
  expect(await next(['backup', "a copy's.db"])).toBe(`knox audit verify --vault 'a copy'\\''s.db'  (checks the copy)`);
  expect(await next(['source', 'set', 'api_key', 'generate'])).toMatch(/^knox source test api_key$/);
  expect(await next(['notify', 'add', '--command', 'cat'])).toMatch(/^knox notify test \w+$/);
  expect(await next(['list'])).toBe(null);
});

test('what it says can be typed', async () => {
  expect(await next(ADD, VALUE)).not.toBe(null);
  expect((await atTerminal(['route', 'add', 'app.yaml', '-e', 'development'])).exit).toBe(0);
  expect((await atTerminal(['render', 'app.yaml', '-e', 'development'])).exit).toBe(0);
  expect(await next(['backup', 'copy.db'])).toContain('--vault copy.db');
  expect((await atTerminal(['audit', 'verify', '--vault', 'copy.db'])).exit).toBe(0);
});

test('no pipe, no --json, no --yes and no CI has it', async () => {
  const pipe = await runKnox(folder, ADD, VALUE, { KNOX_KEY_FILE: 'k.key' });
  expect([pipe.exit, pipe.stdout.toString(), pipe.stderr.includes('Next')]).toEqual([
    0,
    'Added api_key for development.\n',
    false,
  ]);
  for (const [name, argv, env] of [
    ['one', ['--json'], {}],
    ['two', ['--yes'], {}],
    ['three', [], { CI: 'true' }],
  ] as const) {
    const seen = await atTerminal(['add', name, '-e', 'development', ...argv], `a-value-of-${name}`, { ...env });
    expect([name, seen.exit, `${seen.out}${seen.err}`.includes('Next')]).toEqual([name, 0, false]);
  }
  const stdout = terminal();
  const half = await runKnox(folder, ['env', 'add', 'qa'], '', { KNOX_KEY_FILE: 'k.key' }, { stdout });
  expect([half.exit, half.stderr.includes('Next')]).toEqual([0, false]);
});

test('a command that fails says what is wrong, and not what comes next', async () => {
  await next(ADD, VALUE);
  const seen = await atTerminal(ADD, 'another-value-here');
  expect([seen.exit, seen.err.includes('Next:'), seen.err.includes('hint:')]).toEqual([6, false, true]);
});
