/** What a rotation must withstand from its surroundings: a clear error with its exit code, nothing lost, and the next run goes on. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runBuiltSync } from '../helpers/built-program.ts';
import { runKnox } from '../helpers/run-knox.ts';
import { addRoutes, makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
  await addRoutes(project);
  for (const key of Object.values(NEW)) project.accepted.add(key);
});
afterEach(() => project.remove());

const values = JSON.stringify(NEW);
const until = (step: string) => project.json(['rotate', 'api_key', '--values-stdin', '--yes', '--until', step], values);
const goOn = () => project.json(['rotate', 'api_key', '--yes']);
const path = (name: string) => join(project.folder, name);

describe('the vault and its key', () => {
  test('a wrong key, no key, no vault, another file, an empty one, a cut one: each its exit code, and the rotation goes on afterwards', async () => {
    await until('create');
    const vault = path('.knox/vault.db');
    const codeOf = async (env: Record<string, string>) => {
      const ran = await runKnox(project.folder, ['rotate', 'api_key', '--yes', '--json'], '', env);
      return [
        ran.exit,
        (JSON.parse(ran.stderr.split('\n').find((line) => line.startsWith('{"error"'))!) as { error: { code: string } })
          .error.code,
      ];
    };
    await must(project.knox(['key', 'new', 'other.key']));
    expect(await codeOf({ KNOX_KEY_FILE: 'other.key' })).toEqual([4, 'wrong_key']);
    expect(await codeOf({ KNOX_KEY_FILE: 'nowhere.key' })).toEqual([4, 'wrong_key']);
    expect(await codeOf({})).toEqual([4, 'vault_locked']);
    expect(await codeOf({ KNOX_KEY_FILE: 'k.key', KNOX_VAULT: 'nothing.db' })).toEqual([5, 'vault_not_found']);
    copyFileSync(vault, path('whole'));
    for (const damage of [
      () => writeFileSync(vault, ''),
      () => writeFileSync(vault, 'not a vault'),
      () => truncateSync(vault, 4096 * 3),
    ]) {
      damage();
      expect((await codeOf({ KNOX_KEY_FILE: 'k.key' }))[0]).toBe(8);
      copyFileSync(path('whole'), vault);
    }
    expect((await goOn()).json.step).toBe('monitor');
  });

  test('a clock that was set back is a warning, and time does not go back', async () => {
    await until('create');
    project.laterBy(-24);
    const ran = await project.knox(['rotate', 'api_key', '--yes', '--json']);
    expect(ran.stderr).toContain('clock_behind');
    const { startedAt, steps } = JSON.parse(ran.stdout.toString()) as {
      startedAt: string;
      steps: { at: string | null }[];
    };
    for (const { at } of steps) if (at !== null) expect(at >= startedAt).toBe(true);
  });

  test('no home, no user in the system list, no terminal type: it works', () => {
    const env = { CI: undefined, HOME: undefined, XDG_STATE_HOME: undefined, LANG: undefined, KNOX_TRUST: identity() };
    const argv = ['rotate', 'api_key', '--generate', '--yes', '--until', 'create', '--json'];
    expect(runBuiltSync(argv, { cwd: project.folder, env })).toMatchObject({ exit: 0, stderr: '' });
    const nobody = runBuiltSync(['--vault', '.knox/vault.db', 'list', '--json'], {
      cwd: project.folder,
      env: { ...env, HOME: '/nonexistent' },
    });
    expect(nobody.exit).toBe(0);
  });

  function identity(): string {
    return /knox_vault_1_\S+/.exec(readFileSync(path('k.key'), 'utf8'))![0];
  }

  test.skipIf(process.getuid?.() !== 0)(
    'a vault that another user may only read gives its values with one warning',
    () => {
      chmodSync(project.folder, 0o755);
      chmodSync(path('.knox'), 0o755);
      chmodSync(path('.knox/vault.db'), 0o644);
      chmodSync(path('k.key'), 0o644);
      const ask = (env: Record<string, string>) =>
        runBuiltSync(['--vault', '.knox/vault.db', 'get', 'api_key', '-e', 'staging'], {
          cwd: project.folder,
          uid: 65_534,
          env: { HOME: undefined, XDG_STATE_HOME: undefined, ...env },
        });
      const given = ask({});
      expect(given).toMatchObject({ exit: 0, stdout: OLD.staging });
      expect(given.stderr.match(/not recorded/g)).toHaveLength(1);
      expect(ask({ KNOX_REQUIRE_AUDIT: '1' }).exit).toBe(1);
    },
  );
});

describe('a full disk', () => {
  test.skipIf(process.getuid?.() !== 0)('stops with exit 1 and leaves vault and files whole', async ({ skip }) => {
    await until('create');
    const small = path('small');
    mkdirSync(small);
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', small]).status === 0;
    if (!isMounted) skip('no file system can be mounted here');
    try {
      execFileSync('cp', ['-r', path('.knox'), path('config'), path('k.key'), small]);
      // What is left of the disk is taken, but for less than a change needs.
      spawnSync('sh', ['-c', `dd if=/dev/zero of=${small}/fill bs=4k 2>/dev/null; truncate -s -8k ${small}/fill`]);
      const before = readFileSync(join(small, 'config/app.env'));
      const full = await runKnox(
        small,
        ['rotate', 'api_key', '--yes', '--json'],
        '',
        {
          KNOX_KEY_FILE: 'k.key',
          KNOX_TRUST: /knox_vault_1_\S+/.exec(readFileSync(path('k.key'), 'utf8'))![0],
          XDG_STATE_HOME: path('state'),
        },
        { now: () => project.now },
      );
      expect(full).toMatchObject({ exit: 1, stderr: expect.stringContaining('"io"') });
      expect(readFileSync(join(small, 'config/app.env')).equals(before)).toBe(true);
      unlinkSync(join(small, 'fill'));
      const verified = await runKnox(small, ['audit', 'verify'], '', {
        KNOX_KEY_FILE: 'k.key',
        XDG_STATE_HOME: path('state'),
      });
      expect(verified.exit).toBe(0);
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });
});

describe('a route file, between two steps', () => {
  const file = 'config/staging.yaml';
  const cases: [string, () => void, number][] = [
    ['deleted', () => unlinkSync(path(file)), 1],
    ['a folder', () => (unlinkSync(path(file)), mkdirSync(path(file))), 2],
    ['a link out of the root', () => (unlinkSync(path(file)), symlinkSync('/etc/hostname', path(file))), 1],
    ['a link that leads nowhere', () => (unlinkSync(path(file)), symlinkSync('nowhere', path(file))), 1],
    ['no text any more', () => writeFileSync(path(file), Buffer.from([0xff, 0xfe, 0x41, 0x00])), 2],
  ];
  test.each(cases)('is %s: said, nothing else is touched, and put back it goes on', async (_what, change, exit) => {
    await until('create');
    renameSync(path(file), path('kept'));
    copyFileSync(path('kept'), path(file));
    const before = project.read('config/app.env');
    change();
    const ran = await goOn();
    expect(ran.exit).toBe(exit);
    expect(project.read('config/app.env')).toBe(before);
    execFileSync('rm', ['-rf', path(file)]);
    renameSync(path('kept'), path(file));
    expect((await goOn()).json.step).toBe('monitor');
  });

  test('is a link inside of the root: it is followed, stays a link, and a rollback puts its target back', async () => {
    await until('create');
    renameSync(path(file), path('moved.yaml'));
    symlinkSync('../moved.yaml', path(file));
    const before = project.read('moved.yaml');
    chmodSync(path('moved.yaml'), 0o640);
    await goOn();
    expect(project.read('moved.yaml')).toContain('api_key_v2');
    expect(execFileSync('stat', ['-c', '%F %a', path(file), path('moved.yaml')], { encoding: 'utf8' })).toContain(
      'symbolic link',
    );
    expect(execFileSync('stat', ['-c', '%a', path('moved.yaml')], { encoding: 'utf8' })).toBe('640\n');
    await project.json(['rotate', 'api_key', '--rollback']);
    expect(project.read('moved.yaml')).toBe(before);
  });

  test('was changed by its own deploy command: it is never overwritten unseen', async () => {
    await must(
      project.knox([
        'route',
        'add',
        'config/app.env',
        '-e',
        'staging',
        '--deploy-command',
        'echo "# stamp" >> config/staging.yaml',
      ]),
    );
    await until('update-production');
    expect(project.read(file)).toContain('api_key_v2');
    expect(project.read(file)).toContain('# stamp');
  });

  test('that is no route any more is put back by a rollback all the same', async () => {
    const before = project.read(file);
    await until('test-staging');
    await must(project.knox(['route', 'remove', file]));
    await project.json(['rotate', 'api_key', '--rollback']);
    expect(project.read(file)).toBe(before);
  });
});
