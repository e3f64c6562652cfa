/**
 * Somebody's repository brings links along, or a colleague's program sets a folder that lies elsewhere: he wants knox to write a file outside of
 * the project, over one of the person's own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { putSetting } from '../../src/vault/keys/settings.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';
import { makeProject, must, NEW } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
let outside: string;
const at = (path: string) => join(project.folder, path);
beforeEach(async () => {
  project = await makeProject();
  outside = `${project.folder}-outside`;
  mkdirSync(outside);
  writeFileSync(join(outside, 'victim'), 'mine\n');
});
afterEach(() => {
  rmSync(outside, { recursive: true });
  project.remove();
});
/** Nothing there has changed. */
function expectUntouched(): void {
  expect(readdirSync(outside)).toEqual(['victim']);
  expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('mine\n');
}
function link(to: string, path: string): void {
  mkdirSync(join(at(path), '..'), { recursive: true });
  symlinkSync(to, at(path));
}

describe('the record of a rotation', () => {
  const rotate = () => {
    const confirmed = ['--confirm', 'test-staging,update-production,delete-old,update-docs'];
    const skipped = ['--skip', 'monitor', '--force', 'too_early', '--reason', 'x'];
    return project.json(
      ['rotate', 'api_key', '--values-stdin', '--yes', ...confirmed, ...skipped],
      JSON.stringify(NEW),
    );
  };

  test('is written below the project', async () => {
    expect((await rotate()).exit).toBe(0);
    expect(project.read('docs/rotations/api_key_v2.md')).toContain('# Rotation of');
  });

  test.each([
    ['a link in the place of the file', 'docs/rotations/api_key_v2.md', 'victim'],
    ['a link to what is not there', 'docs/rotations/api_key_v2.md', 'new'],
    ['a link in the place of the folder', 'docs/rotations', '.'],
    ['a link above', 'docs', '.'],
  ])('goes through no %s', async (_what, path, to) => {
    link(join(outside, to), path);
    const ran = await rotate();
    expect(ran).toMatchObject({ exit: 1, code: 'io' });
    expectUntouched();
  });

  test.each(['../escape', '/tmp/escape', 'docs/../../escape', 'a\\..\\b', ''])(
    'goes into no folder %j',
    async (value) => {
      const vault = await openProjectVault(project.folder);
      try {
        await vault.change((change) => putSetting(change, 'records', value));
      } finally {
        await vault.close();
      }
      const ran = await rotate();
      expect(ran).toMatchObject({ exit: 8, code: 'vault_damaged' });
      expect([existsSync(`${project.folder}/../escape`), existsSync('/tmp/escape')]).toEqual([false, false]);
      await must(project.knox(['setting', 'remove', 'records']));
      expect((await rotate()).exit).toBe(0);
    },
  );
});

describe('what is rendered', () => {
  beforeEach(() => {
    project.write('app.env', 'K={{secret:api_key}}\n');
    project.write('cfg/app.env', 'K={{secret:api_key}}\n');
  });

  test.each([
    ['out/app.env', 'victim', ['--out-dir', 'out']],
    ['out/cfg', '.', ['--out-dir', 'out']],
    ['out', '.', ['--out-dir', 'out']],
    ['out.env', 'victim', ['-o', 'out.env']],
    ['below/out.env', 'new', ['-o', 'below/out.env']],
    ['below', '.', ['-o', 'below/out.env']],
  ])('goes through no link at %s that leads out', async (path, to, options) => {
    link(join(outside, to), path);
    const files = options[0] === '-o' ? ['app.env'] : ['app.env', 'cfg/app.env'];
    const ran = await project.json(['render', ...files, '-e', 'production', ...options]);
    expect(ran).toMatchObject({ exit: 1, code: 'io' });
    expectUntouched();
    expect((await project.json<object[]>(['audit', '--action', 'use'])).json).toEqual([]);
  });

  test('a folder elsewhere that the person names is meant, and what lies in it stays there', async () => {
    const far = `${project.folder}-far`;
    mkdirSync(far);
    try {
      const render = ['render', 'app.env', 'cfg/app.env', '-e', 'production', '--out-dir', far];
      await must(project.knox(render));
      expect(readFileSync(join(far, 'cfg/app.env'), 'utf8')).toContain('old-production-value');
      rmSync(join(far, 'cfg'), { recursive: true });
      symlinkSync(outside, join(far, 'cfg'));
      expect((await project.json(render)).code).toBe('io');
      expectUntouched();
    } finally {
      rmSync(far, { recursive: true });
    }
  });

  test('a link that stays in the project is followed', async () => {
    project.write('real/app.env', '');
    link('../real/app.env', 'out/app.env');
    await must(project.knox(['render', 'app.env', '-e', 'production', '--out-dir', 'out']));
    expect(project.read('real/app.env')).toContain('old-production-value');
  });
});

test('nor does the report for an auditor', async () => {
  link(join(outside, 'victim'), 'evidence.html');
  expect(await project.json(['evidence']).then(({ exit }) => exit)).toBe(0);
  const ran = await project.knox(['evidence', '--html', 'evidence.html']);
  expect(ran.exit, ran.stderr).toBe(1);
  expectUntouched();
});

describe('a new vault in a repository', () => {
  const git = (...argv: string[]) => spawnSync('git', argv, { cwd: at('repository') });
  const init = () =>
    project.knox(['init', '--key-file', join(project.folder, 'new.key')], '', { cwd: at('repository') });
  beforeEach(() => {
    mkdirSync(at('repository'));
    git('init', '-q');
  });

  test('is not put where a link in the place of its folder leads', async () => {
    link(outside, 'repository/.knox');
    expect((await init()).exit).toBe(1);
    expectUntouched();
    expect(existsSync(at('new.key'))).toBe(false);
  });

  test('adds no line to a file outside, by .gitignore or by info/exclude', async () => {
    link(join(outside, 'victim'), 'repository/.gitignore');
    rmSync(at('repository/.git/info'), { recursive: true, force: true });
    link(outside, 'repository/.git/info');
    const ran = await init();
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('git does not ignore the vault');
    expectUntouched();
  });

  test('nor is a hook made outside', async () => {
    rmSync(at('repository/.git/hooks'), { recursive: true, force: true });
    link(outside, 'repository/.git/hooks');
    const ran = await project.knox(['scan', '--install-hook'], '', { cwd: at('repository') });
    expect(ran.exit, ran.stderr).toBe(2);
    expectUntouched();
  });
});
