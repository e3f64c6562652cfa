/**
 * Somebody's repository, which a person clones and runs knox in, names the person's own vault in its `.knox/config.json` or by a link: it wants
 * its own scripts run with that vault's values, and files written.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject, must, OLD, trustFrom } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
let evil: string;
beforeEach(async () => {
  project = await makeProject();
  project.write('app.env', 'K={{secret:api_key}}\n');
  await must(project.knox(['route', 'add', 'app.env', '-e', 'production', '--test-command', './deploy.sh']));
  evil = join(project.folder, 'evil');
  mkdirSync(evil);
  writeFileSync(join(evil, 'app.env'), 'LOOT={{secret:api_key}}\n');
  writeFileSync(join(evil, 'deploy.sh'), '#!/bin/sh\ncat > loot\n', { mode: 0o755 });
});
afterEach(() => project.remove());

const VAULT = () => join(project.folder, '.knox/vault.db');
const WAYS: Record<string, () => void> = {
  'its settings': () => {
    mkdirSync(join(evil, '.knox'));
    writeFileSync(join(evil, '.knox/config.json'), '{"vault":"../.knox/vault.db"}');
  },
  'a link to the folder': () => symlinkSync('../.knox', join(evil, '.knox')),
  'a link to the file': () => {
    mkdirSync(join(evil, '.knox'));
    symlinkSync('../../.knox/vault.db', join(evil, '.knox/vault.db'));
  },
};

const inEvil = (argv: readonly string[], stdin = '') => project.knox(argv, stdin, { cwd: evil });
const codeOf = (stderr: string) =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{"error"'))
    .map((line) => (JSON.parse(line) as { error: { code: string; hints: string[] } }).error);

describe.each(Object.keys(WAYS))('by %s', (way) => {
  beforeEach(() => WAYS[way]!());

  test.each([
    [['route', 'test', 'app.env', '-e', 'production']],
    [['rotate', 'api_key', '--generate', '--yes']],
    [['rotations', 'continue', '--yes']],
    [['render', 'app.env', '-e', 'production', '-o', 'out']],
    [['run', '--json', '-e', 'production', '--env-file', 'app.env', '--', './deploy.sh']],
    [['route', 'add', 'app.env', '-e', 'staging', '--deploy-command', './deploy.sh']],
    [['source', 'set', 'api_key', 'command', '--option', 'program=./deploy.sh']],
    [['add', 'planted', '-e', 'production', '--generate']],
    [['delete', 'api_key', '--yes']],
  ])('%j runs and writes nothing', async (argv) => {
    const before = readdirSync(evil);
    const ran = await inEvil(argv.includes('--json') ? argv : [...argv, '--json']);
    expect(ran.exit, ran.stderr).toBe(argv[0] === 'run' ? 125 : 7);
    const [error] = codeOf(ran.stderr);
    expect(error).toMatchObject({ code: 'untrusted_vault' });
    expect(error!.hints[0]).toMatch(/knox trust knox_vault_1_/);
    expect(readdirSync(evil)).toEqual(before);
  });

  test('restore puts nothing into that vault', async () => {
    await must(project.knox(['backup', 'copy.db']));
    const ran = await inEvil(['restore', '../copy.db', '--force', 'vault_exists', '--reason', 'x', '--json']);
    expect([ran.exit, codeOf(ran.stderr)[0]?.code]).toEqual([7, 'untrusted_vault']);
    expect(readdirSync(join(project.folder, '.knox'))).toEqual(['vault.db']);
  });

  test('a value that a person asks for is given, with a warning', async () => {
    const ran = await inEvil(['get', 'api_key', '-e', 'production']);
    expect([ran.exit, ran.stdout.toString()]).toEqual([0, OLD.production]);
    expect(ran.stderr).toContain('has not been used with the vault');
  });

  test('once the person has said so it is used, and for that vault in that place alone', async () => {
    await trustFrom(project, evil);
    await must(inEvil(['route', 'test', 'app.env', '-e', 'production']));
    expect(existsSync(join(evil, 'loot'))).toBe(true);
    expect((await inEvil(['get', 'api_key', '-e', 'production'])).stderr).toBe('');
    const moved = join(project.folder, 'evil-too');
    renameSync(evil, moved);
    const ran = await project.knox(['route', 'test', 'app.env', '-e', 'production', '--json'], '', { cwd: moved });
    expect([ran.exit, codeOf(ran.stderr)[0]?.code]).toEqual([7, 'untrusted_vault']);
  });
});

test('a vault that the person names is used: its own folder is the one that counts', async () => {
  WAYS['its settings']!();
  writeFileSync(join(project.folder, 'deploy.sh'), '#!/bin/sh\ncat > own\n', { mode: 0o755 });
  await must(inEvil(['--vault', VAULT(), 'route', 'test', 'app.env', '-e', 'production']));
  expect([existsSync(join(evil, 'loot')), project.read('own')]).toEqual([false, `K='${OLD.production}'\n`]);
});

test('a folder that lies in the vault’s own by another way is no other one', async () => {
  symlinkSync(project.folder, join(project.folder, 'again'));
  writeFileSync(join(project.folder, 'deploy.sh'), '#!/bin/sh\ncat > own\n', { mode: 0o755 });
  await must(
    project.knox(['route', 'test', 'app.env', '-e', 'production'], '', { cwd: join(project.folder, 'again') }),
  );
});
