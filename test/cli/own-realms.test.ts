/** What a key of one environment does with secrets, and what it leaves as it is: each environment goes by its own records. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatKeyFile } from '../../src/crypto/key-file.ts';
import type { ListedSecret, ShownSecret } from '../../src/vault/secrets/describe-secret.ts';
import { runKnox } from '../helpers/run-knox.ts';
import { must } from '../helpers/rotation-project.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

let made: TestVault;
beforeEach(async () => {
  made = await makeVault({
    environments: ['staging', 'production'],
    secrets: { api_key: { staging: 'a-value-of-staging', production: 'a-value-of-production' } },
  });
});
afterEach(() => made.remove());

type Knox = (argv: readonly string[], stdin?: string) => ReturnType<typeof runKnox>;
const admin: Knox = (argv, stdin = '') =>
  runKnox(made.folder, ['--vault', 'vault.db', ...argv], stdin, { KNOX_KEY_FILE: made.keyFile });

async function colleague(realms: readonly string[]): Promise<Knox> {
  const { secret } = await made.using((vault) => addSlot(vault, 'colleague', realms));
  const key = formatKeyFile({ secret, identity: made.key.identity }, 'theirs');
  return (argv, stdin = '') => runKnox(made.folder, ['--vault', 'vault.db', ...argv], stdin, { KNOX_KEY: key });
}

async function ran(knox: Knox, argv: readonly string[], stdin = '') {
  const { exit, stderr } = await knox([...argv, '--json'], stdin);
  const error = stderr.split('\n').find((line) => line.startsWith('{"error"'));
  return [exit, error === undefined ? null : (JSON.parse(error) as { error: { code: string } }).error.code];
}

async function json<T>(knox: Knox, argv: readonly string[], stdin = ''): Promise<T> {
  const { stdout } = await must(knox([...argv, '--json'], stdin));
  return JSON.parse(stdout.toString()) as T;
}

async function valueFor(knox: Knox, name: string, environment: string): Promise<string> {
  return (await must(knox(['get', name, '-e', environment]))).stdout.toString();
}

const warningsOf = (stderr: string) =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{"warning"'))
    .map((line) => (JSON.parse(line) as { warning: { code: string; message: string } }).warning);

async function recordOf(name: string, realm: string) {
  return made.using((vault) => vault.read((view) => view.get('name', realm, name)));
}

async function codesOf(knox: Knox, code: string) {
  const { stdout } = await knox(['check', '--json']);
  return (
    JSON.parse(stdout.toString()) as { code: string; secret: string; severity: string; message: string }[]
  ).filter((one) => one.code === code);
}

describe('a key for staging alone', () => {
  let theirs: Knox;
  beforeEach(async () => {
    theirs = await colleague(['staging']);
  });

  test('set changes staging, and names what it left', async () => {
    const set = await must(theirs(['set', 'api_key', '--note', 'theirs', '--kind', 'config', '--json']));
    expect(warningsOf(set.stderr)).toEqual([
      { code: 'not_given', message: 'not changed for production: this key does not open it' },
    ]);
    expect(await recordOf('api_key', 'staging')).toMatchObject({ note: 'theirs', kind: 'config' });
    expect(await recordOf('api_key', 'production')).toMatchObject({ note: 'what it is for', kind: 'standard' });
    // What it was made in staging changes nothing of how production's value is looked for.
    writeFileSync(join(made.folder, 'a.txt'), 'a-value-of-production\na-value-of-staging\n');
    const scan = await admin(['scan', 'a.txt']);
    expect([scan.exit, scan.stdout.toString().split('\n').length - 1]).toEqual([3, 1]);
  });

  test('what another environment has is neither added, set nor deleted', async () => {
    await must(admin(['add', 'theirs_not', '-e', 'production'], 'only-of-production'));
    expect(await ran(theirs, ['add', 'new', '-e', 'production'], 'a-new-value')).toEqual([4, 'not_granted']);
    expect(await ran(theirs, ['add', 'new', '--shared'], 'a-new-value')).toEqual([4, 'not_granted']);
    expect(await ran(theirs, ['set', 'theirs_not', '--note', 'x'])).toEqual([4, 'not_granted']);
    expect(await ran(theirs, ['delete', 'theirs_not', '--yes'])).toEqual([4, 'not_granted']);
    expect(await ran(theirs, ['get', 'theirs_not', '-e', 'production'])).toEqual([4, 'not_granted']);
    expect(await ran(theirs, ['get', 'nothing', '-e', 'production'])).toEqual([5, 'secret_not_found']);
    expect(await valueFor(admin, 'theirs_not', 'production')).toBe('only-of-production');
  });

  test('delete takes the value of staging back, and says that production keeps its own', async () => {
    const deleted = await must(theirs(['delete', 'api_key', '--yes', '--json']));
    expect(warningsOf(deleted.stderr)).toEqual([
      { code: 'not_given', message: 'not deleted for production: this key does not open it' },
    ]);
    expect(JSON.parse(deleted.stdout.toString())).toMatchObject({ state: 'live', environments: ['production'] });
    expect(await ran(admin, ['get', 'api_key', '-e', 'staging'])).toEqual([5, 'value_missing']);
    expect(await valueFor(admin, 'api_key', 'production')).toBe('a-value-of-production');
  });

  test('list and show have what it cannot verify, and say so', async () => {
    for (const argv of [['list'], ['show', 'api_key'], ['env', 'diff', 'staging', 'production']]) {
      const shown = await must(theirs([...argv, '--json']));
      expect(warningsOf(shown.stderr), argv[0]).toEqual([
        { code: 'not_given', message: 'not verified for production: this key does not open it' },
      ]);
    }
    expect((await json<ListedSecret[]>(theirs, ['list']))[0]).toMatchObject({
      name: 'api_key',
      environments: ['staging', 'production'],
    });
    expect((await must(admin(['list', '--json']))).stderr).toBe('');
  });
});

describe('realms that disagree', () => {
  test('are a warning that says who says what, and each goes by its own', async () => {
    expect(await codesOf(admin, 'disagree')).toEqual([]);
    const theirs = await colleague(['staging']);
    await must(theirs(['set', 'api_key', '--kind', 'critical']));
    const [found, ...others] = await codesOf(admin, 'disagree');
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      severity: 'warning',
      secret: 'api_key',
      message: expect.stringContaining('staging: of kind critical; production: of kind standard'),
      hint: 'if staging is right: knox set api_key --kind critical',
    });
    // Whoever reads one of them alone sees no disagreement.
    expect(await codesOf(theirs, 'disagree')).toEqual([]);
    expect((await admin(['check', '--format', 'sarif'])).stdout.toString()).toContain('"disagree"');
    await must(admin(['set', 'api_key', '--kind', 'critical']));
    expect(await codesOf(admin, 'disagree')).toEqual([]);
  });

  test('in the lineage or in being shared too', async () => {
    const theirs = await colleague(['staging', 'shared']);
    await must(theirs(['add', 'token', '-e', 'staging', '--base', 'api_key'], 'another-of-staging'));
    await must(admin(['add', 'token', '-e', 'production', '--base', 'token'], 'a-token-of-production'));
    const [found] = await codesOf(admin, 'disagree');
    expect(found!.message).toContain('staging: version 2 of api_key; production: version 1 of token');
    expect(await valueFor(admin, 'api_key@current', 'production')).toBe('a-value-of-production');
    expect(await valueFor(admin, 'api_key@current', 'staging')).toBe('another-of-staging');
  });
});

describe('a lineage that the name does not say', () => {
  test('is taken over from no other environment: the person says it', async () => {
    await must(admin(['add', 'token', '-e', 'staging', '--base', 'api_key'], 'another-of-staging'));
    expect(await ran(admin, ['add', 'token', '-e', 'production'], 'another-of-production')).toEqual([2, 'usage']);
    const refused = await admin(['add', 'token', '-e', 'production'], 'another-of-production');
    expect(refused.stderr).toContain('in staging, token is version 2 of api_key, which its name does not say');
    expect(refused.stderr).toContain('--base api_key');
    await must(admin(['add', 'token', '-e', 'production', '--base', 'api_key'], 'another-of-production'));
    expect(await valueFor(admin, 'api_key@current', 'production')).toBe('another-of-production');
  });

  test('what other environments say of a plain setting is taken over, and said', async () => {
    await must(admin(['add', 'region', '-e', 'staging', '--kind', 'config'], 'eu-central-1'));
    const added = await must(admin(['add', 'region', '-e', 'production'], 'eu-central-1'));
    expect(added.stderr).toContain('a plain setting (kind config), as in staging');
    expect(await recordOf('region', 'production')).toMatchObject({ kind: 'config' });
  });
});

describe('a shared value', () => {
  test('is what an environment took up, and nothing that somebody puts in its place', async () => {
    const theirs = await colleague(['staging', 'shared']);
    const added = await must(theirs(['add', 'region', '--shared', '--json'], 'the-first-region'));
    expect(warningsOf(added.stderr)).toEqual([
      { code: 'not_given', message: 'not taken up for production: this key does not open it' },
    ]);
    expect(await valueFor(theirs, 'region', 'staging')).toBe('the-first-region');
    const missing = await admin(['get', 'region', '-e', 'production']);
    expect(missing).toMatchObject({
      exit: 5,
      stderr: expect.stringContaining('knox set region --shared -e production'),
    });
    const taken = await json<ShownSecret>(admin, ['set', 'region', '--shared', '-e', 'production']);
    expect(taken).toMatchObject({ name: 'region', scope: 'shared', environments: [] });
    expect(await valueFor(admin, 'region', 'production')).toBe('the-first-region');

    writeFileSync(join(made.folder, 'app.env'), 'REGION={{secret:region@current}}');
    await must(admin(['route', 'add', 'app.env', '-e', 'production']));
    expect((await admin(['route', 'check'])).exit).toBe(0);

    await must(
      theirs(['delete', 'region', '--yes', '--force', 'still_used,still_referenced', '--reason', 'another'], ''),
    );
    expect(await ran(admin, ['get', 'region', '-e', 'production'])).toEqual([5, 'value_missing']);
    await must(theirs(['add', 'region', '--shared'], 'a-region-of-theirs'));
    expect(await valueFor(theirs, 'region', 'staging')).toBe('a-region-of-theirs');
    expect(await ran(admin, ['get', 'region', '-e', 'production'])).toEqual([5, 'value_missing']);
    expect(await ran(admin, ['get', 'region@current', '-e', 'production'])).toEqual([5, 'value_missing']);
    const route = JSON.parse((await admin(['route', 'check', '--json'])).stdout.toString()) as object[];
    expect(route).toMatchObject([
      {
        code: 'missing-value',
        secret: 'region',
        environment: 'production',
        hint: 'to use it there: knox set region --shared -e production',
      },
    ]);
    await must(admin(['set', 'region', '--shared', '-e', 'production']));
    expect(await valueFor(admin, 'region', 'production')).toBe('a-region-of-theirs');
    expect((await admin(['audit', 'verify'])).exit).toBe(0);
  });

  test('a use of it is noted where it was asked for', async () => {
    await must(admin(['add', 'region', '--shared'], 'the-first-region'));
    await valueFor(admin, 'region', 'production');
    const uses = await made.using((vault) => vault.read((view) => view.across('use')));
    expect(uses.map(({ name, realm, consumer }) => [name, realm, consumer])).toEqual([['region', 'production', 'get']]);
    await must(admin(['get', 'region', '--shared']));
    const { values, lastUsedAt } = await json<ShownSecret>(admin, ['show', 'region']);
    expect(values).toEqual([{ environment: null, createdAt: expect.any(String), lastUsedAt }]);
    expect(lastUsedAt).not.toBeNull();
  });

  test('stands beside no value of an environment of its own; what is not shared cannot be taken up', async () => {
    expect(await ran(admin, ['set', 'api_key', '--shared', '-e', 'production'])).toEqual([5, 'value_missing']);
    expect(await ran(admin, ['set', 'nothing', '--shared', '-e', 'production'])).toEqual([5, 'secret_not_found']);
    expect(await ran(admin, ['add', 'api_key', '--shared'], 'one-for-all')).toEqual([6, 'secret_exists']);
    await must(admin(['add', 'region', '--shared'], 'the-first-region'));
    expect(await ran(admin, ['add', 'region', '-e', 'staging'], 'one-of-staging')).toEqual([6, 'secret_exists']);
    expect(await ran(admin, ['set', 'region', '--shared', '-e', 'nowhere'])).toEqual([5, 'environment_not_found']);
    for (const argv of [
      ['set', 'region', '--shared', '-e', 'staging', '--note', 'x'],
      ['set', 'region', '-e', 'staging', '--note', 'x'],
      ['set', 'region', '--shared'],
    ])
      expect(await ran(admin, argv), argv.join(' ')).toEqual([2, 'usage']);
    const theirs = await colleague(['staging']);
    expect(await ran(theirs, ['set', 'region', '--shared', '-e', 'staging'])).toEqual([4, 'not_granted']);
    expect(await ran(theirs, ['get', 'region', '-e', 'staging'])).toEqual([4, 'not_granted']);
  });

  test('which was not taken up is left out of an export, said in a check, and not listed as what resolves', async () => {
    const theirs = await colleague(['staging', 'shared']);
    await must(theirs(['add', 'region', '--shared'], 'the-first-region'));
    const exported = await must(admin(['export', '-e', 'production', '--format', 'json']));
    expect(JSON.parse(exported.stdout.toString())).toEqual({ api_key: 'a-value-of-production' });
    expect(exported.stderr).toContain('left out, since production has not taken them up: region');
    const listed = async (environment: string) =>
      (await json<ListedSecret[]>(admin, ['list', '--env', environment])).map(({ name }) => name);
    expect([await listed('staging'), await listed('production')]).toEqual([['api_key', 'region'], ['api_key']]);
  });
});

test('a name that is added anew has the uses of its new life alone', async () => {
  await valueFor(admin, 'api_key', 'staging');
  const force = ['--force', 'still_used', '--reason', 'a slip'];
  await must(admin(['delete', 'api_key', '-e', 'staging', '--yes', ...force]));
  await must(admin(['add', 'api_key', '-e', 'staging'], 'a-later-value'));
  const { values } = await json<ShownSecret>(admin, ['show', 'api_key']);
  expect(values).toMatchObject([{ environment: 'staging', lastUsedAt: null }, { environment: 'production' }]);
  // Taken back as what nobody used.
  await must(admin(['delete', 'api_key', '-e', 'staging', '--yes']));
});

test('what follows a version by its name does so by the environment’s own lineage, whatever another one says of the name', async () => {
  const theirs = await colleague(['staging']);
  await must(theirs(['add', 'api_key_v2', '-e', 'staging', '--base', 'api_key_v2'], 'of-a-lineage-of-its-own'));
  await must(admin(['add', 'api_key_v2', '-e', 'production'], 'the-next-of-production'));
  expect(await valueFor(admin, 'api_key@current', 'production')).toBe('the-next-of-production');
  expect(await valueFor(admin, 'api_key@current', 'staging')).toBe('a-value-of-staging');
  expect((await codesOf(admin, 'disagree')).map(({ secret }) => secret)).toEqual(['api_key_v2']);
});
