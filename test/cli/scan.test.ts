/** `knox scan` on real folders and real git repositories. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  watch,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isRunning } from '../helpers/is-running.ts';
import type { Io } from '../../src/session.ts';
import { installKnox, runBuiltSync } from '../helpers/built-program.ts';
import { sarifProblems } from '../helpers/sarif.ts';
import { runKnox } from '../helpers/run-knox.ts';
import type { Ran } from '../helpers/run-knox.ts';

const HELD = 'Zx9-held-value-41';
const STAGING = 'staging "value"/of held+1';
const SHARED = 'shared-value-of-all-5';
const isRoot = process.getuid?.() === 0;

interface Entry {
  code: string;
  severity: string;
  secret: string;
  environment: string | null;
  form: string;
  file: string;
  line: number;
  column: number;
  commit: string | null;
  authoredAt: string | null;
}

/** A vault is made once; each test has a folder of its own. */
let home: string;
let folder: string;
let env: Record<string, string>;

const at = (path: string): string => join(folder, path);
function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
}
const all: string[] = [];
async function knox(argv: readonly string[], more: Record<string, string> = {}, io: Partial<Io> = {}): Promise<Ran> {
  const ran = await runKnox(folder, argv, '', { ...env, ...more }, io);
  all.push(ran.stdout.toString('latin1'), ran.stderr);
  return ran;
}
async function scan(...argv: string[]): Promise<{ exit: number; found: Entry[]; stderr: string }> {
  const { exit, stdout, stderr } = await knox(['scan', '--json', ...argv]);
  return { exit, found: stdout.length === 0 ? [] : (JSON.parse(stdout.toString()) as Entry[]), stderr };
}
const places = (found: readonly Entry[]): string[] =>
  found.map(({ file, line, column, secret, form }) => `${file}:${line}:${column} ${secret} ${form}`);
function git(...argv: string[]): string {
  return execFileSync('git', argv, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      ...Object.fromEntries(
        ['AUTHOR', 'COMMITTER'].flatMap((who) => [
          [`GIT_${who}_NAME`, 'tester'],
          [`GIT_${who}_EMAIL`, 'tester@test'],
          [`GIT_${who}_DATE`, '2026-01-05T10:00:00+02:00'],
        ]),
      ),
    },
  }).trim();
}
/** Everything that is there, committed. @returns the commit */
function commit(message: string): string {
  git('add', '-A');
  git('commit', '-q', '--no-verify', '-m', message);
  return git('rev-parse', 'HEAD');
}

async function make(argv: readonly string[], stdin = ''): Promise<void> {
  const ran = await runKnox(home, argv, stdin, { KNOX_KEY_FILE: join(home, 'k.key'), PATH: process.env['PATH'] ?? '' });
  if (ran.exit !== 0) throw new Error(`${argv.join(' ')}: ${ran.stderr}`);
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'knox-scan-vault-'));
  await make(['init', '--key-file', 'k.key']);
  await make(['add', 'held', '-e', 'production'], HELD);
  await make(['add', 'held', '-e', 'staging'], STAGING);
  await make(['add', 'api_key', '--shared'], SHARED);
  await make(['add', 'pin', '-e', 'staging'], '1234567');
  await make(['add', 'region', '--shared', '--kind', 'config'], 'eu-central-1');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-scan-'));
  env = {
    KNOX_VAULT: join(home, '.knox/vault.db'),
    KNOX_KEY_FILE: join(home, 'k.key'),
    PATH: process.env['PATH'] ?? '',
    XDG_STATE_HOME: join(home, 'state'),
    HOME: folder,
  };
});
afterEach(() => {
  if (existsSync(at('closed'))) chmodSync(at('closed'), 0o700);
  for (const path of ['k.key', '.knox/vault.db']) chmodSync(join(home, path), 0o600);
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

describe('what is found', () => {
  test('each form, with its place', async () => {
    write('plain.txt', `one\ntwo ${HELD}\n`);
    write(
      'forms.txt',
      [
        Buffer.from(`user:${HELD}`).toString('base64'),
        Buffer.from(HELD).toString('hex'),
        Buffer.from(HELD).toString('hex').toUpperCase(),
        encodeURIComponent(STAGING),
        JSON.stringify(STAGING),
        Buffer.from(`${STAGING}>>>???`).toString('base64url'),
      ].join('\n'),
    );
    const { exit, found } = await scan();
    expect(exit).toBe(3);
    expect(found[0]).toEqual({
      code: 'plaintext',
      severity: 'error',
      secret: 'held',
      environment: 'production',
      form: 'base64',
      file: 'forms.txt',
      line: 1,
      column: 8,
      commit: null,
      authoredAt: null,
    });
    expect(places(found)).toEqual([
      'forms.txt:1:8 held base64',
      'forms.txt:2:1 held hex',
      'forms.txt:3:1 held hex',
      'forms.txt:4:1 held url',
      'forms.txt:5:2 held json',
      'forms.txt:6:1 held base64',
      'plain.txt:2:5 held plain',
    ]);
    expect(found[3]!.environment).toBe('staging');
  });

  test('SCN-01: in UTF-16, in binary files, over read boundaries, on one line of 50 MB, in archives', async () => {
    write('SCN-01.txt', Buffer.from(`\ufeffkey = ${HELD}\r\n`, 'utf16le'));
    write('be.txt', Buffer.from(`\ufeffkey = ${HELD}\r\n`, 'utf16le').swap16());
    write(
      'image.png',
      Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1'), Buffer.from(HELD), Buffer.alloc(9)]),
    );
    write('latin1.txt', Buffer.from(`clé ${HELD}`, 'latin1'));
    write('stored.zip', Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\0\0', 'latin1'), Buffer.from(HELD)]));
    write('log.gz', gzipSync(`line\n${'x'.repeat(700_000)}\n${HELD}\n`));
    const packed = deflateRawSync(HELD);
    write('packed.zip', Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'), packed]));
    write('line.json', Buffer.concat([Buffer.alloc(50 << 20, 'a'), Buffer.from(HELD)]));
    // 100 MB with a hole, the value over the end of a chunk.
    const big = openSync(at('big.bin'), 'w');
    truncateSync(at('big.bin'), 100 << 20);
    writeSync(big, Buffer.from(`\n${HELD}`), 0, HELD.length + 1, 3 * 262_144 - 9);
    writeSync(big, Buffer.from(SHARED), 0, SHARED.length, (100 << 20) - SHARED.length);
    const { exit, found, stderr } = await scan();
    expect(exit).toBe(3);
    expect(places(found)).toEqual([
      'SCN-01.txt:1:15 held utf-16le',
      'be.txt:1:15 held utf-16be',
      'big.bin:2:1 held plain',
      `big.bin:2:${(100 << 20) - SHARED.length - 3 * 262_144 + 9} api_key plain`,
      'image.png:3:3 held plain',
      'latin1.txt:1:5 held plain',
      `line.json:1:${(50 << 20) + 1} held plain`,
      'log.gz:3:1 held plain',
      'stored.zip:1:11 held plain',
    ]);
    expect(stderr).toContain('packed.zip');
  });

  test('old versions, and values that a rotation has not released yet', async () => {
    const versioned = mkdtempSync(join(tmpdir(), 'knox-scan-versions-'));
    const run = (argv: readonly string[], stdin = '') =>
      runKnox(versioned, argv, stdin, { KNOX_KEY_FILE: 'k.key', PATH: process.env['PATH'] ?? '' });
    await run(['init', '--key-file', 'k.key']);
    await run(['add', 'tok', '-e', 'staging'], 'old-value-of-tok');
    await run(['rotate', 'tok', '--values-stdin', '--yes'], JSON.stringify({ staging: 'new-value-of-tok' }));
    writeFileSync(join(versioned, 'a.txt'), 'old-value-of-tok new-value-of-tok\n');
    const { stdout, stderr, exit } = await run(['scan']);
    rmSync(versioned, { recursive: true });
    expect(exit, stderr).toBe(3);
    expect(stdout.toString()).toMatch(/^a\.txt:1:1\ttok\tplain\tstaging\t\na\.txt:1:18\ttok_v2\tplain\tstaging\t\n$/);
    // One rotation changes both.
    expect(stderr.match(/knox rotate/g)).toHaveLength(1);
  });

  test('not what is short, not a plain setting; both said or known', async () => {
    write('a.txt', '1234567 eu-central-1\n');
    const { exit, stdout, stderr } = await knox(['scan']);
    expect([exit, stdout.toString()]).toEqual([0, '']);
    expect(stderr).toContain('too short to search for: pin');
    expect(stderr).toContain('Nothing found: 3 values, 1 file.');
  });

  test('needs a key, and leaves no trace in the audit log', async () => {
    write('a.txt', HELD);
    expect((await knox(['scan'], { KNOX_KEY_FILE: '' })).exit).toBe(4);
    const entries = async () => (JSON.parse((await knox(['audit', '--json'])).stdout.toString()) as unknown[]).length;
    const before = await entries();
    expect((await scan()).exit).toBe(3);
    expect(await entries()).toBe(before);
  });
});

describe('which files', () => {
  beforeEach(() => {
    git('init', '-q');
    write('.gitignore', 'ignored/\n*.local\n');
    write('ignored/a.txt', HELD);
    write('b.local', HELD);
    write('tracked.txt', HELD);
    write('new file\nof two lines é.txt', HELD);
    git('add', 'tracked.txt', '.gitignore');
  });

  test('what git ignores is left out, and searched where it is named', async () => {
    expect(places((await scan()).found)).toEqual([
      'new file\nof two lines é.txt:1:1 held plain',
      'tracked.txt:1:1 held plain',
    ]);
    expect((await scan('b.local')).found.map(({ file }) => file)).toEqual(['b.local']);
    expect((await scan('ignored')).found.map(({ file }) => file)).toEqual(['ignored/a.txt']);
    expect((await scan('ignored/a.txt', '.', './ignored/a.txt')).found).toHaveLength(3);
    const lines = (await knox(['scan'])).stdout.toString().trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('new file\\nof two lines é.txt:1:1\theld');
  });

  test('a tracked file that is gone is nothing', async () => {
    rmSync(at('tracked.txt'));
    rmSync(at('new file\nof two lines é.txt'));
    expect(await scan()).toMatchObject({ exit: 0, found: [], stderr: '' });
  });

  test('repositories inside have their own list: submodules, worktrees, clones', async () => {
    write('inner/.gitignore', 'x.txt\n');
    write('inner/x.txt', HELD);
    write('inner/y.txt', HELD);
    git('init', '-q', 'inner');
    git('-C', 'inner', 'commit', '-q', '--allow-empty', '-m', 'inner');
    commit('all but the inner one');
    git('worktree', 'add', '-q', 'tree', 'HEAD');
    const found = (await scan()).found.map(({ file }) => file);
    expect(found).toContain('inner/y.txt');
    expect(found).not.toContain('inner/x.txt');
    expect(found).toContain('tree/tracked.txt');
    folder = join(folder, 'tree');
    try {
      expect((await scan('--history')).found.filter(({ commit: of }) => of !== null).length).toBeGreaterThan(0);
      expect((await scan()).found.map(({ file }) => file)).toContain('tracked.txt');
    } finally {
      folder = dirname(folder);
    }
  });

  test('a repository that git refuses is searched whole, and that is said', async () => {
    const { exit, stdout, stderr } = await knox(['scan'], { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' });
    expect(exit).toBe(3);
    expect(stdout.toString()).toContain('ignored/a.txt:1:1');
    expect(stderr).toContain('belongs to another user');
  });

  test('settings of a repository start no program', async () => {
    git('config', 'core.fsmonitor', `touch ${at('started')}; false`);
    await scan();
    expect(existsSync(at('started'))).toBe(false);
  });
});

describe('SCN-02: links, what is no file, what cannot be read', () => {
  function makeTree(): void {
    const deep = Array.from({ length: 30 }, (_, index) => `d${index}`).join('/');
    write(`${deep}/zz-last.txt`, `found ${HELD}\n`);
    mkdirSync(at('node_modules'));
    write('node_modules/dep.txt', HELD);
    symlinkSync('nowhere', at('dangling'));
    symlinkSync('loop-b', at('loop-a'));
    symlinkSync('loop-a', at('loop-b'));
    symlinkSync('.', at('self'));
    symlinkSync(home, at('outside'));
    execFileSync('mkfifo', [at('fifo')]);
  }

  test('the leak is found, links are not followed, nothing hangs', async () => {
    makeTree();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
    const { exit, found, stderr } = await scan();
    await new Promise((resolve) => server.close(resolve));
    expect(exit).toBe(3);
    expect(found).toHaveLength(1);
    expect(found[0]!.file).toMatch(/^d0\/.*\/d29\/zz-last\.txt$/);
    expect(stderr).toContain('fifo is a FIFO');
    expect(stderr).toContain('socket is a socket');
    expect((await scan('d0', '--format', 'github')).exit).toBe(2);
  });

  test('a link that is named is followed; the text of one inside is searched', async () => {
    write('real/a.txt', HELD);
    symlinkSync('real', at('link'));
    symlinkSync(`/srv/${HELD}/x`, at('leaking'));
    expect((await scan('link')).found.map(({ file }) => file)).toEqual(['link/a.txt']);
    expect(places((await scan('.')).found)).toEqual(['leaking:1:6 held plain', 'real/a.txt:1:1 held plain']);
  });

  test.skipIf(!isRoot)('what may not be read is listed, and then it is not clean', () => {
    makeTree();
    write('closed/a.txt', HELD);
    write('unreadable.txt', 'x');
    chmodSync(at('closed'), 0);
    chmodSync(at('unreadable.txt'), 0);
    for (const path of [folder, home, join(home, '.knox')]) chmodSync(path, 0o755);
    for (const path of ['k.key', '.knox/vault.db']) chmodSync(join(home, path), 0o644);
    const run = () => {
      const ran = runBuiltSync(['scan', '--json'], {
        cwd: folder,
        uid: 65_534,
        env: { ...env, HOME: '/nonexistent', XDG_STATE_HOME: '' },
      });
      all.push(ran.stdout, ran.stderr);
      return ran;
    };
    for (const isRepository of [false, true]) {
      if (isRepository) git('init', '-q', '--shared=world');
      write('leak.txt', HELD);
      const found = run();
      expect(found.exit, found.stderr).toBe(3);
      expect((JSON.parse(found.stdout) as Entry[]).map(({ file }) => file)).toContain('leak.txt');
      expect(found.stderr).toMatch(/cannot open closed\/?: permission denied/);
      expect(found.stderr).toContain('cannot read unreadable.txt: permission denied');
      rmSync(at('leak.txt'));
      rmSync(at('d0'), { recursive: true, force: true });
      const clean = run();
      expect(clean).toMatchObject({ exit: 1, stdout: '[]\n', stderr: expect.stringContaining('"code":"incomplete"') });
    }
  });

  test('a path that is not there, a FIFO that is named, a damaged gzip file', async () => {
    write('ok.txt', 'x');
    execFileSync('mkfifo', [at('fifo')]);
    write('bad.gz', gzipSync('x'.repeat(100_000)).subarray(0, 60));
    for (const [path, said] of [
      ['missing', 'cannot read missing: no such file'],
      ['fifo', 'fifo is a FIFO'],
      ['bad.gz', 'bad.gz: it is damaged'],
    ] as const) {
      const { exit, stdout, stderr } = await knox(['scan', path, 'ok.txt']);
      expect([exit, stdout.toString()]).toEqual([1, '']);
      expect(stderr).toContain(said);
      expect(stderr).toContain('not everything was searched');
    }
    expect((await knox(['scan', '/dev/zero'])).exit).toBe(1);
  });
});

describe('--history', () => {
  beforeEach(() => git('init', '-q'));

  test('each blob once, with the commit that brought it; also from branches, merges, tags and stashes', async () => {
    write('config/a.txt', `one\nkey ${HELD}\n`);
    const first = commit('first');
    rmSync(at('config/a.txt'));
    commit('gone');
    const main = git('branch', '--show-current');
    git('checkout', '-q', '-b', 'side');
    write('side.bin', Buffer.concat([Buffer.alloc(300_000), Buffer.from(SHARED)]));
    const side = commit('side');
    git('checkout', '-q', main);
    write('other.txt', 'x');
    commit('other');
    git('merge', '-q', '--no-commit', 'side');
    write('evil.txt', `in a merge ${HELD}`);
    rmSync(at('side.bin'));
    const merge = commit('merge');
    write('kept.txt', `stashed ${SHARED}`);
    git('add', '-A');
    git('stash', '-q');
    rmSync(at('evil.txt'));
    const { exit, found } = await scan('--history');
    expect(exit).toBe(3);
    const of = (file: string) =>
      found.filter((one) => one.file === file).map(({ commit: by, line, column }) => [by, line, column]);
    expect(of('config/a.txt')).toEqual([[first, 2, 5]]);
    expect(of('side.bin')).toEqual([[side, 1, 300_001]]);
    expect(of('evil.txt')).toEqual([[merge, 1, 12]]);
    expect(of('kept.txt')).toEqual([[expect.stringMatching(/^[0-9a-f]{40}$/), 1, 9]]);
    expect(found).toHaveLength(4);
    expect(found[0]!.authoredAt).toBe('2026-01-05T08:00:00.000Z');
    // And the files as they are.
    write('now.txt', HELD);
    expect((await scan('--history')).found).toHaveLength(5);
    const text = (await knox(['scan', '--history'])).stdout.toString();
    expect(text).toContain(`config/a.txt:2:5\theld\tplain\tproduction\t${first}\n`);
  });

  test('names of all kinds', async () => {
    for (const name of ['a b', '-x', 'é', 'two\nlines', ':0 commit x', 'n'.repeat(200)]) write(name, `${name} ${HELD}`);
    const by = commit('names');
    for (const name of readdirSync(folder).filter((one) => one !== '.git')) rmSync(at(name));
    const { found } = await scan('--history');
    expect(found.map(({ file }) => file).toSorted()).toEqual(
      ['-x', ':0 commit x', 'a b', 'n'.repeat(200), 'two\nlines', 'é'].toSorted(),
    );
    expect(new Set(found.map(({ commit: of }) => of))).toEqual(new Set([by]));
  });

  test('an empty repository is clean', async () => {
    expect(await scan('--history')).toMatchObject({ exit: 0, found: [], stderr: '' });
  });

  test('a bare repository', async () => {
    write('a.txt', HELD);
    const by = commit('one');
    git('clone', '-q', '--bare', '.', 'bare.git');
    folder = at('bare.git');
    try {
      const { exit, found } = await scan('--history');
      expect([exit, found.map(({ file, commit: of }) => [file, of])]).toEqual([3, [['a.txt', by]]]);
      expect((await scan()).exit).toBe(1);
    } finally {
      folder = dirname(folder);
    }
  });

  test('SCN-03: what is not whole is no success, and the cure is said', async () => {
    write('a.txt', `old ${HELD}`);
    commit('one');
    write('a.txt', 'new');
    commit('two');
    git('config', 'uploadpack.allowFilter', 'true');
    git('clone', '-q', '--depth', '1', `file://${folder}`, 'shallow');
    git('clone', '-q', '--filter=blob:none', `file://${folder}`, 'partial');
    const outside = mkdtempSync(join(tmpdir(), 'knox-scan-outside-'));
    const said = async (cwd: string, more: Record<string, string> = {}) => {
      const ran = await runKnox(cwd, ['scan', '--history'], '', { ...env, ...more });
      expect([ran.exit, ran.stdout.toString()], ran.stderr).toEqual([1, '']);
      return ran.stderr;
    };
    expect(await said(at('shallow'))).toMatch(/shallow clone[^]*hint: git fetch --unshallow/);
    expect(await said(at('partial'))).toMatch(/an object of the history cannot be found[^]*hint: git fetch --refetch/);
    expect(await said(outside)).toMatch(/not a git repository/);
    expect(await said(outside, { PATH: outside })).toMatch(/git is not on PATH/);
    write('a.txt', 'x');
    expect(await said(folder, { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' })).toMatch(
      /belongs to another user[^]*git config --global --add safe\.directory/,
    );
    rmSync(outside, { recursive: true });
  });

  test('SCN-03: of a repository with a damaged object the rest is searched', async () => {
    for (const name of ['a', 'b', 'c', 'd']) write(name, `${name} ${name === 'd' ? HELD : 'x'}`.repeat(20));
    commit('one');
    const damaged = git('rev-parse', 'HEAD:b');
    const file = at(`.git/objects/${damaged.slice(0, 2)}/${damaged.slice(2)}`);
    chmodSync(file, 0o644);
    writeFileSync(file, 'damaged');
    const { exit, found, stderr } = await scan('--history');
    expect(exit).toBe(3);
    expect(found.filter(({ commit: of }) => of !== null).length).toBeGreaterThan(0);
    expect(stderr).toContain(`object ${damaged} of this repository is missing or damaged`);
    rmSync(file);
    expect((await scan('--history')).stderr).toMatch(/cannot be found|missing/);
  });

  test('a long one: what is found and what cannot be read is told the same each time', async () => {
    for (const name of ['lost', 'late']) write(name, `${name} `.repeat(50));
    const first = commit('first');
    const damaged = ['lost', 'late'].map((name) => git('rev-parse', `HEAD:${name}`));
    const branch = git('branch', '--show-current');
    // Several blocks for each of those that read side by side; with blobs of no bytes, and big ones.
    const blobs = Array.from({ length: 3000 }, (_, index) => {
      const text =
        index % 500 === 7 ? `${HELD} ${index}` : index === 2 ? '' : `${index} `.repeat(index % 900 === 1 ? 90_000 : 5);
      return `M 100644 inline d${index % 7}/f${index}\ndata ${text.length}\n${text}\n`;
    });
    const head = `commit refs/heads/${branch}\ncommitter t <t@t> 1700000000 +0000\ndata 4\nmany\nfrom ${first}\n`;
    execFileSync('git', ['fast-import', '--quiet', '--force'], { cwd: folder, input: head + blobs.join('') });
    for (const id of damaged) {
      const file = at(`.git/objects/${id.slice(0, 2)}/${id.slice(2)}`);
      chmodSync(file, 0o644);
      writeFileSync(file, 'damaged');
    }
    const said = await scan('--history');
    const found = said.found.filter(({ commit: of }) => of !== null);
    expect([said.exit, found.map(({ file }) => file)]).toEqual([
      3,
      [7, 507, 1007, 1507, 2007, 2507].map((index) => `d${index % 7}/f${index}`).toSorted(),
    ]);
    for (const id of damaged) expect(said.stderr).toContain(`object ${id} of this repository is missing or damaged`);
    expect(await scan('--history')).toEqual(said);
  });

  test('of the repositories of the paths that are given', async () => {
    rmSync(at('.git'), { recursive: true });
    for (const name of ['one', 'two']) {
      git('init', '-q', name);
      write(`${name}/${name}.txt`, HELD);
      git('-C', name, 'add', '-A');
      git('-C', name, 'commit', '-q', '-m', name);
      rmSync(at(`${name}/${name}.txt`));
      write(`${name}/sub/x.txt`, 'x');
    }
    const { exit, found } = await scan('--history', 'one', 'two/sub', 'one/sub/x.txt');
    expect([exit, found.map(({ file }) => file).toSorted()]).toEqual([3, ['one.txt', 'two.txt']]);
    expect((await scan('--history')).exit).toBe(1);
  });

  test('Ctrl-C ends it, and git with it', async () => {
    for (let index = 0; index < 300; index += 1) write(`f${index}`, `${index} `.repeat(30_000));
    commit('many');
    const signals = new EventEmitter();
    // A git that says its number as soon as it is asked for contents, and is ended there.
    const bin = at('.git/bin');
    mkdirSync(bin);
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    const script = `#!/bin/sh\ncase " $* " in *' cat-file '*) echo $$ >'${bin}/pid.new'; mv '${bin}/pid.new' '${bin}/pid';; esac\nexec ${real} "$@"\n`;
    writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
    const watcher = watch(bin, () => {
      if (existsSync(join(bin, 'pid'))) signals.emit('SIGINT');
    });
    const ended = await knox(['scan', '--history'], { PATH: `${bin}:${env['PATH']}` }, { signals });
    watcher.close();
    expect(ended.exit).toBe(130);
    expect(ended.stderr).toContain('the search was not finished');
    const pid = Number(readFileSync(join(bin, 'pid'), 'utf8'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test('is not together with --staged', async () => {
    expect((await knox(['scan', '--history', '--staged'])).exit).toBe(2);
  });
});

describe('--staged and the hook', () => {
  beforeEach(() => git('init', '-q'));

  test('the index is searched, not the files', async () => {
    write('a.txt', HELD);
    write('b.txt', 'clean');
    git('add', '-A');
    write('a.txt', 'clean now');
    write('b.txt', HELD);
    write('c.txt', HELD);
    expect(places((await scan('--staged')).found)).toEqual(['a.txt:1:1 held plain']);
    expect((await scan('--staged', 'b.txt')).exit).toBe(0);
    git('commit', '-q', '-m', 'one');
    expect(await scan('--staged')).toMatchObject({ exit: 0, found: [] });
    git('add', 'b.txt');
    git('config', 'diff.relative', 'true');
    const { found, exit } = await scan('--staged');
    expect([exit, places(found)]).toEqual([3, ['b.txt:1:1 held plain']]);
    const ran = await knox(['scan', '--staged']);
    expect(ran.stderr).toContain('knox rotate held --compromised --reason "found in b.txt"');
  });

  test('outside a repository it is no success', async () => {
    rmSync(at('.git'), { recursive: true });
    const { exit, stderr } = await scan('--staged');
    expect(exit).toBe(1);
    expect(stderr).toContain('not a git repository');
  });

  /** A commit as a person makes it, with `knox` on PATH. @returns what was said and the status */
  function tryCommit(...argv: string[]): { status: number | null; stderr: string } {
    const bin = at('.git/test-bin');
    mkdirSync(bin, { recursive: true });
    installKnox(bin);
    const { status, stderr, stdout } = spawnSync(
      'git',
      ['-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-m', 'x', ...argv],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...env, PATH: `${bin}:${env['PATH']}` },
      },
    );
    all.push(stdout, stderr);
    return { status, stderr };
  }

  test('a commit with a value in it is stopped, with what to type; one without goes through', async () => {
    const made = await knox(['scan', '--install-hook', '--json']);
    expect(made.exit, made.stderr).toBe(0);
    expect(JSON.parse(made.stdout.toString())).toEqual({ hook: at('.git/hooks/pre-commit'), did: 'made', kept: null });
    expect(statSync(at('.git/hooks/pre-commit')).mode & 0o111).toBe(0o111);
    write('a.txt', HELD);
    git('add', '-A');
    const stopped = tryCommit();
    expect(stopped.status).toBe(1);
    expect(stopped.stderr).toContain('staged changes contain a secret of the vault; nothing was committed');
    expect(stopped.stderr).toContain('knox rotate held --compromised');
    expect(stopped.stderr).toContain('git commit --no-verify');
    write('a.txt', 'clean');
    expect(tryCommit('-a').status).toBe(0);
    env = { ...env, KNOX_KEY_FILE: '' };
    write('a.txt', 'clean as well');
    const locked = tryCommit('-a');
    expect(locked.status).toBe(1);
    expect(locked.stderr).toContain('knox could not search the staged changes (exit 4)');
  });

  test('a hook that is there is kept and runs first; a second time nothing changes', async () => {
    const before = '#!/bin/sh\necho former hook >&2\n[ ! -e stop ]\n';
    write('.git/hooks/pre-commit', before);
    chmodSync(at('.git/hooks/pre-commit'), 0o755);
    expect((await knox(['scan', '--install-hook'])).stdout.toString()).toContain('runs first');
    expect(readFileSync(at('.git/hooks/pre-commit.before-knox'), 'utf8')).toBe(before);
    const state = () =>
      readdirSync(at('.git/hooks')).map(
        (name) =>
          `${name} ${readFileSync(at(`.git/hooks/${name}`), 'utf8')} ${lstatSync(at(`.git/hooks/${name}`)).ino}`,
      );
    const first = state();
    expect((await knox(['scan', '--install-hook'])).stdout.toString()).toContain('nothing was changed');
    expect(state()).toEqual(first);
    write('a.txt', 'clean');
    git('add', 'a.txt');
    expect(tryCommit()).toMatchObject({ status: 0, stderr: expect.stringContaining('former hook') });
    write('stop', '');
    write('a.txt', 'clean again');
    expect(tryCommit('-a').status).toBe(1);
  });

  test('the hooks of core.hooksPath, where they are this repository’s alone', async () => {
    git('config', 'core.hooksPath', 'my-hooks');
    await knox(['scan', '--install-hook']);
    expect(existsSync(at('my-hooks/pre-commit'))).toBe(true);
    git('config', 'core.hooksPath', join(home, 'hooks'));
    const shared = await knox(['scan', '--install-hook']);
    expect([shared.exit, existsSync(join(home, 'hooks'))]).toEqual([2, false]);
    git('config', 'core.hooksPath', '.husky/_');
    expect((await knox(['scan', '--install-hook'])).stderr).toContain('.husky/pre-commit');
    git('config', '--unset', 'core.hooksPath');
    write('.git/hooks/pre-commit.before-knox', 'x');
    write('.git/hooks/pre-commit', 'y');
    expect((await knox(['scan', '--install-hook'])).exit).toBe(6);
    expect(readFileSync(at('.git/hooks/pre-commit'), 'utf8')).toBe('y');
  });
});

describe('how it is told', () => {
  beforeEach(() => write('dir, one/a b.txt', `x\n  ${HELD}\n`));

  test('on a terminal of 80 columns', async () => {
    const parts: string[] = [];
    const stdout = Object.assign(new Writable({ write: (part, _, next) => (parts.push(String(part)), next()) }), {
      isTTY: true,
      columns: 80,
    });
    const { exit, stderr } = await knox(['scan'], { NO_COLOR: '1' }, { stdout });
    const text = parts.join('');
    expect([exit, text]).toEqual([3, 'dir, one/a b.txt\n  2:3  held production, plain\n']);
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true);
    expect(stderr).toContain('knox rotate held --compromised --reason "found in dir, one/a b.txt"');
  });

  test('a name that means something to a shell is quoted', async () => {
    write("$(touch x) 'q'.txt", SHARED);
    const { stderr } = await knox(['scan', "$(touch x) 'q'.txt"]);
    expect(stderr).toContain(`--reason 'found in $(touch x) '\\''q'\\''.txt'`);
  });

  test('the name of a file that is named after a value is masked', async () => {
    git('init', '-q');
    write(`${HELD}/a.txt`, HELD);
    write(`${HELD}.gz`, Buffer.from([0x1f, 0x8b, 8, 0, 1]));
    const by = commit('one');
    const { stdout, stderr } = await knox(['scan', '--history', '.']);
    expect(stdout.toString()).toContain('[knox:held]/a.txt:1:1\theld\tplain\tproduction\t\n');
    expect(stdout.toString()).toMatch(new RegExp(`[^\\n]*:1\\theld\\tplain\\tproduction\\t${by}\\n`));
    expect(stderr).toContain('cannot unpack all of [knox:held].gz');
  });

  test('as annotations of GitHub and as SARIF', async () => {
    expect((await knox(['scan', '--format', 'github'])).stdout.toString()).toBe(
      '::error title=plaintext,file=dir%2C one/a b.txt,line=2,col=3::the value of held for production stands here (plain)%0Aknox rotate held --compromised --reason "found in dir, one/a b.txt"\n',
    );
    const { exit, stdout } = await knox(['scan', '--format', 'sarif']);
    expect(exit).toBe(3);
    expect(sarifProblems(stdout.toString())).toEqual([]);
    const sarif = JSON.parse(stdout.toString());
    expect(sarif).toMatchObject({ version: '2.1.0', runs: [{ tool: { driver: { name: 'knox' } } }] });
    expect(sarif.runs[0].tool.driver.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(sarif.runs[0].results).toMatchObject([
      {
        ruleId: 'plaintext',
        level: 'error',
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'dir%2C%20one/a%20b.txt' },
              region: { startLine: 2, startColumn: 3 },
            },
          },
        ],
      },
    ]);
    // From a folder of the repository, the code host still wants them from its root.
    git('init', '-q');
    write('deep/er/c.txt', `x=${HELD}`);
    for (const argv of [
      ['scan', '.'],
      ['scan', 'c.txt'],
      ['scan', '../../dir, one'],
    ]) {
      const ran = await runKnox(at('deep/er'), [...argv, '--format', 'github'], '', env);
      expect(ran.stdout.toString()).toMatch(/,?file=(?:deep\/er\/c\.txt|dir%2C one\/a b\.txt),line=/);
    }
    rmSync(at('deep'), { recursive: true });
    rmSync(at('.git'), { recursive: true });
    rmSync(at('dir, one'), { recursive: true });
    const clean = await knox(['scan', '--format', 'sarif']);
    expect([clean.exit, JSON.parse(clean.stdout.toString()).runs[0].results]).toEqual([0, []]);
    expect((await knox(['scan', '--format', 'xml'])).exit).toBe(2);
    expect((await knox(['scan', '--format', 'sarif', '--json'])).exit).toBe(2);
  });

  test('a reader that goes away ends it quietly', async () => {
    const stdout = new Writable({
      write: (_part, _encoding, next) => next(Object.assign(new Error('closed'), { code: 'EPIPE' })),
    });
    stdout.on('error', () => undefined);
    const { exit, stderr } = await knox(['scan'], {}, { stdout });
    expect(exit).toBe(0);
    expect(stderr).not.toMatch(/error|EPIPE/);
  });

  test('no file that knox wrote holds a value', async () => {
    const found = spawnSync('grep', ['-rlaF', HELD, home, folder], { encoding: 'utf8' });
    expect(found.stdout.trim().split('\n')).toEqual([at('dir, one/a b.txt')]);
  });
});

test('nothing that was said in any of these tests holds a value, nor the half of one', () => {
  const said = all.join('\n');
  expect(said.length).toBeGreaterThan(1000);
  for (const value of [HELD, STAGING, SHARED]) {
    for (const part of [value, value.slice(0, 9), value.slice(-9)]) {
      for (const form of [part, Buffer.from(part).toString('base64').slice(0, -2), Buffer.from(part).toString('hex')])
        expect(said.includes(form)).toBe(false);
    }
  }
});
