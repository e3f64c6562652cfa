import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runKnox } from '../helpers/run-knox.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-cli-'));
  const made = await runKnox(folder, ['init', '--key-file', 'k.key']);
  if (made.exit !== 0) throw new Error(made.stderr);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const knox = (argv: string[], stdin = '') => runKnox(folder, argv, stdin, { KNOX_KEY_FILE: 'k.key' });
const codeOf = (stderr: string) =>
  stderr.split('\n').flatMap((line) => (line.startsWith('{"error"') ? [JSON.parse(line).error.code] : []))[0];

test('init makes a vault and a key file of mode 0600, and refuses a second time', async () => {
  expect(statSync(join(folder, '.knox/vault.db')).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'k.key')).mode & 0o777).toBe(0o600);
  const again = await knox(['init', '--key-file', 'other.key', '--json']);
  expect([again.exit, codeOf(again.stderr)]).toEqual([6, 'vault_exists']);
});

test('a value comes back exactly, less one final newline of stdin', async () => {
  await knox(['add', 'tok', '-e', 'staging'], 'line one\n$& "\'\\\n\n');
  const got = await knox(['get', 'tok', '-e', 'staging']);
  expect(got.exit).toBe(0);
  expect(got.stdout.toString()).toBe('line one\n$& "\'\\\n');
});

test('no environment stands in for another', async () => {
  await knox(['add', 'tok', '-e', 'staging'], 'a-value-of-staging');
  const got = await knox(['get', 'tok', '-e', 'production', '--json']);
  expect([got.exit, codeOf(got.stderr), got.stdout.length]).toEqual([5, 'value_missing', 0]);
});

test('exit codes: value_exists, same_value, wrong_environment, secret_not_found with its hint, unknown environment, empty value', async () => {
  await knox(['add', 'tok', '-e', 'staging'], 'a-value-of-staging');
  const cases: [string[], string, number, string][] = [
    [['add', 'tok', '-e', 'staging'], 'another-value', 6, 'value_exists'],
    [['add', 'tok', '-e', 'production'], 'a-value-of-staging', 7, 'same_value'],
    [['add', 'tok', '--shared'], 'another-value', 6, 'secret_exists'],
    [['add', 'key', '-e', 'development'], 'sk_live_4eC39HqLyjWDarjtT1zdp7dc', 7, 'wrong_environment'],
    [['add', 'key', '-e', 'elsewhere'], 'another-value', 5, 'environment_not_found'],
    [['add', 'key', '-e', 'development'], '', 2, 'invalid_value'],
    [['add', '9lives', '-e', 'development'], 'x', 2, 'invalid_name'],
    [['get', 'tok', '-e', 'elsewhere'], '', 5, 'environment_not_found'],
    [['get', 'Tok', '-e', 'staging'], '', 5, 'secret_not_found'],
    [['get', 'tok', '--nonsense'], '', 2, 'usage'],
  ];
  for (const [argv, stdin, exit, code] of cases) {
    const ran = await knox([...argv, '--json'], stdin);
    expect([argv.join(' '), ran.exit, codeOf(ran.stderr)]).toEqual([argv.join(' '), exit, code]);
  }
  expect((await knox(['get', 'Tok', '-e', 'staging'])).stderr).toContain('tok');
});

test('without a key: locked; with the key of another vault: wrong key', async () => {
  const locked = await runKnox(folder, ['get', 'tok', '-e', 'staging', '--json']);
  expect([locked.exit, codeOf(locked.stderr)]).toEqual([4, 'vault_locked']);
  await runKnox(folder, ['init', '--vault', 'other.db', '--key-file', 'other.key']);
  const wrong = await runKnox(folder, ['get', 'tok', '-e', 'staging', '--json', '--key-file', 'other.key']);
  expect([wrong.exit, codeOf(wrong.stderr)]).toEqual([4, 'wrong_key']);
});

test('@current takes the newest version that has a value; every get is in the log, and the log verifies', async () => {
  await knox(['add', 'tok', '-e', 'staging'], 'the-first-value');
  await knox(['add', 'tok_v2', '-e', 'staging'], 'the-second-value');
  expect((await knox(['get', 'tok@current', '-e', 'staging'])).stdout.toString()).toBe('the-second-value');
  expect((await knox(['get', 'tok@previous', '-e', 'staging'])).stdout.toString()).toBe('the-first-value');
  const verified = JSON.parse((await knox(['audit', 'verify', '--json'])).stdout.toString());
  expect(verified).toMatchObject({ entries: 5, brokenAt: null });
  expect(verified.verifiedRows).toBeGreaterThan(5);
});

test('a marker value is in no byte that is left behind', async () => {
  const marker = 'MARKER-zq81-value-of-this-test';
  const added = await knox(['add', 'tok', '-e', 'staging'], marker);
  await knox(['get', 'tok', '-e', 'staging']);
  const again = await knox(['add', 'tok', '-e', 'production'], marker);
  expect(again.exit).toBe(7);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) expect(readFileSync(join(file.parentPath, file.name)).includes(marker)).toBe(false);
  for (const ran of [added, again]) expect(ran.stderr + ran.stdout.toString()).not.toContain(marker);
});

test('list shows names and dates in the order of names, no value, and with --env what resolves there', async () => {
  expect(JSON.parse((await knox(['list', '--json'])).stdout.toString())).toEqual([]);
  await knox(['add', 'zeta', '-e', 'staging', '--owner', 'payments'], 'a-value-of-staging');
  await knox(['add', 'alpha', '--shared', '--kind', 'config'], 'eu-west-1');
  await knox(['get', 'zeta', '-e', 'staging']);
  const all = JSON.parse((await knox(['list', '--json'])).stdout.toString());
  expect(all.map(({ name }: { name: string }) => name)).toEqual(['alpha', 'zeta']);
  expect(all[1]).toEqual({
    name: 'zeta',
    base: 'zeta',
    version: 1,
    state: 'live',
    scope: 'environments',
    kind: 'standard',
    environments: ['staging'],
    note: null,
    owner: 'payments',
    every: 7_776_000,
    expiresAt: null,
    createdAt: '2026-01-10T12:00:00.000Z',
    lastUsedAt: '2026-01-10T12:00:00.000Z',
    routes: 0,
    dueAt: '2026-04-10T12:00:00.000Z',
    rotation: null,
  });
  const there = JSON.parse((await knox(['list', '--env', 'production', '--json'])).stdout.toString());
  expect(there.map(({ name }: { name: string }) => name)).toEqual(['alpha']);
  expect((await runKnox(folder, ['list'])).stderr).toContain('not verified');
});

test('a vault of unknown identity gives values with a warning, records nothing, and is not written', async () => {
  await knox(['add', 'tok', '-e', 'staging'], 'a-value-of-staging');
  const secret = readFileSync(join(folder, 'k.key'), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('knox_vault_1_'));
  const stranger = { KNOX_KEY: secret.join('\n'), XDG_STATE_HOME: join(folder, 'elsewhere') };
  const got = await runKnox(folder, ['get', 'tok', '-e', 'staging'], '', stranger);
  expect([got.exit, got.stdout.toString()]).toEqual([0, 'a-value-of-staging']);
  expect(got.stderr).toContain('knox_vault_1_');
  expect(JSON.parse((await knox(['audit', 'verify', '--json'])).stdout.toString()).entries).toBe(2);
  const added = await runKnox(folder, ['add', 'tok', '-e', 'production', '--json'], 'another-value', stranger);
  expect([added.exit, codeOf(added.stderr)]).toEqual([7, 'untrusted_vault']);
});

test('a credential in what is stored in the clear is refused and not repeated, whichever command it is given to', async () => {
  const key = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';
  for (const argv of [
    ['get', 'tok', '-e', 'staging', '--force', 'unreleased', '--reason', key],
    ['render', 'a.env', '-e', 'staging', '--force', 'unreleased', '--reason', `because of https://${key}@example.com`],
    ['export', '-e', 'staging', '--reason', key],
    ['import', '.env', '-e', 'staging', '--force', 'same_value', '--reason', key],
    ['delete', 'tok', '--force', 'still_used', '--reason', key],
    ['doctor', '--accept-rollback', '--reason', key],
    ['migrate', '--reason', key],
    ['rotate', 'tok', '--abort', '--reason', key],
    ['rotations', 'continue', '--reason', key],
    ['setting', 'set', 'records', key],
    ['env', 'add', key],
    ['add', key, '-e', 'staging'],
    ['add', 'tok', '-e', 'staging', '--base', key],
    ['set', 'tok', '--owner', key],
    ['report', 'auth-failure', 'tok', '-e', 'staging', '--source', key],
    ['key', 'add', '--key-file', 'other.key', '--label', key],
  ]) {
    const ran = await knox([...argv, '--json'], 'another-value');
    expect([argv.join(' '), ran.exit, codeOf(ran.stderr)]).toEqual([argv.join(' '), 2, 'invalid_value']);
    expect(ran.stderr + ran.stdout.toString()).not.toContain('4eC39HqLyjWDarjtT1zdp7dc');
  }
  const run = await knox(['run', '-e', 'staging', '--reason', key, '--', 'true']);
  expect([run.exit, run.stderr.includes('--reason')]).toEqual([125, true]);
});

test('a credential in an option of add is refused and not repeated', async () => {
  for (const option of ['--note', '--owner', '--reason']) {
    const ran = await knox(
      ['add', 'tok', '-e', 'staging', option, 'sk_live_4eC39HqLyjWDarjtT1zdp7dc', '--json'],
      'another-value',
    );
    expect([option, ran.exit, codeOf(ran.stderr)]).toEqual([option, 2, 'invalid_value']);
    expect(ran.stderr).not.toContain('4eC39HqLyjWDarjtT1zdp7dc');
  }
});

test('what can be no name is an invalid name everywhere, never something to add', async () => {
  for (const argv of [
    ['show'],
    ['delete', '--yes'],
    ['set', '--note', 'x'],
    ['get', '-e', 'staging'],
    ['rotate', '--status'],
    ['rotate', '--yes'],
    ['source', 'show'],
    ['source', 'test'],
    ['check'],
    ['audit'],
    ['report', 'auth-failure', '-e', 'staging'],
    ['notify', 'add', '--webhook-secret'],
    ['rotations', 'continue'],
  ]) {
    const ran = await knox([...argv, '*', '--json']);
    expect([argv.join(' '), ran.exit, codeOf(ran.stderr)]).toEqual([argv.join(' '), 2, 'invalid_name']);
    expect(ran.stderr).not.toContain('knox add *');
  }
});
