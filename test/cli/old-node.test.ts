/** What a person meets whose own Node is too old: another Node that is at hand takes over, or one line says what to do. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../helpers/built-program.ts';

const KNOX = resolve(ROOT, 'bin/knox.js');

/** A copy of bin/ with a program of the test's own in dist/, run by this Node saying that it is another one. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-old-node-'));
  for (const name of ['bin', 'dist', 'home']) mkdirSync(join(folder, name));
  copyFileSync(KNOX, join(folder, 'bin/knox.js'));
  copyFileSync(resolve(ROOT, 'bin/package.json'), join(folder, 'bin/package.json'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module","version":"1.2.3"}');
  program('');
  writeFileSync(
    join(folder, 'pretend.cjs'),
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: process.argv[2] } }); process.argv.splice(2, 1);`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(text: string): void {
  writeFileSync(join(folder, 'dist/main.cjs'), `exports.main = async () => { ${text} };`);
}

/** Puts a `node` package of that version beside knox, which is this Node under another name. */
function installNode(version: string): void {
  const place = join(folder, 'node_modules/node');
  mkdirSync(join(place, 'bin'), { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ version }));
  writeFileSync(join(place, 'bin/node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  chmodSync(join(place, 'bin/node'), 0o755);
}

function argvOf(version: string, ...argv: string[]): string[] {
  return ['--require', join(folder, 'pretend.cjs'), '--', join(folder, 'bin/knox.js'), version, ...argv];
}

const environment = () => ({ PATH: process.env['PATH'], HOME: join(folder, 'home') });

function run(version: string, ...argv: string[]) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, argvOf(version, ...argv), {
    encoding: 'utf8',
    env: environment(),
  });
  return { status, signal, stdout, stderr };
}

async function started(version: string): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, argvOf(version), { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, pid: Number(first.toString()) };
}

const WAIT = `process.on('SIGTERM', () => { process.exitCode = 7; clearInterval(t); }); const t = setInterval(() => {}, 1000);
  process.stdout.write(String(process.pid));`;

describe('with no other Node', () => {
  test.each(['8.17.0', '20.20.2', '24.6.9'])('%s is told in one line', (version) => {
    const result = run(version, 'get', 'x');
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(/^error: knox needs Node\.js 24\.7 or newer and this is \S+; .*npx -p node@24.*\n$/);
    expect(result.stderr).toContain(`this is ${version};`);
  });

  test('a package `node` that is as old is none', () => {
    installNode('22.1.0');
    expect(run('20.20.2')).toMatchObject({ status: 1, stderr: expect.stringContaining('knox needs Node.js') });
  });

  test.each(['24.7.0', '25.0.0', '26.1.0', '100.0.0'])('%s is new enough', (version) => {
    program(`process.stdout.write('ran')`);
    expect(run(version)).toEqual({ status: 0, signal: null, stdout: 'ran', stderr: '' });
  });
});

describe('with the package `node` beside it', () => {
  beforeEach(() => installNode('24.21.0'));

  test('that one runs, with the arguments, and its exit status is the answer', () => {
    program(
      `process.stdout.write(JSON.stringify([process.argv.slice(2), process.env.KNOX_TAKEN_OVER])); process.exitCode = 5;`,
    );
    const result = run('20.20.2', 'get', 'a b', '--json');
    expect(result).toEqual({ status: 5, signal: null, stdout: '[["get","a b","--json"],null]', stderr: '' });
  });

  test('that one reads no env file either', () => {
    program(`process.stdout.write(JSON.stringify(process.argv.slice(2)));`);
    const words = ['run', '--env-file', 'missing.env', '--', 'x'];
    expect(run('20.20.2', ...words)).toEqual({ status: 0, signal: null, stdout: JSON.stringify(words), stderr: '' });
  });

  test('a signal that ended it ends this one too', () => {
    program(`process.kill(process.pid, 'SIGUSR2'); setInterval(() => {}, 1000);`);
    expect(run('20.20.2')).toMatchObject({ status: null, signal: 'SIGUSR2' });
  });

  test('SIGTERM is passed on', async () => {
    program(WAIT);
    const { child } = await started('20.20.2');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  test('where this one is killed, nothing of knox lives on', async () => {
    program(WAIT);
    const { child } = await started('20.20.2');
    // Its standard output ends when the last process that holds it has ended.
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  });
});

describe('the way in', () => {
  test('is written in what any Node can read', () => {
    const text = readFileSync(KNOX, 'utf8');
    expect(JSON.stringify(parseAst(text, { sourceType: 'script' }))).not.toMatch(
      /"(ArrowFunctionExpression|TemplateLiteral|ChainExpression|ImportExpression|ClassDeclaration|SpreadElement|AwaitExpression)"/,
    );
    expect(text).not.toMatch(/^\s*(const|let|import) |\?\?/m);
    expect(text).not.toMatch(/catch \{/);
  });

  test('gives the version without the program', () => {
    rmSync(join(folder, 'dist'), { recursive: true });
    expect(run('24.7.0', '--version')).toEqual({ status: 0, signal: null, stdout: '1.2.3\n', stderr: '' });
    expect(run('24.7.0', '-V').stdout).toBe('1.2.3\n');
    expect(run('24.7.0', 'list')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^error: .*npm ci.*\n$/) });
  });

  test('keeps compiled text in a private folder, and does without where there is none', () => {
    expect(run('24.7.0').status).toBe(0);
    expect(existsSync(join(folder, 'home/.cache/knox'))).toBe(true);
    rmSync(join(folder, 'home/.cache'), { recursive: true });
    mkdirSync(join(folder, 'home/.cache'));
    chmodSync(join(folder, 'home/.cache'), 0o777);
    expect(run('24.7.0').status).toBe(0);
    expect(existsSync(join(folder, 'home/.cache/knox'))).toBe(false);
  });
});
