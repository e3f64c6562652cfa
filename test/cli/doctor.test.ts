import { chmodSync, copyFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Checked } from '../../src/doctor/checks.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const bad = async () => {
  const { exit, json } = await project.json<Checked[]>(['doctor']);
  const found = json.filter(({ ok }) => !ok);
  for (const { hint } of found) expect(hint).not.toBe(null);
  return [exit, found.map(({ check }) => check)];
};

test('all is well in a fresh vault, and each thing that is not is named with its mend', async () => {
  expect(await bad()).toEqual([0, []]);
  chmodSync(join(project.folder, 'k.key'), 0o644);
  chmodSync(join(project.folder, '.knox'), 0o755);
  project.laterBy(-1);
  spawnSync('git', ['init', '-q', project.folder]);
  expect(await bad()).toEqual([1, ['vault-folder', 'key-file', 'repository', 'clock']]);
  project.write('.gitignore', '.knox/\n');
  expect((await bad())[1]).not.toContain('repository');
});

test('an older copy that was put back stops what writes, until it is accepted with a reason, which the log keeps', async () => {
  const vault = join(project.folder, '.knox/vault.db');
  copyFileSync(vault, join(project.folder, 'older'));
  await must(project.knox(['add', 'more', '-e', 'staging'], 'more-value'));
  expect((await project.json(['doctor', '--accept-rollback', '--reason', 'x'])).code).toBe('usage');
  copyFileSync(join(project.folder, 'older'), vault);
  const add = () => project.json(['add', 'again', '-e', 'staging'], 'again-value');
  expect(await add()).toMatchObject({ exit: 8, code: 'vault_rolled_back' });
  expect(await bad()).toEqual([1, ['rollback']]);
  expect((await project.json(['doctor', '--accept-rollback'])).code).toBe('usage');
  await must(project.knox(['doctor', '--accept-rollback', '--reason', 'the disk was restored']));
  expect(await add()).toMatchObject({ exit: 0 });
  const [entry] = (await project.json<object[]>(['audit', '--action', 'accept-rollback'])).json;
  expect(entry).toMatchObject({ detail: { reason: 'the disk was restored' } });
  expect(await bad()).toEqual([0, []]);
});
