/** Fifty copies while eight processes write, one after the other: each is whole, opens with the same key, and has what was written last. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backUpWhileWriting } from '../helpers/backup-trial.ts';
import { makeProject } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

test('while eight processes write', async () => {
  const found = await backUpWhileWriting(project, { writers: 8, rounds: 16, copies: 50 });
  for (const { exit, brokenAt, newest, value } of found.slice(0, -1)) {
    expect([exit, brokenAt]).toEqual([0, null]);
    expect(value).toBe(newest === 'api_key' ? 'old-staging-value' : `the value of ${newest}`);
  }
  const sizes = found.map(({ secrets }) => secrets);
  expect(sizes).toEqual(sizes.toSorted((left, right) => left - right));
  expect(sizes.at(-1)).toBe(129);
});
