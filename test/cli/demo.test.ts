import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runKnox } from '../helpers/run-knox.ts';

let folder: string;
const real = process.env['TMPDIR'];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-demo-test-'));
  process.env['TMPDIR'] = folder;
});
afterEach(() => {
  if (real === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = real;
  rmSync(folder, { recursive: true, force: true });
});

const demo = (...argv: string[]) =>
  runKnox(folder, ['demo', ...argv], '', { PATH: process.env['PATH'] ?? '' }, { now: () => new Date() });

test('the demonstration ends with the old key refused, the files on the new version and a log that verifies, and leaves nothing', async () => {
  const ran = await demo('--json');
  expect(ran).toMatchObject({ exit: 0, stderr: '' });
  const result = JSON.parse(ran.stdout.toString()) as Record<string, unknown>;
  expect(result).toEqual({
    oldKey: 401,
    newKey: 200,
    files: ['config/development.env', 'config/staging.yaml', 'config/production.json', 'workers/invoices.toml'],
    isVerified: true,
    folder: null,
  });
  expect(readdirSync(folder)).toEqual([]);
});

test('it says what a user would type, and that the clock was moved; --keep leaves the project', async () => {
  const ran = await demo('--keep');
  const story = ran.stdout.toString();
  for (const part of [
    '$ knox init --key-file demo.key',
    '$ knox route add config/staging.yaml -e staging',
    '--values-stdin --yes',
    'the clock is moved forward by 48 hours',
    'The service answers the old production key with 401',
  ])
    expect(story).toContain(part);
  const kept = /The project is in (\S+)/.exec(story)![1]!;
  expect(existsSync(join(kept, '.knox/vault.db'))).toBe(true);
  const verified = await runKnox(kept, ['audit', 'verify'], '', {
    KNOX_KEY_FILE: 'demo.key',
    XDG_STATE_HOME: join(kept, 'state'),
  });
  expect(verified.exit).toBe(0);
});
