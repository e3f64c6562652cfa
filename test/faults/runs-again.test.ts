/** A command that was cut off in the middle, with knox killed outright: the next run says that it runs again, in words and as JSON. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runBuiltSync } from '../helpers/built-program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-again-'));
  knox(['init', '--key-file', 'k.key']);
  knox(['add', 'k', '-e', 'staging'], 'an-old-value-1');
  knox(['add', 'k', '-e', 'production'], 'an-old-value-2');
  writeFileSync(join(folder, 'f.txt'), '{{secret:k}}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const knox = (argv: readonly string[], stdin = '') => runBuiltSync(argv, { cwd: folder, stdin });

const ONCE_KILLED = 'echo x >> tries; test -e calm || { touch calm; kill -9 $PPID; }';

test.each([
  ['staging', '--test-command', false],
  ['staging', '--test-command', true],
  ['production', '--deploy-command', false],
  ['production', '--deploy-command', true],
])('for %s, %s, as JSON: %s', (environment, option, isJson) => {
  expect(knox(['route', 'add', 'f.txt', '-e', environment, option, ONCE_KILLED]).exit).toBe(0);
  const rotate = ['rotate', 'k', '--generate', '--yes', ...(isJson ? ['--json'] : [])];
  expect(knox(rotate).signal).toBe('SIGKILL');
  const again = knox(rotate);
  expect({ exit: again.exit, tries: readFileSync(join(folder, 'tries'), 'utf8') }).toEqual({
    exit: 0,
    tries: 'x\nx\n',
  });
  const text = `the last ${option === '--test-command' ? 'test' : 'deploy'} of f.txt (${environment}) failed or was cut off; running it again`;
  const line = isJson ? JSON.stringify({ warning: { code: 'runs_again', message: text } }) : text;
  expect(again.stderr).toContain(line);
  expect(knox(rotate).stderr).not.toContain('running it again');
});

test.each([false, true])('for the deploy of a rollback, as JSON: %s', (isJson) => {
  const command =
    'case "$KNOX_ATTEMPT" in *.back) echo x >> tries; test -e calm || { touch calm; kill -9 $PPID; };; esac';
  expect(knox(['route', 'add', 'f.txt', '-e', 'production', '--deploy-command', command]).exit).toBe(0);
  expect(knox(['rotate', 'k', '--generate', '--yes']).exit).toBe(0);
  const back = ['rotate', 'k', '--rollback', '--yes', ...(isJson ? ['--json'] : [])];
  expect(knox(back).signal).toBe('SIGKILL');
  const again = knox(back);
  expect({ exit: again.exit, tries: readFileSync(join(folder, 'tries'), 'utf8') }).toEqual({
    exit: 0,
    tries: 'x\nx\n',
  });
  expect(again.stderr).toContain(
    `${isJson ? '"code":"runs_again","message":"' : 'warning: '}the last deploy with the old`,
  );
});
