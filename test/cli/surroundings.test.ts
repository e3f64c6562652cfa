/** Where knox runs: pipes that close, a full output, no terminal, no home, users without a name, odd folders and names. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOf, installKnox } from '../helpers/built-program.ts';
import type { Variables } from '../helpers/built-program.ts';

const VALUE = 'marker-value-of-the-surroundings';
let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const environment = (more: Variables = {}) => environmentOf(folder, { KNOX: at('knox'), ...more });

/** A line of a shell in which `$KNOX` is the program. */
function line(script: string, more: { env?: Record<string, string>; cwd?: string; uid?: number } = {}) {
  const { env = environment(), cwd = folder, uid } = more;
  const user = uid === undefined ? {} : { uid, gid: uid };
  return spawnSync('bash', ['--norc', '-o', 'pipefail', '-c', script], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 30_000,
    ...user,
  });
}

const isRoot = process.getuid?.() === 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-surroundings-'));
  installKnox(folder);
  writeFileSync(at('big'), VALUE.repeat(30_000));
  line('$KNOX init --key-file k.key');
  line(`printf ${VALUE} | $KNOX add pw -e development && $KNOX add big -e development --value-file big`);
  writeFileSync(at('a.json'), '{"pw": {{secret:pw}}}\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a reader that leaves', () => {
  test.each([
    '$KNOX list | head -1',
    '$KNOX audit --json | head -c 10',
    '$KNOX export -e development --format dotenv | true',
    '$KNOX export -e development --format json | head -c 1',
    '$KNOX get big -e development | head -c 1',
    '$KNOX render a.json -e development | true',
    '$KNOX help | true',
    '$KNOX list --json | true',
  ])('ends it quietly: %s', (script) => {
    const ran = line(script);
    expect([0, 141]).toContain(ran.status);
    expect(ran.stderr).toBe('');
  });
});

describe('an output that takes nothing', () => {
  test.each([
    'get pw -e development',
    'list',
    'list --json',
    'export -e development --format json',
    'render a.json -e development',
    'audit',
    'help',
  ])('is exit 1 and one line: %s', (command) => {
    const ran = line(`$KNOX ${command} >/dev/full`);
    expect([ran.status, ran.stderr.split('\n').length]).toEqual([1, 2]);
    expect(ran.stderr).toContain('cannot write to standard output');
    expect(ran.stderr).not.toContain(VALUE);
  });

  test.each(['>&-', '2>&-', '<&-', '>&- 2>&- <&-', '2>/dev/full'])('or is not there: %s', (how) => {
    for (const command of ['list', 'get pw -e development', 'status'])
      expect([command, line(`$KNOX ${command} ${how}`).status]).toEqual([command, 0]);
  });
});

describe('without a terminal', () => {
  test.each([
    ['init', 2, 'needs_terminal', '--key-file'],
    ['delete pw --force still_used --reason test', 2, 'needs_terminal', '--yes'],
    ['rotate pw --until create', 2, 'needs_terminal', '--values-stdin'],
    ['add new', 2, 'usage', '-e'],
    ['get', 2, 'usage', 'NAME'],
    ['add new -e development', 2, 'invalid_value', '--value-file'],
  ])('knox %s: exit %i, %s, with the flag to give', (command, exit, code, flag) => {
    const cwd = at('apart');
    mkdirSync(cwd, { recursive: true });
    const vault = command === 'init' ? '' : '--vault ../.knox/vault.db';
    const ran = line(`setsid -w $KNOX ${vault} ${command} --json </dev/null`, { cwd });
    const problem = JSON.parse(ran.stderr.split('\n').findLast((one) => one.startsWith('{"error"'))!) as {
      error: { code: string; hints: string[] };
    };
    expect([ran.status, problem.error.code]).toEqual([exit, code]);
    expect(problem.error.hints.join('\n')).toContain(flag);
    const plain = line(`setsid -w $KNOX ${vault} ${command} </dev/null`, { cwd });
    expect([plain.status, plain.stderr]).toEqual([exit, expect.stringContaining(flag)]);
  });

  test('a vault that is locked is 4, not a question', () => {
    const env = { ...environment(), KNOX_KEY_FILE: '' };
    const ran = line('setsid -w $KNOX get pw -e development </dev/null', { env });
    expect(ran).toMatchObject({ status: 4, stdout: '' });
  });

  test('an empty stdin is an empty value; a closed one too', () => {
    for (const how of ['</dev/null', '<&-'])
      expect(line(`setsid -w $KNOX add new -e development ${how}`).status).toBe(2);
  });
});

describe('a user', () => {
  const bare = () => ({ PATH: process.env['PATH'] ?? '', KNOX: at('knox') });

  test('with no home, an empty one, one that is not there or that nobody can write to', () => {
    mkdirSync(at('home'));
    chmodSync(at('home'), 0o500);
    for (const home of [{}, { HOME: '' }, { HOME: '/nonexistent' }, { HOME: at('home') }, { HOME: '/' }]) {
      const ran = line('$KNOX --key-file k.key get pw -e development', { env: { ...bare(), ...home } });
      expect([home, ran.status, ran.stdout]).toEqual([home, 0, VALUE]);
    }
    expect(readdirSync('/').filter((name) => name.startsWith('.knox') || name === 'knox')).toEqual([]);
  });

  test('whose language is C writes and reads every character', () => {
    const env = environment({ LANG: 'C', LC_ALL: 'C' });
    expect(line("$KNOX set pw --note 'é ü 😀'", { env }).status).toBe(0);
    const shown = JSON.parse(line('$KNOX show pw --json', { env }).stdout) as { note: string };
    expect(shown.note).toBe('é ü 😀');
  });

  test.skipIf(!isRoot)('without a name is known by the number', () => {
    const own = at('own');
    mkdirSync(own);
    spawnSync('chown', ['54321:54321', own]);
    chmodSync(folder, 0o755);
    const env = { ...bare(), HOME: own, KNOX_KEY_FILE: 'k.key' };
    const made = line('$KNOX init --key-file k.key && printf value-of-mine | $KNOX add mine -e development', {
      env,
      cwd: own,
      uid: 54321,
    });
    expect(made).toMatchObject({ status: 0, stderr: '13 bytes\n' });
    const entries = JSON.parse(line('$KNOX audit --json', { env, cwd: own, uid: 54321 }).stdout) as { actor: string }[];
    expect(entries[0]!.actor).toMatch(/^54321@/);
  });

  test.skipIf(!isRoot)('who may not look into the vault’s folder, or read the vault, or the key, is told which', () => {
    chmodSync(folder, 0o755);
    const ask = () => {
      const ran = line('$KNOX get pw -e development', { env: { ...bare(), KNOX_KEY_FILE: 'k.key' }, uid: 54321 });
      return [ran.status, ran.stderr.split('\n')[0]];
    };
    chmodSync(at('.knox'), 0o700);
    expect(ask()).toEqual([1, `error: cannot open the folder ${at('.knox')}: permission denied`]);
    chmodSync(at('.knox'), 0o755);
    expect(ask()).toEqual([1, `error: cannot read the vault ${at('.knox/vault.db')}: permission denied`]);
    chmodSync(at('.knox/vault.db'), 0o644);
    expect(ask()).toEqual([4, 'error: the key file k.key cannot be read']);
    chmodSync(at('.knox/vault.db'), 0o600);
    chmodSync(at('.knox'), 0o700);
  });
});

describe('files', () => {
  test('a temporary file lies beside its target, whatever TMPDIR is', () => {
    // A folder of another file system, where a rename from there to the target would fail; its own, as other tests write to /dev/shm meanwhile.
    const elsewhere = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : '/tmp', 'knox-test-'));
    try {
      const ran = line('$KNOX render a.json -e development -o out/x.json', { env: environment({ TMPDIR: elsewhere }) });
      expect([ran.status, readFileSync(at('out/x.json'), 'utf8')]).toEqual([0, `{"pw": "${VALUE}"}\n`]);
      expect(readdirSync(at('out'))).toEqual(['x.json']);
      expect(readdirSync(elsewhere)).toEqual([]);
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  const LONG = `${'n'.repeat(250)}.json`;
  test.each([
    'with blank.json',
    'new\nline.json',
    '-lead.json',
    'é-nfc.json'.normalize('NFC'),
    'é-nfd.json'.normalize('NFD'),
    LONG,
    '"quoted\'.json',
    'a:b.json',
    'tab\t.json',
  ])('of any name are routes, rendered, and told in one line: %j', (name) => {
    writeFileSync(at(name), '{"pw": "{{secret:pw}}"}');
    const env = environment({ NAME: name });
    const added = line(`$KNOX route add -e development -- "$NAME"`, { env });
    expect(added).toMatchObject({ status: 0, stderr: '' });
    const rendered = line(`$KNOX render -e development -o out.json -- "$NAME"`, { env });
    expect([rendered.status, JSON.parse(readFileSync(at('out.json'), 'utf8'))]).toEqual([0, { pw: VALUE }]);
    writeFileSync(at(name), '{"pw": "{{secret:gone}}"}');
    const failed = line(`$KNOX render -e development --check --json -- "$NAME"`, { env });
    const { error } = JSON.parse(failed.stderr) as { error: { message: string } };
    expect([failed.status, error.message.split('\n').length]).toEqual([5, 1]);
    expect(line('$KNOX route list --json').stdout).toContain(JSON.stringify(name).slice(1, -1).slice(0, 40));
    expect(line(`$KNOX route remove --yes -- "$NAME"`, { env }).status).toBe(0);
  });

  test('a name that begins with @ is that of a text, and is refused for a file', () => {
    writeFileSync(at('@at.json'), '{}');
    const ran = line('$KNOX route add ./@at.json -e development');
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining('rename the file') });
  });

  test('a vault is found from a folder below it, in a worktree of git and in a submodule', () => {
    mkdirSync(at('repo'));
    const git = 'git -c user.email=a@b -c user.name=a -c protocol.file.allow=always';
    const made = line(
      `set -e; cd repo; git init -q .; echo a > a; git add a; ${git} commit -qm a; git worktree add -q ../tree; cd ..; ` +
        `git init -q outer; cd outer; ${git} submodule --quiet add ../repo sub; mkdir -p deep/er`,
    );
    expect([made.status, made.stderr.replaceAll(/hint:.*\n/g, '')]).toEqual([0, expect.not.stringContaining('fatal')]);
    for (const cwd of ['tree', 'outer/sub', 'outer/deep/er'])
      expect([cwd, line('$KNOX get pw -e development', { cwd: at(cwd) }).stdout]).toEqual([cwd, VALUE]);
    // `.git` is a file in both.
    for (const cwd of ['tree', 'outer/sub']) {
      const ran = line('$KNOX init --key-file own.key', { cwd: at(cwd) });
      expect([cwd, ran.status]).toEqual([cwd, 0]);
      expect(line('git status --porcelain --untracked-files=all', { cwd: at(cwd) }).stdout).not.toContain('vault.db');
      expect(existsSync(at(cwd, '.knox/vault.db'))).toBe(true);
    }
  });
});
