import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ShownSecret } from '../../src/vault/secrets/describe-secret.ts';
import { makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { answering } from '../helpers/terminal.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const ran = async (argv: string[], stdin = '') => {
  const { exit, code } = await project.json(argv, stdin);
  return [exit, code];
};
const show = async (name: string) => (await project.json<ShownSecret>(['show', name])).json;

test('where no version is left, the hint says how to store one', async () => {
  await must(project.knox(['delete', 'api_key', '--yes']));
  const got = await project.knox(['get', 'api_key@current', '-e', 'staging']);
  expect(got).toMatchObject({
    exit: 5,
    stderr: 'error: no version of api_key is live\nhint: add a value: knox add api_key -e staging\n',
  });
});

test('what set gives it takes away again', async () => {
  await must(project.knox(['set', 'api_key', '--expect-unused', '--note', 'n', '--owner', 'o', '--every', '5d']));
  expect(await show('api_key')).toMatchObject({ expectUnused: true, note: 'n', owner: 'o', every: 432_000 });
  await must(project.knox(['set', 'api_key', '--no-expect-unused', '--note', '', '--owner', '', '--every', 'never']));
  expect(await show('api_key')).toMatchObject({
    expectUnused: false,
    note: null,
    owner: null,
    every: null,
    dueAt: null,
  });
});

test('a picker asks for the name; a no deletes nothing and is exit 130', async () => {
  const no = answering([/Which secret/, 'api_key'], [/Delete api_key/, false]);
  expect((await project.knox(['delete'], '', { prompts: no.prompts })).exit).toBe(130);
  no.done();
  expect((await project.knox(['get', 'api_key', '-e', 'staging'])).stdout.toString()).toBe(OLD.staging);
  const set = answering([/Which secret/, 'api_key']);
  await must(project.knox(['set', '--owner', 'web'], '', { prompts: set.prompts }));
  expect((await show('api_key')).owner).toBe('web');
});

test('nothing is asked for what is refused anyway', async () => {
  await must(project.knox(['get', 'api_key', '-e', 'staging']));
  const { prompts } = answering();
  const refused = await project.knox(['delete', 'api_key'], '', { prompts });
  expect(refused).toMatchObject({ exit: 7, stderr: expect.stringContaining('tester@test') });
});

test('the one value of a shared secret is not taken back for one environment', async () => {
  await must(project.knox(['add', 'tok', '--shared'], 'a-shared-value'));
  expect(await ran(['delete', 'tok', '-e', 'staging', '--yes'])).toEqual([5, 'value_missing']);
  expect((await project.knox(['get', 'tok', '--shared'])).stdout.toString()).toBe('a-shared-value');
  project.laterBy(49);
  expect((await project.json<ShownSecret>(['delete', 'tok', '--yes'])).json.state).toBe('deleted');
});

test('a use in another environment does not keep a value from being taken back, one of a run does', async () => {
  await must(project.knox(['get', 'api_key', '-e', 'production']));
  await must(project.knox(['delete', 'api_key', '-e', 'staging', '--yes']));
  await must(project.knox(['run', '-e', 'development', '--secret', 'K=api_key', '--', 'true']));
  expect(await ran(['delete', 'api_key', '-e', 'development', '--yes'])).toEqual([7, 'still_used']);
});

test('what an environment is on may be deleted: the version before it serves again', async () => {
  await project.json(['rotate', 'api_key', '--generate', '--yes']);
  expect(await ran(['delete', 'api_key_v2', '-e', 'staging', '--yes'])).toEqual([6, 'rotation_in_progress']);
  project.laterBy(48);
  await project.json(['rotate', 'api_key', '--yes', '--confirm', 'update-docs', '--until', 'verify']);
  await project.json(['rotate', 'api_key', '--rollback', '--yes']);
  await must(project.knox(['delete', 'api_key_v2', '--yes']));
  expect((await project.knox(['get', 'api_key@current', '-e', 'production'])).stdout.toString()).toBe(OLD.production);
  expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
});
