import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ListedSecret, ShownSecret } from '../../src/vault/secrets/describe-secret.ts';
import { makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const ran = async (argv: string[], stdin = '') => {
  const { exit, code } = await project.json(argv, stdin);
  return [exit, code];
};

describe('list and show', () => {
  test('have every field, from the same place', async () => {
    await must(
      project.knox(
        [
          'add',
          'tok',
          '--shared',
          '--kind',
          'config',
          '--every',
          '30d',
          '--note',
          'n',
          '--owner',
          'o',
          '--expires',
          '2027-01-01T00:00:00Z',
        ],
        'shared-value',
      ),
    );
    await must(project.knox(['get', 'api_key', '-e', 'staging']));
    const listed = (await project.json<ListedSecret[]>(['list'])).json;
    expect(listed.map(({ name }) => name)).toEqual(['api_key', 'tok']);
    expect(listed[1]).toEqual({
      name: 'tok',
      base: 'tok',
      version: 1,
      state: 'live',
      scope: 'shared',
      kind: 'config',
      environments: [],
      note: 'n',
      owner: 'o',
      every: 2_592_000,
      expiresAt: '2027-01-01T00:00:00.000Z',
      createdAt: '2026-01-10T12:00:00.000Z',
      lastUsedAt: null,
      routes: 0,
      dueAt: '2026-02-09T12:00:00.000Z',
      rotation: null,
    });
    const shown = (await project.json<ShownSecret>(['show', 'api_key'])).json;
    expect(shown).toMatchObject(listed[0]!);
    expect(shown.values.map(({ environment, lastUsedAt }) => [environment, lastUsedAt !== null])).toEqual([
      ['development', false],
      ['staging', true],
      ['production', false],
    ]);
    expect(shown.current).toEqual({ development: 'api_key', staging: 'api_key', production: 'api_key' });
    expect((await project.json<ListedSecret[]>(['list', '--env', 'staging'])).json).toHaveLength(2);
    const added = await project.json<ShownSecret>(['add', 'more', '-e', 'staging'], 'more-value');
    expect(added.json).toEqual((await project.json<ShownSecret>(['show', 'more'])).json);
  });

  test('a version added by hand joins its lineage, and says so', async () => {
    const joined = await project.knox(['add', 'api_key_v3', '-e', 'staging'], 'third-value');
    expect(joined.stderr).toContain('version 3 of api_key');
    expect((await project.json<ShownSecret>(['show', 'api_key_v3'])).json).toMatchObject({
      base: 'api_key',
      version: 3,
    });
    expect((await project.json<ShownSecret>(['add', 'lone_v2', '-e', 'staging'], 'lone-value')).json).toMatchObject({
      base: 'lone_v2',
      version: 1,
    });
    expect(
      (await project.json<ShownSecret>(['add', 'odd', '-e', 'staging', '--base', 'api_key'], 'odd-value')).json,
    ).toMatchObject({ base: 'api_key', version: 4 });
  });

  test('need no key, and say that nothing was verified', async () => {
    const { runKnox } = await import('../helpers/run-knox.ts');
    for (const argv of [
      ['list'],
      ['show', 'api_key'],
      ['env', 'list'],
      ['env', 'diff', 'staging', 'production'],
      ['route', 'list'],
      ['route', 'check'],
      ['rotations'],
      ['audit'],
      ['key', 'list'],
      ['status'],
    ]) {
      const look = await runKnox(project.folder, argv);
      expect([argv.join(' '), look.exit, look.stderr.includes('not verified')]).toEqual([argv.join(' '), 0, true]);
    }
  });
});

describe('set', () => {
  test('changes what is not the value, and the log says from what to what', async () => {
    const set = await project.json<ShownSecret>([
      'set',
      'api_key',
      '--kind',
      'critical',
      '--every',
      'never',
      '--note',
      'for billing',
      '--expires',
      'never',
      '--expect-unused',
    ]);
    expect(set.json).toMatchObject({
      kind: 'critical',
      every: null,
      note: 'for billing',
      expiresAt: null,
      dueAt: null,
    });
    const [entry] = (
      await project.json<{ action: string; detail: { from: object; to: object } }[]>(['audit', '--limit', '1'])
    ).json;
    expect(entry).toMatchObject({
      action: 'set',
      secret: 'api_key',
      detail: { from: { kind: 'standard', note: null }, to: { kind: 'critical' } },
    });
    expect(await ran(['set', 'api_key'])).toEqual([2, 'usage']);
    expect(await ran(['set', 'nothing', '--note', 'x'])).toEqual([5, 'secret_not_found']);
    expect(await ran(['set', 'api_key', '--note', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'])).toEqual([2, 'invalid_value']);
    expect(await ran(['set', 'api_key', '--every', '0s'])).toEqual([2, 'usage']);
  });
});

describe('delete', () => {
  test('is refused while something names it, used it or rotates it; forced by name and reason, it is recorded', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    await must(project.knox(['route', 'add', 'a.txt', '-e', 'staging']));
    await must(project.knox(['get', 'api_key', '-e', 'staging']));
    expect(await ran(['delete', 'api_key', '--yes'])).toEqual([7, 'still_referenced']);
    expect(await ran(['delete', 'api_key', '--yes', '--force', 'still_referenced'])).toEqual([2, 'usage']);
    expect(await ran(['delete', 'api_key', '--yes', '--force', 'still_referenced', '--reason', 'r'])).toEqual([
      7,
      'still_used',
    ]);
    const bare = await project.knox(['delete', 'api_key', '--yes', '--reason', 'r', '--force']);
    expect(bare).toMatchObject({ exit: 2, stderr: expect.stringContaining('--force still_referenced') });
    expect(await ran(['delete', 'api_key', '--force', 'still_used,still_referenced', '--reason', 'r'])).toEqual([
      2,
      'needs_terminal',
    ]);
    await project.json(['rotate', 'api_key', '--until', 'document']);
    expect(await ran(['delete', 'api_key', '--yes'])).toEqual([6, 'rotation_in_progress']);
    await project.json(['rotate', 'api_key', '--abort']);
    expect(
      await ran(['delete', 'api_key', '--yes', '--force', 'still_used,still_referenced', '--reason', 'gone']),
    ).toEqual([0, null]);
    const [entry] = (await project.json<object[]>(['audit', '--limit', '1'])).json;
    expect(entry).toMatchObject({
      action: 'delete',
      detail: { forced: ['still_referenced', 'still_used'], reason: 'gone' },
    });
    expect(await ran(['get', 'api_key', '-e', 'staging'])).toEqual([5, 'secret_not_found']);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('destroys the ciphertext in the file, keeps the name and its dates, and the name may be added again', async () => {
    const file = join(project.folder, '.knox/vault.db');
    const database = new Database(file, { readonly: true });
    const boxes = database.prepare('SELECT box FROM value').all() as { box: Buffer }[];
    database.close();
    const held = () => boxes.filter(({ box }) => readFileSync(file).includes(box)).length;
    expect([boxes.length, held()]).toEqual([3, 3]);
    await must(project.knox(['delete', 'api_key', '--yes']));
    expect(held()).toBe(0);
    const again = await project.json<ShownSecret>(['add', 'api_key', '-e', 'staging'], 'a-later-value');
    expect(again.json.versions.map(({ state, deletedAt }) => [state, deletedAt !== null])).toEqual([
      ['deleted', true],
      ['live', false],
    ]);
    expect((await project.knox(['get', 'api_key@current', '-e', 'staging'])).stdout.toString()).toBe('a-later-value');
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('-e takes back one value that nobody used; the last one takes the secret with it', async () => {
    await must(project.knox(['delete', 'api_key', '-e', 'staging', '--yes']));
    expect(await ran(['get', 'api_key', '-e', 'staging'])).toEqual([5, 'value_missing']);
    await must(project.knox(['add', 'api_key', '-e', 'staging'], 'the-right-value'));
    await must(project.knox(['get', 'api_key', '-e', 'staging']));
    expect(await ran(['delete', 'api_key', '-e', 'staging', '--yes'])).toEqual([7, 'still_used']);
    project.laterBy(49);
    await must(project.knox(['delete', 'api_key', '-e', 'staging', '--yes']));
    await must(project.knox(['delete', 'api_key', '-e', 'development', '--yes']));
    expect((await project.json<ShownSecret>(['delete', 'api_key', '-e', 'production', '--yes'])).json.state).toBe(
      'deleted',
    );
    expect(await ran(['show', 'api_key'])).toEqual([5, 'secret_not_found']);
  });
});

describe('environments', () => {
  test('one that is added works at once, one that holds something stays', async () => {
    expect((await project.json(['env', 'add', 'prod-eu'])).json).toEqual({
      name: 'prod-eu',
      production: true,
      values: 0,
    });
    expect(await ran(['env', 'add', 'prod-eu'])).toEqual([6, 'environment_exists']);
    expect(await ran(['env', 'add', 'shared'])).toEqual([2, 'invalid_name']);
    await must(project.knox(['add', 'api_key', '-e', 'prod-eu'], 'value-for-eu'));
    expect((await project.knox(['get', 'api_key', '-e', 'prod-eu'])).stdout.toString()).toBe('value-for-eu');
    expect(await ran(['env', 'remove', 'prod-eu', '--yes'])).toEqual([6, 'environment_in_use']);
    await must(project.knox(['add', 'lone', '-e', 'prod-eu'], 'lone-value'));
    expect((await project.json(['env', 'diff', 'prod-eu', 'staging'])).json).toEqual([
      { name: 'lone', only: 'prod-eu' },
    ]);
    project.laterBy(49);
    await must(project.knox(['delete', 'lone', '--yes']));
    await must(project.knox(['delete', 'api_key', '-e', 'prod-eu', '--yes']));
    expect(await ran(['env', 'remove', 'prod-eu'])).toEqual([2, 'needs_terminal']);
    await must(project.knox(['env', 'remove', 'prod-eu', '--yes']));
    const names = (await project.json<{ name: string }[]>(['env', 'list'])).json.map(({ name }) => name);
    expect(names).toEqual(['development', 'staging', 'production']);
    expect(await ran(['get', 'api_key', '-e', 'prod-eu'])).toEqual([5, 'environment_not_found']);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('one that a rotation worked on can go when the rotation has ended', async () => {
    await project.json(['rotate', 'api_key', '--generate', '--yes']);
    expect(await ran(['env', 'remove', 'development', '--yes'])).toEqual([6, 'environment_in_use']);
    project.laterBy(48);
    await project.json(['rotate', 'api_key', '--yes', '--confirm', 'update-docs']);
    await must(project.knox(['delete', 'api_key_v2', '-e', 'development', '--yes']));
    await must(project.knox(['env', 'remove', 'development', '--yes']));
    expect((await project.json<{ state: string }[]>(['rotations', '--all'])).json[0]!.state).toBe('done');
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });
});

describe('keys, log and status', () => {
  test('key new makes a private file and tells the public half; key list shows who opens what', async () => {
    const made = await project.json<{ file: string; publicKey: string }>(['key', 'new', 'mine.key']);
    expect(made.json.publicKey).toMatch(/^knox_pub_1_/);
    expect(statSync(join(project.folder, 'mine.key')).mode & 0o777).toBe(0o600);
    expect(await ran(['key', 'new', 'mine.key'])).toEqual([6, 'file_exists']);
    const [key] = (await project.json<object[]>(['key', 'list'])).json;
    expect(key).toMatchObject({
      label: 'first key',
      kind: 'key-file',
      admin: true,
      environments: ['development', 'staging', 'production', 'shared'],
      lastUsedAt: '2026-01-10T12:00:00.000Z',
    });
  });

  test('the log is filtered by secret, time, action, actor and key, and is JSON lines where wanted', async () => {
    project.laterBy(24);
    await must(project.knox(['get', 'api_key', '-e', 'staging']));
    const count = async (...argv: string[]) => (await project.json<object[]>(['audit', ...argv])).json.length;
    expect(
      await Promise.all([
        count(),
        count('api_key'),
        count('--since', '12h'),
        count('--until', '12h'),
        count('--action', 'use'),
        count('--actor', 'tester'),
        count('--actor', 'nobody'),
        count('--limit', '2'),
      ]),
    ).toEqual([5, 4, 1, 4, 1, 5, 0, 2]);
    const lines = (await project.knox(['audit', '--format', 'jsonl'])).stdout.toString().trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3, 4, 5]);
    expect(Object.keys(JSON.parse(lines[4]!) as object)).toEqual([
      'seq',
      'at',
      'actor',
      'key',
      'label',
      'action',
      'secret',
      'environment',
      'route',
      'detail',
    ]);
    expect(await ran(['audit', '--limit', '0'])).toEqual([2, 'usage']);
  });

  test('status says what there is to do', async () => {
    await project.json(['rotate', 'api_key', '--generate', '--yes']);
    await must(project.knox(['add', 'old', '-e', 'staging', '--every', '1d'], 'old-value'));
    await must(project.knox(['add', 'soon', '-e', 'staging', '--every', '5d'], 'soon-value'));
    project.write('lost.txt', '{{secret:old}}');
    await must(project.knox(['route', 'add', 'lost.txt', '-e', 'staging']));
    writeFileSync(join(project.folder, 'lost.txt'), '{{secret:nowhere}}');
    project.laterBy(4 * 24 + 1);
    await must(project.knox(['audit', 'verify']));
    const { json } = await project.json<Record<string, unknown>>(['status']);
    expect(json).toMatchObject({
      incidents: [],
      rotations: [{ base: 'api_key', step: 'monitor' }],
      due: [
        { secret: 'old', dueAt: '2026-01-11T12:00:00.000Z', overdue: true },
        { secret: 'soon', overdue: false },
      ],
      findings: { error: 2, warning: 2, info: 3 },
      audit: { verifiedAt: '2026-01-14T13:00:00.000Z' },
    });
    expect(Object.keys(json)).toEqual(['vault', 'identity', 'incidents', 'rotations', 'due', 'findings', 'audit']);
  });
});

test('an add to what is being rotated is refused', async () => {
  await must(project.knox(['add', 'part', '-e', 'staging'], 'part-value'));
  await project.json(['rotate', 'part', '--until', 'document']);
  expect(await ran(['add', 'part', '-e', 'production'], 'another-value')).toEqual([6, 'rotation_in_progress']);
  expect(await ran(['add', 'part_v2', '-e', 'production'], 'another-value')).toEqual([6, 'rotation_in_progress']);
  expect((await project.knox(['get', 'api_key', '-e', 'staging'])).stdout.toString()).toBe(OLD.staging);
});
