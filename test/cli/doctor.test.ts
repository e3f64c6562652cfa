import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Checked } from '../../src/doctor/checks.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const bad = async () => {
  const { exit, json } = await project.json<Checked[]>(['doctor']);
  const found = json.filter(({ ok }) => !ok);
  for (const { hint } of found) expect(hint).not.toBe(null);
  return [exit, found.map(({ check }) => check)];
};

test('all is well in a fresh vault, and each thing that is not is named with its mend', async () => {
  expect(await bad()).toEqual([0, []]);
  chmodSync(join(project.folder, 'k.key'), 0o644);
  chmodSync(join(project.folder, '.knox'), 0o755);
  project.laterBy(-1);
  spawnSync('git', ['init', '-q', project.folder]);
  expect(await bad()).toEqual([1, ['vault-folder', 'key-file', 'repository', 'key-repository', 'clock']]);
  project.write('.gitignore', '.knox/\n');
  expect(await bad()).toEqual([1, ['vault-folder', 'key-file', 'key-repository', 'clock']]);
});

test('an older copy that was put back stops what writes, until it is accepted with a reason, which the log keeps', async () => {
  const vault = join(project.folder, '.knox/vault.db');
  copyFileSync(vault, join(project.folder, 'older'));
  await must(project.knox(['add', 'more', '-e', 'staging'], 'more-value'));
  expect((await project.json(['doctor', '--accept-rollback', '--reason', 'x'])).code).toBe('usage');
  copyFileSync(join(project.folder, 'older'), vault);
  const add = () => project.json(['add', 'again', '-e', 'staging'], 'again-value');
  expect(await add()).toMatchObject({ exit: 8, code: 'vault_rolled_back' });
  expect(await bad()).toEqual([1, ['rollback']]);
  expect((await project.json(['doctor', '--accept-rollback'])).code).toBe('usage');
  await must(project.knox(['doctor', '--accept-rollback', '--reason', 'the disk was restored']));
  expect(await add()).toMatchObject({ exit: 0 });
  const [entry] = (await project.json<object[]>(['audit', '--action', 'accept-rollback'])).json;
  expect(entry).toMatchObject({ detail: { reason: 'the disk was restored' } });
  expect(await bad()).toEqual([0, []]);
});

const checks = async (...argv: string[]) => {
  const { exit, json } = await project.json<Checked[]>(['doctor', ...argv]);
  return { exit, of: (name: string) => json.find(({ check }) => check === name) };
};
const shell = (command: string) => spawnSync('sh', ['-c', command], { cwd: project.folder, encoding: 'utf8' });

test('a vault may be committed, its key may not; each mend, typed as it stands, mends it', async () => {
  const git = (...argv: string[]) => spawnSync('git', ['-C', project.folder, ...argv]);
  git('init', '-q');
  git('add', '-f', '.knox/vault.db', 'k.key');
  const together = await checks();
  expect(together.of('repository')).toMatchObject({ ok: false, message: expect.stringContaining('same repository') });
  const { hint } = together.of('key-repository')!;
  expect(hint).toContain('git rm --cached ');
  expect(shell(hint!.split(', then')[0]!).status).toBe(0);
  const apart = await checks();
  expect(apart.of('key-repository')).toMatchObject({ ok: true, message: 'git ignores the key file' });
  expect(apart.of('repository')).toEqual({
    check: 'repository',
    ok: true,
    message: 'the vault is committed to git, encrypted; its key is not',
    hint: null,
  });
  project.write('.gitignore', '');
  git('rm', '-q', '--cached', '.knox/vault.db');
  for (const name of ['repository', 'key-repository']) {
    expect(shell((await checks()).of(name)!.hint!).status).toBe(0);
    expect((await checks()).of(name)).toMatchObject({ ok: true });
  }
});

test.each([
  ['Dropbox', null, 'Dropbox'],
  ['OneDrive - Example Ltd', null, 'OneDrive - Example Ltd'],
  ['Library/Mobile Documents/com~apple~CloudDocs', null, 'iCloud Drive'],
  ['Google Drive/My Drive', null, 'Google Drive'],
  ['plain', '.stfolder', 'Syncthing'],
])('a vault in %s (%s)', async (path, marker, service) => {
  const folder = join(project.folder, path);
  mkdirSync(folder, { recursive: true });
  if (marker !== null) mkdirSync(join(folder, marker));
  renameSync(join(project.folder, '.knox'), join(folder, '.knox'));
  const vault = join(folder, '.knox/vault.db');
  expect((await checks('--vault', vault)).of('synced-folder')).toMatchObject({
    ok: false,
    message: `the vault is in a folder that ${service} syncs`,
  });
  expect((await checks('--vault', vault)).of('key-synced-folder')).toMatchObject({ ok: true });
});

test('what a killed run left is named, and its mend takes it away; what lives is left alone', async () => {
  project.write("it's here/app.env", 'API_KEY={{secret:api_key}}\n');
  await must(project.knox(['route', 'add', "it's here/app.env", '-e', 'staging']));
  const dead = spawnSync('true').pid;
  const files = [
    `.knox/.vault.db.knox-tmp-${dead}-x-1`,
    '.knox/vault.db.new-0123456789ab',
    `it's here/.app.env.knox-tmp-${dead}-x-1`,
  ];
  for (const file of files) project.write(file, '');
  project.write(`it's here/.app.env.knox-tmp-${process.pid}-x-1`, '');
  project.write('.knox/vault.db-lock-0123456789abcdef0123456789abcdef', '');
  const found = (await checks()).of('leftovers')!;
  expect(found).toMatchObject({ ok: false, message: 'a run that was killed left 3 temporary files' });
  expect(shell(found.hint!).status).toBe(0);
  expect((await checks()).of('leftovers')).toMatchObject({ ok: true });
  expect(shell('ls -A .knox "it\'s here"').stdout).toContain(`knox-tmp-${process.pid}-`);
  expect(shell('ls .knox').stdout).not.toContain('lock');
});

test('damage in the middle of the file, an open that fails, and a folder that cannot be looked into are told', async () => {
  const vault = join(project.folder, '.knox/vault.db');
  const whole = readFileSync(vault);
  const size = whole.readUInt16BE(16);
  const pages = whole.length / size;
  for (const page of [1, Math.floor(pages / 2), pages - 1]) {
    const torn = Buffer.from(whole);
    torn.fill(0xff, page * size, page * size + 8);
    writeFileSync(vault, torn);
    const damaged = await checks();
    expect(damaged.exit).not.toBe(0);
    expect(damaged.of('vault') ?? damaged.of('integrity')).toMatchObject({ ok: false });
  }
  writeFileSync(vault, 'no vault at all');
  const none = await checks();
  expect(none.exit).toBe(8);
  expect(none.of('vault')).toMatchObject({ ok: false, message: expect.stringContaining('is not a knox vault') });
  expect(none.of('node')).toMatchObject({ ok: true });
  writeFileSync(vault, whole);
  const locked = await checks('--key-file', 'missing.key');
  expect(locked.exit).toBe(4);
  expect(locked.of('vault')).toMatchObject({ ok: false, hint: expect.stringContaining('--key-file') });
  expect(locked.of('key-file')).toMatchObject({ ok: false });
  rmSync(join(project.folder, '.knox'), { recursive: true });
  symlinkSync('.knox', join(project.folder, '.knox'));
  const closed = await checks();
  expect(closed.exit).toBe(1);
  expect(closed.of('vault')).toMatchObject({ ok: false, message: expect.stringContaining('cannot open the folder') });
  expect(closed.of('vault')!.hint).toContain('.knox');
  rmSync(join(project.folder, '.knox'));
  expect((await project.knox(['doctor'])).exit).toBe(5);
});

test('without a key it says what it could not verify, and asks for none', async () => {
  const ran = await project.knox(['doctor', '--json'], '', {
    env: { XDG_STATE_HOME: join(project.folder, 'state'), PATH: process.env['PATH'] },
  });
  const found = (JSON.parse(ran.stdout.toString()) as Checked[]).find(({ check }) => check === 'integrity');
  expect(found).toMatchObject({ ok: true, message: expect.stringContaining('no key for them') });
});
