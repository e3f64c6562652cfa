/** Somebody gives a person an archive with a `.git` in it, whose settings name programs of his for git to run: he wants one of them run when the person has knox look into it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runKnox } from '../helpers/run-knox.ts';

const VALUE = 'a-value-that-was-committed-once';

let folder: string;
let repository: string;
const ran = () => join(folder, 'ran');
const git = (...argv: string[]) => spawnSync('git', ['-C', repository, ...argv], { encoding: 'utf8' });
function must(...argv: string[]): string {
  const { status, stdout, stderr } = git(...argv);
  if (status !== 0) throw new Error(`git ${argv.join(' ')}: ${stderr}`);
  return stdout.trim();
}
const env = () => ({ KNOX_KEY_FILE: join(folder, 'k.key'), PATH: process.env['PATH'] ?? '', HOME: folder });
const knox = (...argv: string[]) => runKnox(repository, ['--vault', join(folder, 'v.db'), ...argv], '', env());

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-settings-'));
  repository = join(folder, 'repository');
  mkdirSync(repository);
  const evil = join(folder, 'evil.sh');
  writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >> '${ran()}'\nexit 1\n`);
  chmodSync(evil, 0o755);
  must('init', '-q', '.');
  must('config', 'user.name', 'x');
  must('config', 'user.email', 'x@example.com');
  await knox('init', '--key-file', join(folder, 'k.key'));
  await runKnox(repository, ['--vault', join(folder, 'v.db'), 'add', 'leaked', '-e', 'production'], VALUE, env());
  writeFileSync(join(repository, 'a.txt'), `${VALUE}\n`);
  writeFileSync(join(repository, '.gitattributes'), '* diff=evil filter=evil merge=evil\n');
  must('add', '.');
  must('commit', '-q', '-m', 'one');
  // A second commit that bears a signature, with the value gone.
  writeFileSync(join(repository, 'a.txt'), 'gone\n');
  must('add', '.');
  const tree = must('write-tree');
  const parent = must('rev-parse', 'HEAD');
  const who = 'x <x@example.com> 1700000000 +0000';
  const signature = '-----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----';
  const commit = `tree ${tree}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\ngpgsig ${signature}\n\nsigned\n`;
  const made = spawnSync('git', ['-C', repository, 'hash-object', '-t', 'commit', '-w', '--stdin'], {
    input: commit,
    encoding: 'utf8',
  });
  must('update-ref', 'HEAD', made.stdout.trim());
  const first = must('rev-parse', `${parent}:a.txt`);
  // And one that removed the value is not enough: the commit that brought it is signed as well.
  const brought = commit.replace(`parent ${parent}\n`, '').replace(tree, must('rev-parse', `${parent}^{tree}`));
  const root = spawnSync('git', ['-C', repository, 'hash-object', '-t', 'commit', '-w', '--stdin'], {
    input: brought,
    encoding: 'utf8',
  });
  must('update-ref', 'refs/heads/signed', root.stdout.trim());
  // Staged: one that changed, and one that is nowhere, as in a partial clone.
  writeFileSync(join(repository, 'b.txt'), `${VALUE}\n`);
  must('add', 'b.txt');
  must('update-index', '--add', '--cacheinfo', `100644,${'1'.repeat(first.length)},missing.txt`);
  const hooks = join(folder, 'hooks');
  mkdirSync(hooks);
  for (const name of ['post-index-change', 'pre-auto-gc', 'reference-transaction', 'fsmonitor-watchman'])
    writeFileSync(join(hooks, name), readFileSync(evil), { mode: 0o755 });
  const settings: [string, string][] = [
    ['log.showSignature', 'true'],
    ['gpg.program', evil],
    ['gpg.openpgp.program', evil],
    ['gpg.ssh.program', evil],
    ['core.fsmonitor', evil],
    ['core.pager', evil],
    ['pager.log', 'true'],
    ['core.hooksPath', hooks],
    ['core.sshCommand', evil],
    ['core.editor', evil],
    ['core.askPass', evil],
    ['core.alternateRefsCommand', evil],
    ['diff.external', evil],
    ['diff.evil.command', evil],
    ['diff.evil.textconv', evil],
    ['filter.evil.clean', evil],
    ['filter.evil.smudge', evil],
    ['filter.evil.process', evil],
    ['merge.evil.driver', evil],
    ['alias.rev-list', `!${evil}`],
    ['alias.log', `!${evil}`],
    ['remote.origin.url', 'ssh://host.invalid/x'],
    ['remote.origin.promisor', 'true'],
    ['remote.origin.uploadpack', evil],
    ['credential.helper', evil],
    ['extensions.partialClone', 'origin'],
    ['core.repositoryFormatVersion', '1'],
  ];
  for (const [name, value] of settings) must('config', name, value);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => rmSync(ran(), { force: true }));

test('git by itself would run them', () => {
  for (const argv of [
    ['log', '--all', '--raw'],
    ['status'],
    ['diff', '--cached'],
    ['cat-file', '-p', ':missing.txt'],
  ]) {
    git(...argv);
    expect(existsSync(ran()), argv.join(' ')).toBe(true);
    rmSync(ran());
  }
});

test.each([
  ['the files', ['scan'], 3],
  ['the history', ['scan', '--history'], 3],
  ['what is staged', ['scan', '--staged'], 3],
  ['whether the vault is in git', ['doctor'], null],
  ['the hooks', ['scan', '--install-hook'], null],
])('%s: nothing runs', async (_what, argv, exit) => {
  const { exit: ended, stdout, stderr } = await knox(...argv);
  if (exit !== null) expect(ended, stdout.toString() + stderr).toBe(exit);
  expect(existsSync(ran()) ? readFileSync(ran(), 'utf8') : null).toBe(null);
});

test('the commit that brought a value is named all the same', async () => {
  const { stdout } = await knox('scan', '--history', '--json');
  const found = JSON.parse(stdout.toString()) as { file: string; commit: string | null }[];
  expect(found).toContainEqual(
    expect.objectContaining({ file: 'a.txt', commit: expect.stringMatching(/^[0-9a-f]{40,}$/) }),
  );
});

test('a vault that is made there is left out of git by git’s own answer: nothing runs', async () => {
  const { exit, stderr } = await runKnox(repository, ['init', '--key-file', 'own.key'], '', env());
  expect(exit, stderr).toBe(0);
  expect(readFileSync(join(repository, '.gitignore'), 'utf8')).toContain('.knox/');
  expect(existsSync(ran())).toBe(false);
});
