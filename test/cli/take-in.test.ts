/** A file of the project is taken in whole or not at all. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { errors } from '../../src/errors.ts';
import { Vault } from '../../src/vault/opening/vault.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject({});
});
afterEach(() => {
  vi.restoreAllMocks();
  project.remove();
});

test('a file that cannot be registered is left as it was', async () => {
  await must(project.knox(['add', 'PAY_KEY', '-e', 'production'], 'old-payment-key-0001'));
  project.write('.env', 'PAY_KEY=old-payment-key-0001\n');
  const confirm = () => {
    // Another process that writes the vault at just this moment is waited for, for longer than a test may last.
    const busy = errors.vault_busy('another process is writing to the vault');
    vi.spyOn(Vault.prototype, 'change').mockRejectedValueOnce(busy);
    return Promise.resolve(true);
  };
  const walked = await project.knox(['rotate', 'PAY_KEY', '--until', 'document'], '', {
    prompts: { confirm } as never,
  });
  expect(walked).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining('.env was not registered: another process'),
  });
  expect(project.read('.env')).toBe('PAY_KEY=old-payment-key-0001\n');
  expect((await project.json<unknown[]>(['route', 'list'])).json).toEqual([]);
});
