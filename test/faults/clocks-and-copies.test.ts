/**
 * A team's machines: their clocks are not the same, they have copies and worktrees, and some may only read. What is recorded never goes back
 * in time, no window is over early because another machine was ahead, and an older copy is a warning.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRoutes, makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';
import type { Ran } from '../helpers/run-knox.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const HOUR = 3_600_000;
const path = (...names: string[]) => join(project.folder, ...names);
/** On another machine, whose clock is so many hours off. */
const elsewhere = (hours: number, argv: readonly string[]): Promise<Ran> =>
  project.knox(argv, '', { now: () => new Date(project.now.getTime() + hours * HOUR) });
const times = async () => (await project.json<{ at: string }[]>(['audit'])).json.map(({ at }) => at);
const codeOf = ({ stderr }: Ran) => /"(?:error|warning)":\{"code":"(\w+)"/.exec(stderr)?.[1] ?? null;

describe('two machines with two clocks', () => {
  test('a little behind, the time of the last entry counts, and whoever is behind is told', async () => {
    expect(codeOf(await must(elsewhere(-20, ['set', 'api_key', '--note', 'behind', '--json'])))).toBe('clock_behind');
    await must(elsewhere(20, ['set', 'api_key', '--note', 'ahead']));
    const told = await must(project.knox(['set', 'api_key', '--note', 'right', '--json']));
    expect(codeOf(told)).toBe('clock_behind');
    await must(project.knox(['rekey', '--yes']));
    const recorded = await times();
    expect(recorded).toEqual(recorded.toSorted());
    expect((await must(project.knox(['audit', 'verify']))).exit).toBe(0);
  });

  test('far apart, each goes by its own: nobody pushes the times of others ahead', async () => {
    await must(elsewhere(60 * 24, ['set', 'api_key', '--note', 'far ahead']));
    const told = await must(project.knox(['set', 'api_key', '--note', 'right', '--json']));
    expect(codeOf(told)).toBe('clock_behind');
    expect((await times()).at(-1)).toBe(project.now.toISOString());
    // Nor is an entry passed over because a later one has an earlier time.
    const since = new Date(project.now.getTime() + HOUR).toISOString();
    const late = await project.json<{ at: string }[]>(['audit', '--since', since]);
    expect(late.json.map(({ at }) => at > since)).toEqual([true]);
    expect((await must(project.knox(['audit', 'verify']))).exit).toBe(0);
  });

  test('a window is not over because the other one was ahead', async () => {
    for (const key of Object.values(NEW)) project.accepted.add(key);
    await addRoutes(project);
    const goOn = ['rotate', 'api_key', '--yes'];
    await must(project.knox([...goOn, '--values-stdin', '--until', 'update-production'], JSON.stringify(NEW)));
    await must(elsewhere(60 * 24, ['set', 'api_key', '--note', 'far ahead']));
    project.laterBy(1);
    expect(await project.json(goOn)).toMatchObject({ exit: 0, json: { step: 'monitor', state: 'waiting' } });
    project.laterBy(46);
    expect(await project.json(['rotations', 'continue', '--yes'])).toMatchObject({
      exit: 0,
      json: [{ step: 'monitor' }],
    });
  });

  test('a use of yesterday still stands against a deletion', async () => {
    await must(project.knox(['get', 'api_key', '-e', 'production']));
    await must(elsewhere(60 * 24, ['set', 'api_key', '--note', 'far ahead']));
    project.laterBy(24);
    expect(await project.json(['delete', 'api_key', '--yes'])).toMatchObject({ exit: 7, code: 'still_used' });
  });
});

describe('copies', () => {
  test('a worktree with the vault of an earlier commit gives values with a warning, and changes once that was accepted', async () => {
    rmSync(path('.knox/.gitignore'), { force: true });
    const git = (...argv: string[]) =>
      execFileSync('git', ['-c', 'user.email=a@b', '-c', 'user.name=a', ...argv], {
        cwd: project.folder,
        stdio: 'pipe',
      });
    git('init', '-q', '.');
    git('add', '-f', '.knox/vault.db');
    git('commit', '-qm', 'a vault');
    await must(project.knox(['set', 'api_key', '--note', 'newer']));
    await must(project.knox(['rekey', '--yes']));
    git('worktree', 'add', '-q', 'tree');
    const inTree = (argv: readonly string[], stdin = '') =>
      runKnox(path('tree'), [...argv, '--json'], stdin, {
        KNOX_KEY_FILE: path('k.key'),
        XDG_STATE_HOME: path('state'),
      });
    const listed = await inTree(['list']);
    expect([listed.exit, listed.stderr.match(/"older_copy"/g)]).toEqual([0, ['"older_copy"']]);
    const got = await must(inTree(['get', 'api_key', '-e', 'staging']));
    expect([(JSON.parse(got.stdout.toString()) as { value: string }).value, codeOf(got)]).toEqual([
      OLD.staging,
      'older_copy',
    ]);
    // Its keys are older than those that this machine has seen: who held one then does not hold it again without a word.
    const refused = await inTree(['set', 'api_key', '--note', 'mine']);
    expect(refused).toMatchObject({ exit: 8, stderr: expect.stringContaining('"vault_rolled_back"') });
    await must(inTree(['doctor', '--accept-rollback', '--reason', 'an experiment']));
    // From here on it is a vault of its own that this machine knows, and the other one is as it was.
    expect((await must(inTree(['set', 'api_key', '--note', 'mine']))).stderr).toBe('');
    expect((await must(project.knox(['set', 'api_key', '--note', 'theirs', '--json']))).stderr).toBe('');
    expect((await inTree(['audit', 'verify'])).exit).toBe(0);
  });

  test('an older copy put back: values with a warning and no record, no change, until it is accepted', async () => {
    copyFileSync(path('.knox/vault.db'), path('older.db'));
    await must(project.knox(['set', 'api_key', '--note', 'newer']));
    copyFileSync(path('older.db'), path('.knox/vault.db'));
    const before = readFileSync(path('.knox/vault.db'));
    const got = await must(project.knox(['get', 'api_key', '-e', 'staging']));
    expect([got.stdout.toString(), got.stderr]).toEqual([OLD.staging, expect.stringContaining('older than the one')]);
    for (const command of ['get api_key', 'run --secret A=api_key', 'export']) {
      const argv = [...command.split(' '), '-e', 'staging', ...(command.startsWith('run') ? ['--', 'true'] : [])];
      const ran = await project.knox(argv);
      expect([command, ran.exit, ran.stderr]).toEqual([
        command,
        0,
        expect.stringContaining('older than the one') as string,
      ]);
      const env = { KNOX_KEY_FILE: path('k.key'), KNOX_REQUIRE_FRESH: '1' };
      const fresh = await runKnox(project.folder, argv, '', env);
      expect([command, fresh.exit, fresh.stdout.length]).toEqual([command, command.startsWith('run') ? 125 : 8, 0]);
    }
    for (const argv of [
      ['set', 'api_key', '--note', 'x'],
      ['rotate', 'api_key', '--generate', '--yes'],
      ['rekey', '--yes'],
      ['key', 'add', '--key-file', 'new.key'],
      ['trust', /knox_vault_1_\S+/.exec(readFileSync(path('k.key'), 'utf8'))![0]],
    ])
      expect([argv[0], (await project.json(argv)).exit, (await project.json(argv)).code]).toEqual([
        argv[0],
        8,
        'vault_rolled_back',
      ]);
    // Nor is a use recorded.
    expect(readFileSync(path('.knox/vault.db')).equals(before)).toBe(true);
    expect(existsSync(path('new.key'))).toBe(false);
    await must(project.knox(['doctor', '--accept-rollback', '--reason', 'a test']));
    await must(project.knox(['set', 'api_key', '--note', 'x']));
  });
});

describe.skipIf(process.getuid?.() !== 0)('a file system that may only be read', () => {
  const knox = (argv: readonly string[], stdin = '') =>
    runKnox(path('fixed'), [...argv, '--json'], stdin, {
      KNOX_KEY_FILE: path('k.key'),
      XDG_STATE_HOME: path('state-fixed'),
    });
  let isMounted = false;
  beforeEach(() => {
    mkdirSync(path('fixed/.knox'), { recursive: true });
    copyFileSync(path('.knox/vault.db'), path('fixed/.knox/vault.db'));
  });
  const mount = (): void => {
    const bound = spawnSync('mount', ['--bind', path('fixed'), path('fixed')]).status === 0;
    isMounted = bound;
    if (bound) isMounted = spawnSync('mount', ['-o', 'remount,bind,ro', path('fixed')]).status === 0;
  };
  afterEach(() => {
    spawnSync('umount', ['-l', path('fixed')]);
  });

  test('gives values with one warning; what writes is exit 1', async ({ skip }) => {
    mount();
    if (!isMounted) skip('no file system can be mounted here');
    const got = await must(knox(['get', 'api_key', '-e', 'staging']));
    expect(got.stderr.match(/"not_recorded"/g)).toHaveLength(1);
    for (const argv of [['list'], ['audit', 'verify'], ['check', '--fail-on', 'error'], ['key', 'list']])
      expect([argv, (await knox(argv)).exit]).toEqual([argv, 0]);
    for (const [argv, stdin] of [
      [['add', 'another', '-e', 'staging'], 'a-value-of-mine'],
      [['rekey', '--yes'], ''],
      [['key', 'add', '--key-file', path('new.key')], ''],
      [['rotate', 'api_key', '--generate', '--yes'], ''],
      [['backup', 'copy.db'], ''],
      [['delete', 'api_key', '--yes'], ''],
    ] as const) {
      const ran = await knox(argv, stdin);
      expect([argv, ran.exit, codeOf(ran)]).toEqual([argv, 1, 'io']);
    }
    expect(existsSync(path('new.key'))).toBe(false);
  });

  test('with what a killed writer left: it cannot be mended there, and is not called damaged', async ({ skip }) => {
    const vault = path('fixed/.knox/vault.db');
    const writer = new Database(vault);
    writer.exec('BEGIN IMMEDIATE');
    writer.exec("UPDATE manifest SET body = X'00'");
    const journal = readFileSync(`${vault}-journal`);
    writer.exec('ROLLBACK');
    writer.close();
    // The mark of a journal that counts.
    journal.write('d9d505f920a163d7ffffffff', 'hex');
    writeFileSync(`${vault}-journal`, journal);
    mount();
    if (!isMounted) skip('no file system can be mounted here');
    const ran = await knox(['get', 'api_key', '-e', 'staging']);
    expect([ran.exit, codeOf(ran)]).toEqual([1, 'io']);
    spawnSync('umount', ['-l', path('fixed')]);
    expect((await must(knox(['get', 'api_key', '-e', 'staging']))).exit).toBe(0);
    expect(existsSync(`${vault}-journal`)).toBe(false);
  });
});
