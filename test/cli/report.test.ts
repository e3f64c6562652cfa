/** `knox report auth-failure`: what another system saw, noted for the right version, and seen where failures count. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeProject, must, NEW } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { answering } from '../helpers/terminal.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const report = (...argv: string[]) => project.json<object>(['report', 'auth-failure', ...argv]);

test('is noted with its count and source, and in the log', async () => {
  expect(await report('api_key', '-e', 'production', '--count', '12', '--source', 'gateway\u202elog')).toEqual({
    exit: 0,
    code: null,
    json: {
      secret: 'api_key',
      environment: 'production',
      count: 12,
      source: 'gateway\u202elog',
      at: '2026-01-10T12:00:00.000Z',
    },
  });
  const [entry] = (await project.json<object[]>(['audit', '--action', 'auth-failure'])).json;
  expect(entry).toMatchObject({
    secret: 'api_key',
    environment: 'production',
    detail: { count: 12, source: 'gateway\u202elog' },
  });
  const text = await must(project.knox(['report', 'auth-failure', 'api_key', '-e', 'staging', '--source', 'a\u202eb']));
  expect(text.stdout.toString()).toBe('Recorded an authentication failure of api_key for staging (a\\u{202e}b).\n');
  await must(project.knox(['audit', 'verify']));
});

test('by its base it is the version that the environment is on; any version by its name', async () => {
  project.write('config/app.yaml', 'key: {{secret:api_key}}\n');
  await must(project.knox(['route', 'add', 'config/app.yaml', '-e', 'staging']));
  await project.knox(
    ['rotate', 'api_key', '--values-stdin', '--yes', '--until', 'update-staging'],
    JSON.stringify(NEW),
  );
  const secretOf = async (...argv: string[]) => ((await report(...argv)).json as { secret: string }).secret;
  expect(await secretOf('api_key', '-e', 'staging')).toBe('api_key_v2');
  expect(await secretOf('api_key', '-e', 'production')).toBe('api_key');
  expect(await secretOf('api_key@previous', '-e', 'staging')).toBe('api_key');
  expect(await secretOf('api_key@current', '-e', 'staging')).toBe('api_key_v2');
  expect(await secretOf('api_key_v2', '-e', 'production')).toBe('api_key_v2');
});

test('what is wrong with it is said, and nothing is noted', async () => {
  for (const count of ['0', '100001', '1.5', '-1', 'many', ''])
    expect(await report('api_key', '-e', 'staging', `--count=${count}`)).toMatchObject({ exit: 2, code: 'usage' });
  const literal = ['sk', 'live', '51HxxxxxxxxxxxxxxxxxxxxxxB'].join('_');
  for (const source of [literal, 'https://user:hunter2hunter2@example.com/']) {
    const ran = await project.knox(['report', 'auth-failure', 'api_key', '-e', 'staging', '--source', source]);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).not.toContain(source);
    expect(ran.stderr).toContain('--source');
  }
  expect(await report('api_key', '-e', 'staging', '--source', 'x'.repeat(201))).toMatchObject({ code: 'usage' });
  expect(await report('api_kye', '-e', 'staging')).toMatchObject({ exit: 5, code: 'secret_not_found' });
  expect(await report('api_key', '-e', 'shared')).toMatchObject({ exit: 5, code: 'environment_not_found' });
  await must(project.knox(['add', 'other', '-e', 'staging'], 'other-value'));
  expect(await report('other', '-e', 'production')).toMatchObject({ exit: 5, code: 'value_missing' });
  expect(await report('api_key')).toMatchObject({ exit: 2, code: 'usage' });
  expect((await project.json<object[]>(['audit', '--action', 'auth-failure'])).json).toEqual([]);
});

test('a shared secret, and names picked on a terminal', async () => {
  await must(project.knox(['add', 'one_for_all', '--shared'], 'shared-value'));
  expect(await report('one_for_all', '-e', 'production', '--count', '100000')).toMatchObject({ exit: 0 });
  const { prompts, done } = answering([/Which secret/, 'api_key'], [/Which environment/, 'staging']);
  await must(project.knox(['report', 'auth-failure'], '', { prompts }));
  done();
});
