import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ListedSecret, ShownSecret } from '../../src/vault/secrets/describe-secret.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { answering, terminal } from '../helpers/terminal.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const onTerminal = async (argv: string[]): Promise<string> => {
  const stdout = terminal();
  const ran = await project.knox([...argv, '--no-color'], '', { stdout });
  if (ran.exit !== 0) throw new Error(ran.stderr);
  return stdout.text();
};
const rolledBack = async () => {
  await project.json(['rotate', 'api_key', '--generate', '--yes']);
  await project.json(['rotate', 'api_key', '--rollback', '--yes']);
};

describe('list', () => {
  test('on a terminal is a table that fits, with what is overdue, being rotated and withdrawn said in words', async () => {
    await rolledBack();
    await must(project.knox(['add', 'late', '-e', 'staging', '--every', '1d'], 'a-late-value'));
    await must(project.knox(['add', 'turning', '-e', 'staging'], 'a-turning-value'));
    await project.json(['rotate', 'turning', '--until', 'document']);
    await must(
      project.knox(
        ['add', `a_name_of_${'very_'.repeat(10)}many_words`, '--shared', '--kind', 'config'],
        'some-setting',
      ),
    );
    project.laterBy(72);
    const table = await onTerminal(['list']);
    expect(table.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(table).toMatch(/^Name +Kind +Where +Last used +Due$/m);
    expect(table).toMatch(/^late +standard +staging +never +#{5} overdue, 2/m);
    expect(table).toMatch(/^turning .*being rotated$/m);
    expect(table).toMatch(/^api_key_v2 \(with/m);
    expect(table).toMatch(/^a_name_of_very_\w+_words\n +config +shared +never +no schedule$/m);
  });

  test('in a pipe is one row a secret, exact and whole, with its state last', async () => {
    await rolledBack();
    const rows = (await project.knox(['list'])).stdout.toString().trimEnd().split('\n');
    expect(rows.map((row) => row.split('\t'))).toEqual([
      ['api_key', 'standard', 'development,staging,production', 'never used', '2026-04-10T12:00:00.000Z', 'live'],
      ['api_key_v2', 'standard', 'development,staging,production', 'never used', expect.any(String), 'withdrawn'],
    ]);
  });

  test('has the interval that counts, its own or that of its kind, and none where there is no schedule', async () => {
    const every = async () =>
      Object.fromEntries((await project.json<ListedSecret[]>(['list'])).json.map((one) => [one.name, one.every]));
    const DAY = 86_400;
    for (const kind of ['critical', 'database', 'oauth', 'config'])
      await must(project.knox(['add', kind, '--shared', '--kind', kind], `a-value-of-${kind}`));
    const added = await project.json<ShownSecret>(['add', 'own', '--shared', '--every', '5d'], 'a-value-of-its-own');
    expect(added.json.every).toBe(5 * DAY);
    expect(await every()).toEqual({
      api_key: 90 * DAY,
      config: null,
      critical: 30 * DAY,
      database: 90 * DAY,
      oauth: null,
      own: 5 * DAY,
    });
    expect((await project.json<ShownSecret>(['set', 'api_key', '--every', 'never'])).json.every).toBeNull();
    expect((await project.json<ShownSecret>(['show', 'api_key'])).json.every).toBeNull();
    expect((await project.json<ShownSecret>(['set', 'oauth', '--kind', 'critical'])).json.every).toBe(30 * DAY);
    expect((await project.json<ShownSecret>(['set', 'own', '--kind', 'critical'])).json.every).toBe(5 * DAY);
  });

  test('with nothing to list says how to begin, and is an empty list for a program', async () => {
    await must(project.knox(['delete', 'api_key', '--yes']));
    const empty = await project.knox(['list']);
    expect([empty.exit, empty.stdout.length, empty.stderr]).toEqual([0, 0, expect.stringContaining('knox add NAME')]);
    expect((await project.json<ListedSecret[]>(['list'])).json).toEqual([]);
  });
});

describe('show', () => {
  test('on a terminal fits the window, wraps a long note, and says what comes next', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    await must(project.knox(['route', 'add', 'a.txt', '-e', 'staging']));
    await must(project.knox(['set', 'api_key', '--owner', 'payments', '--note', 'what it is for '.repeat(12)]));
    await must(project.knox(['get', 'api_key', '-e', 'staging']));
    project.laterBy(91 * 24);
    const page = await onTerminal(['show', 'api_key']);
    expect(page.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(page).toContain('  staging      stored 91 days ago, used 91 days ago\n');
    expect(page).toContain('  production   stored 91 days ago, never used\n');
    expect(page).toContain('Routes\n  a.txt\n');
    expect(page).toContain('It is overdue: knox rotate api_key\n');
    const piped = (await project.knox(['show', 'api_key'])).stdout.toString();
    expect(piped).toContain('  due          2026-04-10T12:00:00.000Z\n');
    expect(piped).toContain(`  note         ${'what it is for '.repeat(12)}\n`);
    expect(piped).not.toContain('ago');
  });

  test('says which version each environment is on, and what became of the others', async () => {
    await project.json([
      'rotate',
      'api_key',
      '--generate',
      '--yes',
      '--until',
      'test-staging',
      '--confirm',
      'test-staging',
    ]);
    const page = await onTerminal(['show', 'api_key']);
    expect(page).toMatch(/staging +stored .*; now on api_key_v2\n/);
    expect(page).not.toMatch(/production +stored .*; now on/);
    expect(page).toContain('A rotation is in progress: knox rotate api_key --status');
    const { current, rotation } = (await project.json<ShownSecret>(['show', 'api_key'])).json;
    expect(current).toEqual({ development: 'api_key_v2', staging: 'api_key_v2', production: 'api_key' });
    expect(rotation).toEqual(expect.any(String));
  });

  test('asks for the name on a terminal, and escapes what could draw on it', async () => {
    await must(project.knox(['set', 'api_key', '--note', 'red \u001B[31m and \u202E turned']));
    const { prompts, done } = answering([/Which secret/, 'api_key']);
    const stdout = terminal();
    expect((await project.knox(['show', '--no-color'], '', { prompts, stdout })).exit).toBe(0);
    done();
    const piped = (await project.knox(['show', 'api_key'])).stdout.toString();
    for (const sign of ['\u001B', '\u202E']) expect(stdout.text() + piped).not.toContain(sign);
    expect((await project.json(['show', 'Api_key'])).code).toBe('secret_not_found');
  });
});
