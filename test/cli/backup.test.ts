/** a copy of the vault, made while others write, is whole, opens with the same keys, and is verified with and without one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT, shellCommand } from '../helpers/built-program.ts';
import { backUpWhileWriting } from '../helpers/backup-trial.ts';
import { makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

interface Verified {
  entries: number;
  brokenAt: number | null;
  verifiedRows: number;
  identity: string;
}
const verify = (...argv: string[]) => project.json<Verified>(['audit', 'verify', ...argv]);

test('is whole at one moment, while eight processes write; it opens with the same key and has what was written last', async () => {
  const found = await backUpWhileWriting(project, { writers: 8, rounds: 1, copies: 3 });
  for (const { exit, brokenAt, newest, value } of found) {
    expect([exit, brokenAt]).toEqual([0, null]);
    expect(value).toBe(newest === 'api_key' ? OLD.staging : `the value of ${newest}`);
  }
  expect(found.at(-1)!.secrets).toBe(9);
});

test('is verified with the identity alone, and the first entry that was changed is named', async () => {
  const { json: own } = await verify();
  await must(project.knox(['backup', 'copy.db']));
  expect(statSync(join(project.folder, 'copy.db')).mode & 0o777).toBe(0o600);
  const without = await project.knox(
    ['audit', 'verify', '--vault', 'copy.db', '--identity', own.identity, '--json'],
    '',
    {
      env: { XDG_STATE_HOME: `${project.folder}/auditor` },
    },
  );
  expect(without.exit).toBe(0);
  expect(JSON.parse(without.stdout.toString())).toMatchObject({
    entries: own.entries,
    brokenAt: null,
    verifiedRows: 0,
  });
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(join(project.folder, 'copy.db'));
  database.exec("UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'tester', 'nobody') AS BLOB) WHERE seq = 3");
  database.close();
  const broken = await verify('--vault', 'copy.db');
  expect([broken.exit, broken.json.brokenAt]).toEqual([8, 3]);
});

test.each([[['backup', '-']], [['key', 'new', '-']], [['render', 'k.key', '-e', 'staging', '-o', '-']]])(
  '%j writes no file of that name',
  async (argv) => {
    expect(await project.json(argv)).toMatchObject({ exit: 2, code: 'usage' });
    expect(existsSync(join(project.folder, '-'))).toBe(false);
  },
);

test('never takes the place of a file, and leaves none where it fails', async () => {
  project.write('mine.txt', 'mine');
  expect((await project.json(['backup', 'mine.txt'])).code).toBe('file_exists');
  expect(readFileSync(join(project.folder, 'mine.txt'), 'utf8')).toBe('mine');
  mkdirSync(join(project.folder, 'folder'));
  for (const taken of ['folder', '.knox/vault.db'])
    expect((await project.json(['backup', taken])).code).toBe('file_exists');
  for (const nowhere of ['nowhere/copy.db', 'mine.txt/copy.db'])
    expect((await project.json(['backup', nowhere])).code).toBe('io');
  expect(existsSync(join(project.folder, 'nowhere'))).toBe(false);
  expect(readdirSync(project.folder).filter((name) => name.includes('tmp'))).toEqual([]);
});

test('on a full disk it is said, and nothing is left', async ({ skip }) => {
  const small = join(project.folder, 'small');
  mkdirSync(small);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small]).status !== 0)
    skip('no file system can be mounted here');
  try {
    expect(await project.json(['backup', 'small/copy.db'])).toMatchObject({ exit: 1, code: 'io' });
    expect(readdirSync(small)).toEqual([]);
  } finally {
    spawnSync('umount', ['-l', small]);
  }
});

test('made again in the same place, it is not called turned back', async () => {
  const copy = join(project.folder, 'copy.db');
  for (const round of ['one', 'two']) {
    await must(project.knox(['add', round, '-e', 'staging'], `the value of ${round}`));
    await must(project.knox(['backup', 'copy.db']));
    const got = await must(project.knox(['get', round, '-e', 'staging', '--vault', 'copy.db']));
    expect([got.stdout.toString(), got.stderr]).toEqual([`the value of ${round}`, '']);
    rmSync(copy);
  }
});

test('every night, as docs/keeping.md has it', async () => {
  const page = readFileSync(resolve(ROOT, 'docs/keeping.md'), 'utf8');
  const script = /^```sh\n([^]*?)^```/m.exec(page)![1]!;
  const { json } = await verify();
  mkdirSync(join(project.folder, 'backup'));
  const own = script
    .replaceAll('/backup', join(project.folder, 'backup'))
    .replaceAll('/srv/app', project.folder)
    .replaceAll(/^knox /gm, `${shellCommand()} `);
  const ran = spawnSync('sh', ['-c', own], {
    cwd: '/',
    env: { PATH: process.env['PATH'], KNOX_IDENTITY: json.identity, XDG_STATE_HOME: join(project.folder, 'night') },
    encoding: 'utf8',
  });
  expect([ran.status, ran.stderr.replaceAll(/^warning: not verified.*\n/gm, '')]).toEqual([0, '']);
  expect(readdirSync(join(project.folder, 'backup')).toSorted()).toEqual([
    'heads',
    expect.stringMatching(/^vault-.*db$/),
  ]);
  expect(project.read('backup/heads')).toMatch(/^KNOX_HEAD=4:[0-9a-f]{64}\n$/);
});
