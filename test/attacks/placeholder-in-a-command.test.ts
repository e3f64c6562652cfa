/** Whoever may list the machine's processes, or choose a value, waits for a placeholder in something that the shell runs: he wants to read the value there, or have it run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { vouchFor } from '../../src/vault/gate/vouch.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject({ production: 'x; touch INJECTED #' });
  project.write('app.env', 'K={{secret:api_key}}\n');
});
afterEach(() => project.remove());

const FILLED = 'true {{secret:api_key}}';

test.each([
  [['source', 'set', 'api_key', 'command', '--option', `program=${FILLED}`]],
  [['source', 'set', 'api_key', 'command', '--option', 'program=./tool {{ secret:api_key@current|base64 }}']],
  [['route', 'add', 'app.env', '-e', 'production', '--test-command', FILLED]],
  [['route', 'add', 'app.env', '-e', 'production', '--deploy-command', FILLED]],
  [['route', 'add', '@pushed', '--template', 'x', '-e', 'production', '--deploy-command', FILLED]],
  [['notify', 'add', '--command', FILLED]],
])('%j is refused', async (argv) => {
  const ran = await project.json(argv);
  expect(ran).toMatchObject({ exit: 2, code: 'invalid_value' });
  expect((await project.json<object[]>(['route', 'list'])).json).toEqual([]);
});

test('one that somebody put into the vault by a program of his own is refused when it would run', async () => {
  await must(project.knox(['source', 'set', 'api_key', 'command', '--option', 'program=./tool']));
  const vault = await openProjectVault(project.folder);
  try {
    await vault.change(async (change) => {
      const source = (await change.get('source', 'production', 'api_key'))!;
      await change.update(
        source,
        vouchFor(change, 'source', 'production', { ...source, options: { program: FILLED } }),
      );
      change.log({ action: 'source-set' });
    });
  } finally {
    await vault.close();
  }
  const ran = await project.json(['source', 'test', 'api_key']);
  expect(ran).toMatchObject({ exit: 2, code: 'invalid_value' });
  expect(existsSync(join(project.folder, 'INJECTED'))).toBe(false);
});

test('a program that is named without one is run as it stands', async () => {
  await must(
    project.knox(['source', 'set', 'api_key', 'command', '--option', String.raw`program=echo '{}' # \{{secret:x}}`]),
  );
  await must(project.knox(['source', 'test', 'api_key']));
});
