/** Where `knox init` makes a vault: what git sees of it and of its key, what was there before, linked worktrees, and what to type next. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Io } from '../../src/session.ts';
import { runKnox } from '../helpers/run-knox.ts';
import type { Ran } from '../helpers/run-knox.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'knox-places-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: string[]) => join(folder, ...names);
const variables = () => ({ PATH: process.env['PATH'] ?? '', XDG_STATE_HOME: at('state'), KNOX_KEY_FILE: at('key') });
const knox = (cwd: string, argv: readonly string[], stdin = '', io: Partial<Io> = {}): Promise<Ran> =>
  runKnox(at(cwd), argv, stdin, variables(), io);
const git = (cwd: string, ...argv: string[]) =>
  execFileSync('git', ['-C', at(cwd), '-c', 'user.email=a@b', '-c', 'user.name=a', ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const staged = (cwd: string) => {
  git(cwd, 'add', '-A');
  return git(cwd, 'status', '--short')
    .trim()
    .split('\n')
    .filter((line) => line !== '' && !line.endsWith('.gitignore'));
};
const makeRepository = (name = 'repo') => {
  mkdirSync(at(name), { recursive: true });
  git(name, 'init', '-q');
};
const warned = ({ stderr }: Ran) => [...stderr.matchAll(/"warning":\{"code":"(\w+)"/g)].map(([, code]) => code);

describe('git takes neither the vault nor a key', () => {
  beforeEach(() => makeRepository());

  test.each([
    ['there is none', () => undefined],
    ['it has no line end', () => writeFileSync(at('repo/.gitignore'), 'node_modules')],
    [
      'it is a link',
      () => {
        writeFileSync(at('real'), 'x\n');
        symlinkSync(at('real'), at('repo/.gitignore'));
      },
    ],
    ['it is a folder', () => mkdirSync(at('repo/.gitignore'))],
  ])('where .gitignore: %s', async (_, prepare) => {
    prepare();
    const ran = await knox('repo', ['init', '--key-file', 'k.key', '--json']);
    expect([ran.exit, warned(ran)]).toEqual([0, []]);
    expect(staged('repo').filter((line) => /knox|key/.test(line))).toEqual([]);
    for (const path of ['.knox', '.knox/vault.db', 'k.key']) git('repo', 'check-ignore', path);
    if (existsSync(at('real'))) expect(readFileSync(at('real'), 'utf8')).toBe('x\n');
  });

  test('it says what it added, and where; in a folder below, and a second time nothing', async () => {
    const first = await knox('repo', ['init', '--key-file', 'k.key']);
    expect(first.stderr).toBe('Added .knox/ to .gitignore.\nAdded /k.key to .gitignore.\n');
    expect(readFileSync(at('repo/.gitignore'), 'utf8')).toBe('.knox/\n.knox\n/k.key\n');
    mkdirSync(at('repo/sub'));
    const below = await knox('repo/sub', ['init', '--key-file', '../odd [1] key#']);
    expect(below.stderr).not.toContain('.knox/ to');
    expect(below.stderr).toContain('to ../.gitignore.');
    git('repo', 'check-ignore', 'odd [1] key#', 'sub/.knox');
  });

  test('in the repository’s own list where .gitignore is a link, with the reason', async () => {
    symlinkSync('nowhere', at('repo/.gitignore'));
    const ran = await knox('repo', ['init', '--key-file', '../key']);
    expect(ran.stderr).toBe('Added /.knox to .git/info/exclude, since .gitignore is a link.\n');
    expect(lstatSync(at('nowhere'), { throwIfNoEntry: false })).toBe(undefined);
  });

  test('where neither can be written it is a warning, and the vault is made', async () => {
    mkdirSync(at('repo/.gitignore'));
    rmSync(at('repo/.git/info'), { recursive: true, force: true });
    writeFileSync(at('repo/.git/info'), '');
    const ran = await knox('repo', ['init', '--key-file', '../key', '--json']);
    expect([ran.exit, warned(ran)]).toEqual([0, ['not_ignored']]);
    expect((await knox('repo', ['list'])).exit).toBe(0);
  });

  test('an immutable .gitignore', async ({ skip }) => {
    writeFileSync(at('repo/.gitignore'), 'x\n');
    if (spawnSync('chattr', ['+i', at('repo/.gitignore')]).status !== 0) skip('nothing can be made immutable here');
    try {
      const ran = await knox('repo', ['init', '--key-file', 'k.key', '--json']);
      expect([ran.exit, warned(ran)]).toEqual([0, []]);
      git('repo', 'check-ignore', '.knox', 'k.key');
    } finally {
      spawnSync('chattr', ['-i', at('repo/.gitignore')]);
    }
  });

  test('a link to the vault of another checkout is left out too', async () => {
    await knox('repo', ['init', '--key-file', '../key']);
    git('repo', 'add', '-A');
    git('repo', 'commit', '-qm', 'one');
    git('repo', 'worktree', 'add', '-q', at('tree'));
    symlinkSync(at('repo/.knox'), at('tree/.knox'));
    expect(staged('tree')).toEqual([]);
  });

  test('key new and key add --key-file leave their file out', async () => {
    expect((await knox('repo', ['init', '--key-file', '../key'])).exit).toBe(0);
    const made = await knox('repo', ['key', 'new', 'c.key']);
    expect(made).toMatchObject({ exit: 0, stderr: expect.stringContaining('Added /c.key to .gitignore.') });
    const added = await knox('repo', ['key', 'add', '--key-file', 'd.key', '--json']);
    expect(added.exit).toBe(0);
    expect(staged('repo').filter((line) => line.includes('key'))).toEqual([]);
  });

  test('a key outside of the repository, and no repository at all, change nothing', async () => {
    mkdirSync(at('plain'));
    const ran = await knox('plain', ['init', '--key-file', 'k.key']);
    expect([ran.exit, ran.stderr, existsSync(at('plain/.gitignore'))]).toEqual([0, '', false]);
  });
});

describe('a key of this vault in a file is found by scan', () => {
  const keyAt = (path: string) => readFileSync(at(path), 'utf8').match(/knox_key_1_\S+/)![0];
  interface Place {
    secret: string | null;
    key?: string;
    file: string;
    line: number;
    column: number;
    form: string;
  }
  const scan = async (...argv: string[]) => {
    const ran = await knox('repo', ['scan', ...argv, '--json']);
    return { exit: ran.exit, places: JSON.parse(ran.stdout.toString()) as Place[] };
  };
  beforeEach(async () => {
    makeRepository();
    await knox('repo', ['init', '--key-file', '../key']);
    await knox('repo', ['key', 'add', '--key-file', '../ci.key', '--env', 'staging', '--label', 'ci']);
  });

  test('whichever it is, staged, in files, in history, and across the parts of a long file', async () => {
    writeFileSync(at('repo/deploy.sh'), `#!/bin/sh\nexport KNOX_KEY=${keyAt('ci.key')}\n`);
    const slots = JSON.parse((await knox('repo', ['key', 'list', '--json'])).stdout.toString()) as {
      id: string;
      label: string;
    }[];
    const ci = slots.find(({ label }) => label === 'ci')!.id;
    const place = { secret: null, key: ci, file: 'deploy.sh', line: 2, column: 17, form: 'plain' };
    git('repo', 'add', '-A');
    expect(await scan('--staged')).toMatchObject({ exit: 3, places: [place] });
    expect(await scan()).toMatchObject({ exit: 3, places: [place] });
    git('repo', 'commit', '-qm', 'one');
    rmSync(at('repo/deploy.sh'));
    expect((await scan('--history')).places).toMatchObject([place]);
    const told = await knox('repo', ['scan', '--history']);
    expect(told.stdout.toString()).toContain('the key "ci" of the vault');
    expect(told.stderr).toContain(`knox key remove ${ci}`);
    expect(told.stdout.toString() + told.stderr).not.toContain(keyAt('ci.key'));
    for (const before of [262_100, 262_143, 524_250]) {
      writeFileSync(at('repo/long'), `${'x'.repeat(before)}${keyAt('key')} `);
      expect([before, (await scan('long')).places.map(({ column }) => column)]).toEqual([before, [before + 1]]);
    }
  });

  test('a key of another vault, a mistyped one and a public one are none; nor is the key file in use', async () => {
    mkdirSync(at('other'));
    await knox('other', ['init', '--key-file', '../other.key']);
    const publicKey = /knox_pub_1_\S+/.exec((await knox('repo', ['key', 'list', '--json'])).stdout.toString())![0];
    const mistyped = keyAt('key').replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    writeFileSync(at('repo/notes'), [keyAt('other.key'), mistyped, publicKey.replaceAll('"', '')].join('\n'));
    expect(await scan()).toEqual({ exit: 0, places: [] });
    writeFileSync(at('repo/own.key'), readFileSync(at('key')), { mode: 0o600 });
    expect(await scan('--key-file', 'own.key')).toEqual({ exit: 0, places: [] });
    git('repo', 'add', '-A');
    expect(await scan('--key-file', 'own.key', '--staged')).toMatchObject({ exit: 3, places: [{ file: 'own.key' }] });
  });
});

describe('a linked worktree of git', () => {
  beforeEach(async () => {
    makeRepository('main');
    await knox('main', ['init', '--key-file', '../key']);
    await knox('main', ['add', 'tok', '-e', 'development'], 'a-value-of-the-main-checkout');
    writeFileSync(at('main/a.env'), 'T={{secret:tok}}\n');
    mkdirSync(at('main/sub'));
    writeFileSync(at('main/sub/b'), 'x');
    git('main', 'add', '-A');
    git('main', 'commit', '-qm', 'one');
    git('main', 'worktree', 'add', '-q', at('two'));
  });

  test('has the vault of the main checkout: values, templates, and scan', async () => {
    for (const cwd of ['two', 'two/sub'])
      expect((await knox(cwd, ['get', 'tok', '-e', 'development'])).stdout.toString()).toBe(
        'a-value-of-the-main-checkout',
      );
    const rendered = await knox('two', ['render', 'a.env', '-e', 'development']);
    expect([rendered.exit, rendered.stdout.toString()]).toEqual([0, "T='a-value-of-the-main-checkout'\n"]);
    expect((await knox('two', ['scan', '--staged'])).exit).toBe(0);
    writeFileSync(at('two/leak'), 'a-value-of-the-main-checkout');
    git('two', 'add', 'leak');
    expect((await knox('two', ['scan', '--staged'])).exit).toBe(3);
  });

  test('without a vault anywhere it is not told to make one of its own', async () => {
    rmSync(at('main/.knox'), { recursive: true });
    const ran = await knox('two', ['list', '--json']);
    expect(ran.exit).toBe(5);
    const { error } = JSON.parse(ran.stderr.trim()) as { error: { hints: string[] } };
    expect(error.hints.join('\n')).toContain(`cd ${at('main')} && knox init`);
    expect(error.hints).not.toContain('create one: knox init');
  });

  test('a file that only says it is one, and a submodule, lead nowhere', async () => {
    mkdirSync(at('false'));
    writeFileSync(at('false/.git'), `gitdir: ${at('main/.git/worktrees/two')}\n`);
    expect((await knox('false', ['list', '--json'])).exit).toBe(5);
    mkdirSync(at('module'));
    writeFileSync(at('module/.git'), `gitdir: ${at('main/.git')}\n`);
    expect((await knox('module', ['list', '--json'])).exit).toBe(5);
  });

  test('an archive that says of itself that it is one of somebody’s worktrees does not get that vault', async () => {
    mkdirSync(at('archive/own'), { recursive: true });
    writeFileSync(at('archive/.git'), 'gitdir: own\n');
    writeFileSync(at('archive/own/commondir'), '../../main/.git\n');
    writeFileSync(at('archive/own/gitdir'), '../.git\n');
    const ran = await knox('archive', ['get', 'tok', '-e', 'development']);
    expect([ran.exit, ran.stdout.toString()]).toEqual([5, '']);
  });

  test('a second vault there is said', async () => {
    const ran = await knox('two', ['init', '--key-file', '../two.key', '--json']);
    expect([ran.exit, warned(ran)]).toEqual([0, ['second_vault']]);
  });
});

describe('init', () => {
  test('in a folder of a project that has a vault says so', async () => {
    mkdirSync(at('sub/below'), { recursive: true });
    expect((await knox('.', ['init', '--key-file', 'key'])).stderr).toBe('');
    const ran = await knox('sub/below', ['init', '--key-file', 'k.key']);
    expect([ran.exit, ran.stderr]).toEqual([0, expect.stringContaining(at('.knox/vault.db'))]);
  });

  test('beside what is left of another vault makes nothing', async () => {
    mkdirSync(at('.knox'));
    writeFileSync(at('.knox/vault.db-wal'), Buffer.alloc(4096, 7));
    const ran = await knox('.', ['init', '--key-file', 'k', '--json']);
    expect(ran).toMatchObject({ exit: 6, stderr: expect.stringContaining('"vault_exists"') });
    expect([existsSync(at('k')), existsSync(at('.knox/vault.db'))]).toEqual([false, false]);
    rmSync(at('.knox/vault.db-wal'));
    expect((await knox('.', ['init', '--key-file', 'k'])).exit).toBe(0);
    expect((await knox('.', ['list', '--key-file', 'k'])).exit).toBe(0);
  });

  test('ends with where the key is, what losing it means, and what to type, which works as it stands', async () => {
    mkdirSync(at("it's here"));
    const ran = await knox("it's here", ['init', '--key-file', 'my key', '--env', 'dev,prod']);
    const lines = ran.stdout.toString().trimEnd().split('\n');
    expect(lines.slice(-4)).toEqual([
      `Key file: ${at("it's here", 'my key')} (keep a copy elsewhere: without it, nobody can read the values)`,
      'Next:',
      `  export KNOX_KEY_FILE='${at("it's here", 'my key').replace("'", String.raw`'\''`)}'`,
      '  knox add NAME -e dev',
    ]);
    const shown = execFileSync('sh', ['-c', `${lines.at(-2)}; printf %s "$KNOX_KEY_FILE"`], { encoding: 'utf8' });
    expect(existsSync(shown)).toBe(true);
    const named = await knox('.', ['init', '--vault', 'v.db', '--key-file', 'v.key', '--env', 'dev,prod']);
    expect(named.stdout.toString()).toContain(`  export KNOX_VAULT=${at('v.db')}\n`);
    const { json } = { json: await knox('.', ['init', '--key-file', 'j.key', '--json']) };
    expect(JSON.parse(json.stdout.toString())).toMatchObject({ keyFile: at('j.key') });
  });
});

test('a key file that only a variable names is not made: what to type names it', async () => {
  mkdirSync(at('empty'));
  const ran = await knox('empty', ['init']);
  expect(ran).toMatchObject({ exit: 2, stderr: expect.stringContaining(`hint: use --key-file ${at('key')}\n`) });
  expect(ran.stderr).toContain('no terminal to ask for a passphrase');
  expect(existsSync(at('key'))).toBe(false);
  expect((await knox('empty', ['--key-file', at('key'), 'init'])).exit).toBe(0);
});
