import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatKeyFile } from '../../src/crypto/key-file.ts';
import { runKnox } from '../helpers/run-knox.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { answering, terminal } from '../helpers/terminal.ts';
import { addSlot, makeVault } from '../helpers/vault.ts';
import type { TestVault } from '../helpers/vault.ts';

describe('with a key that administers', () => {
  let project: Project;
  beforeEach(async () => {
    project = await makeProject();
  });
  afterEach(() => project.remove());

  test('names that are left out are asked for on a terminal, and are wrong usage elsewhere', async () => {
    const add = answering([/Name of the environment/, 'preview']);
    await must(project.knox(['env', 'add'], '', { prompts: add.prompts }));
    const remove = answering([/Which environment/, 'preview'], [/Remove the environment preview/, true]);
    await must(project.knox(['env', 'remove'], '', { prompts: remove.prompts }));
    const diff = answering([/Which environment/, 'staging'], [/Which environment/, 'production']);
    await must(project.knox(['env', 'diff'], '', { prompts: diff.prompts }));
    for (const asked of [add, remove, diff]) asked.done();
    for (const verb of ['add', 'remove', 'diff'])
      expect((await project.json(['env', verb])).code, `env ${verb}`).toBe('usage');
  });

  test('which of them is production is told by name or by --production', async () => {
    for (const [name, ...flags] of [['live-eu'], ['qa'], ['shop', '--production']] as [string, ...string[]][])
      await must(project.knox(['env', 'add', name, ...flags]));
    const stdout = terminal();
    await must(project.knox(['env', 'list', '--no-color'], '', { stdout }));
    expect(stdout.text().split('\n').slice(4)).toEqual([
      expect.stringMatching(/^live-eu +production +0$/),
      expect.stringMatching(/^qa +pre-production +0$/),
      expect.stringMatching(/^shop +production +0$/),
      '',
    ]);
  });

  test('one that holds something is named with what it holds, before anything is asked', async () => {
    const { prompts } = answering();
    const refused = await project.knox(['env', 'remove', 'staging'], '', { prompts });
    expect(refused).toMatchObject({ exit: 6, stderr: expect.stringContaining('knox delete NAME -e staging') });
    await must(project.knox(['env', 'add', 'preview']));
    project.write('a.txt', 'nothing secret');
    await must(project.knox(['route', 'add', 'a.txt', '-e', 'preview']));
    const routed = await project.knox(['env', 'remove', 'preview', '--yes']);
    expect(routed).toMatchObject({ exit: 6, stderr: expect.stringContaining('a.txt') });
    expect((await project.json(['env', 'remove', 'nowhere', '--yes'])).code).toBe('environment_not_found');
    expect((await project.json(['env', 'diff', 'staging', 'staging'])).code).toBe('usage');
  });
});

describe('with the key of a colleague', () => {
  let made: TestVault;
  let colleagues = 0;
  beforeEach(async () => {
    made = await makeVault({ secrets: { api_key: { development: 'a-value-of-development' } } });
  });
  afterEach(() => made.remove());

  const withKey = async (environments: readonly string[] | null) => {
    const { secret } = await made.using((vault) => addSlot(vault, `colleague ${(colleagues += 1)}`, environments));
    const key = formatKeyFile({ secret, identity: made.key.identity }, 'theirs');
    return (argv: string[], stdin = '') =>
      runKnox(made.folder, ['--vault', 'vault.db', ...argv], stdin, { KNOX_KEY: key });
  };
  const knox = (argv: string[], stdin = '') =>
    runKnox(made.folder, ['--vault', 'vault.db', ...argv], stdin, { KNOX_KEY_FILE: made.keyFile });

  test('a new environment takes up what all others share, from the start', async () => {
    await must(knox(['add', 'region', '--shared'], 'eu-central-1'));
    await must(knox(['env', 'add', 'preview']));
    expect((await must(knox(['get', 'region', '-e', 'preview']))).stdout.toString()).toBe('eu-central-1');
    // Nothing is lost with it that was not there before.
    await must(knox(['env', 'remove', 'preview', '--yes']));
    expect((await must(knox(['get', 'region', '-e', 'production']))).stdout.toString()).toBe('eu-central-1');
    expect((await must(knox(['audit', 'verify']))).exit).toBe(0);
  });

  test('environments are not theirs to add or remove, whatever their key opens', async () => {
    for (const environments of [null, ['development', 'production']]) {
      const theirs = await withKey(environments);
      expect((await theirs(['env', 'add', 'preview'])).exit).toBe(4);
      expect((await theirs(['env', 'remove', 'production', '--yes'])).exit).toBe(4);
    }
  });

  test('a new environment opens for whoever was given all of them, and for nobody else', async () => {
    const all = await withKey(null);
    const some = await withKey(['development']);
    await must(knox(['env', 'add', 'preview']));
    await must(all(['add', 'tok', '-e', 'preview'], 'a-value-of-preview'));
    expect((await all(['get', 'tok', '-e', 'preview'])).stdout.toString()).toBe('a-value-of-preview');
    expect((await some(['get', 'tok', '-e', 'preview'])).exit).toBe(4);
    expect((await some(['get', 'api_key', '-e', 'development'])).stdout.toString()).toBe('a-value-of-development');
    expect((await knox(['audit', 'verify'])).exit).toBe(0);
  });
});
