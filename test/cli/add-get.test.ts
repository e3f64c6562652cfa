import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ListedSecret, ShownSecret } from '../../src/vault/secrets/describe-secret.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';
import { makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { answering } from '../helpers/terminal.ts';

const LIVE = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const ran = async (argv: string[], stdin = '') => {
  const { exit, code } = await project.json(argv, stdin);
  return [exit, code];
};

describe('add', () => {
  test('on a terminal asks for what was left out, and answers a pasted value with what it sees, never with the value', async () => {
    const { prompts, done } = answering(
      [/Name of the secret/, 'stripe_api_key'],
      [/environment/, 'production'],
      [/Value of stripe_api_key/, LIVE],
    );
    const added = await must(project.knox(['add'], '', { prompts }));
    done();
    expect(added.stderr).toContain('32 bytes, looks like a Stripe live key');
    expect(added.stderr + added.stdout.toString()).not.toContain(LIVE);
    const shared = answering([/environment/, 'shared'], [/Value of/, 'some-setting']);
    await must(project.knox(['add', 'tok'], '', { prompts: shared.prompts }));
    const listed = (await project.json<ListedSecret[]>(['list'])).json;
    expect(listed.map(({ name, scope }) => [name, scope])).toEqual([
      ['api_key', 'environments'],
      ['stripe_api_key', 'environments'],
      ['tok', 'shared'],
    ]);
    expect((await project.knox(['add', '-e', 'staging'], 'x')).exit).toBe(2);
    expect(await ran(['add', 'tok2'], 'some-value')).toEqual([2, 'usage']);
  });

  test('keeps with the value that it was recognised as the wrong one, or is another one’s equal; a plain setting is exempt', async () => {
    const forced = ['--force', 'wrong_environment,same_value', '--reason', 'a trial'];
    await must(project.knox(['add', 'key', '-e', 'production'], LIVE));
    await must(project.knox(['add', 'key', '-e', 'staging', ...forced], LIVE));
    await must(project.knox(['add', 'region', '-e', 'staging', '--kind', 'config'], LIVE));
    await must(project.knox(['add', 'region', '-e', 'production'], LIVE));
    const vault = await openProjectVault(project.folder);
    const values = await vault.read((view) => view.across('value'));
    await vault.close();
    const factsOf = (name: string, realm: string) =>
      values.find((value) => value.name === name && value.realm === realm)!.facts;
    expect(factsOf('key', 'production')).toEqual({ sameAs: [], wrongEnvironment: false });
    expect(factsOf('key', 'staging')).toEqual({
      sameAs: [{ name: 'key', realm: 'production' }],
      wrongEnvironment: true,
    });
    expect(factsOf('region', 'production')).toEqual({ sameAs: [], wrongEnvironment: false });
    const { json } = await project.json<{ detail: { forced: string[]; reason: string } }[]>(['audit', 'key']);
    expect(json.at(-1)!.detail).toEqual({ forced: ['wrong_environment', 'same_value'], reason: 'a trial' });
  });

  test('a further value leaves the secret as it is, and says what it did not take', async () => {
    const more = ['add', 'tok', '-e', 'production', '--kind', 'critical', '--owner', 'web', '--note', 'n'];
    await must(project.knox(['add', 'tok', '-e', 'staging', '--owner', 'web'], 'a-first-value'));
    const added = await must(project.knox(more, 'a-second-value'));
    expect(added.stderr).toContain('--kind, --note ignored');
    expect((await project.json<ShownSecret>(['show', 'tok'])).json).toMatchObject({
      kind: 'standard',
      owner: 'web',
      note: null,
    });
  });

  test('a short value is warned of where it would be masked and looked for, and no setting is called not taken', async () => {
    const stderr = async (...argv: string[]) => (await must(project.knox(['add', ...argv], 'eu-1'))).stderr;
    expect(await stderr('pin', '--shared')).toContain('shorter than 8 bytes');
    expect(await stderr('region', '--shared', '--kind', 'config')).not.toContain('warning');
    expect(await stderr('zone', '-e', 'staging', '--kind', 'config')).not.toContain('warning');
    expect(await stderr('zone', '-e', 'production')).not.toContain('warning');
    expect(await stderr('pin2', '--shared', '--every', 'never')).not.toContain('not taken');
    const rotated = await project.knox(
      ['rotate', 'zone', '--yes', '--values-stdin'],
      '{"staging":"us","production":"us"}',
    );
    expect(rotated.stderr).not.toContain('8 bytes');
  });

  test('what cannot be stored is refused: an interval of nothing, no bytes, a version that is there under another name', async () => {
    expect(await ran(['add', 'tok', '-e', 'staging', '--every', '0s'], 'some-value')).toEqual([2, 'usage']);
    expect(await ran(['add', 'tok', '-e', 'staging'], '\n')).toEqual([2, 'invalid_value']);
    writeFileSync(join(project.folder, 'none'), '');
    expect(await ran(['add', 'tok', '-e', 'staging', '--value-file', 'none'])).toEqual([2, 'invalid_value']);
    await must(project.knox(['add', 'odd', '-e', 'staging', '--base', 'api_key'], 'odd-value'));
    expect(await ran(['add', 'api_key_v2', '-e', 'staging'], 'another-value')).toEqual([6, 'secret_exists']);
  });

  test('a file is taken with its last newline, which is said, also to a program', async () => {
    writeFileSync(join(project.folder, 'value'), 'two lines\n\n');
    const added = await project.knox(['add', 'tok', '-e', 'staging', '--value-file', 'value', '--json']);
    expect(added.stderr).toContain('"final_newline"');
    expect((await project.knox(['get', 'tok', '-e', 'staging'])).stdout.toString()).toBe('two lines\n\n');
  });

  test('a name that was given to another lineage stands for that one', async () => {
    await must(project.knox(['add', 'odd', '-e', 'staging', '--base', 'api_key'], 'odd-value'));
    await must(project.knox(['delete', 'odd', '--yes']));
    expect((await project.knox(['get', 'odd@current', '-e', 'staging'])).stdout.toString()).toBe(OLD.staging);
    await must(project.knox(['add', 'odd', '-e', 'staging'], 'a-value-of-its-own'));
    expect((await project.knox(['get', 'odd@current', '-e', 'staging'])).stdout.toString()).toBe('a-value-of-its-own');
    await must(project.knox(['delete', 'odd', '--yes', '--force', 'still_used', '--reason', 'r']));
    await must(project.knox(['add', 'odd', '-e', 'production', '--base', 'api_key'], 'back-again'));
    expect((await project.knox(['get', 'odd@current', '-e', 'staging'])).stdout.toString()).toBe(OLD.staging);
  });
});

describe('get', () => {
  test('on a terminal asks which secret and where', async () => {
    const { prompts, done } = answering([/Which secret/, 'api_key'], [/Which environment/, 'staging']);
    expect((await project.knox(['get'], '', { prompts })).stdout.toString()).toBe(OLD.staging);
    done();
    expect(await ran(['get'])).toEqual([2, 'usage']);
    expect(await ran(['get', 'api_key', '-e', 'staging', '--shared'])).toEqual([2, 'usage']);
  });

  test('--json tells the value, and bytes that are no text in base64', async () => {
    writeFileSync(join(project.folder, 'bytes'), Buffer.from([0xff, 0x00, 0x25]));
    await must(project.knox(['add', 'bin', '--shared', '--value-file', 'bytes']));
    expect((await project.json(['get', 'bin', '--shared'])).json).toEqual({
      name: 'bin',
      environment: null,
      value: '/wAl',
      encoding: 'base64',
    });
    expect((await project.json(['get', 'api_key@current', '-e', 'staging'])).json).toEqual({
      name: 'api_key',
      environment: 'staging',
      value: OLD.staging,
      encoding: 'utf8',
    });
  });
});

test('init leaves no key file behind where there can be no vault', async () => {
  writeFileSync(join(project.folder, 'taken'), '');
  const init = ['--vault', 'taken/vault.db', 'init', '--key-file', 'second.key'];
  expect(await ran(init)).toEqual([1, 'io']);
  expect(existsSync(join(project.folder, 'second.key'))).toBe(false);
});
