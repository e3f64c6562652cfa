/** Names of files that are none, or another's: an address where a vault belongs, a key where a copy belongs. */
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeProject } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

test('a vault is not made at an address', async () => {
  for (const address of ['postgresql://app:hunter2@db/x', 'https://app:hunter2@db/x']) {
    const ran = await project.knox(['init', '--vault', address, '--key-file', 'new.key']);
    expect([ran.exit, ran.stderr]).toEqual([2, expect.not.stringContaining('hunter2') as string]);
  }
  expect(readdirSync(project.folder).filter((name) => /:|new/.test(name))).toEqual([]);
});

test('restoring what is no copy says what to name', async () => {
  const ran = await project.knox(['restore', 'k.key', '--force', 'vault_exists', '--reason', 'a slip']);
  expect([ran.exit, ran.stderr]).toEqual([8, expect.stringContaining('hint: use a complete copy') as string]);
  expect(ran.stderr).not.toContain('--vault');
});

test.each(['init --vault other.db --key-file -', 'key add --key-file -'])(
  'knox %s makes no file of that name',
  async (line) => {
    expect(await project.json(line.split(' '))).toMatchObject({ exit: 2, code: 'usage' });
    expect(readdirSync(project.folder).filter((name) => /^-|other/.test(name))).toEqual([]);
  },
);
