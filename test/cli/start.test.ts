/** How the program is started: by its own first line, as a shell or npm does it. Nothing that is meant for knox or its child acts on Node. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtProgram, ROOT } from '../helpers/built-program.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-start-'));
  // As npm does it.
  symlinkSync(builtProgram(), join(folder, 'knox'));
  sh('./knox init --key-file k.key && printf hunter2-hunter2 | ./knox add pw -e development');
  writeFileSync(join(folder, 'code.cjs'), `require('fs').appendFileSync('ran', process.argv[1] + '\\n')`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sh(script: string) {
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: {
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      KNOX_KEY_FILE: 'k.key',
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      NODE: process.execPath,
      KNOX: builtProgram(),
    },
  });
  return { status, stdout, stderr };
}

const run = (options: string, command = 'true') => sh(`./knox run --json -e development ${options} -- ${command}`);
const code = (stderr: string) => (JSON.parse(stderr) as { error: { code: string } }).error.code;

describe('an env file', () => {
  test.each(['missing.env', '.'])('%s that cannot be read is knox to tell: 125', (file) => {
    const ran = run(`--env-file ${file}`);
    expect([ran.status, code(ran.stderr), ran.stdout]).toEqual([125, 'io', '']);
  });

  test('is an unknown option of other commands, and behind -- it is a word of the command', () => {
    expect(sh('./knox list --json --env-file missing.env')).toMatchObject({ status: 2 });
    expect(run('', 'echo --env-file=missing.env')).toMatchObject({ status: 0, stdout: '--env-file=missing.env\n' });
  });

  test('is read once: a pipe and a FIFO give their variables', () => {
    const command = `sh -c 'printf %s "$A" | base64'`;
    const encoded = `${Buffer.from('hunter2-hunter2').toString('base64')}\n`;
    const text = `printf 'A={{secret:pw}}\\n'`;
    const once = `--no-masking --env-file`;
    expect(run(`${once} <(${text})`, command)).toMatchObject({ status: 0, stdout: encoded });
    expect(sh(`mkfifo f; ${text} > f & ./knox run -e development ${once} f -- ${command}`)).toMatchObject({
      status: 0,
      stdout: encoded,
    });
  });

  test.each([
    ['--require=./code.cjs', `"$NODE" -e 0`],
    ['--inspect=127.0.0.1:0', 'true'],
    ['--no-such-option', 'true'],
  ])('with NODE_OPTIONS=%s acts on the child alone', (options, command) => {
    rmSync(join(folder, 'ran'), { force: true });
    writeFileSync(join(folder, 'n.env'), `NODE_OPTIONS=${options}\n`);
    expect(run('--env-file n.env', command)).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(join(folder, 'ran')) ? readFileSync(join(folder, 'ran'), 'utf8') : '').not.toContain('knox');
    expect(existsSync(join(folder, 'ran'))).toBe(command.includes('NODE'));
  });

  test('cannot lead knox elsewhere', () => {
    const text = ['KNOX_VAULT=/nowhere', 'KNOX_TRUST=x', 'OPENSSL_CONF=/nowhere', 'LD_PRELOAD=', 'HOME=/nowhere'];
    writeFileSync(join(folder, 'k.env'), text.join('\n'));
    const ran = run('--env-file k.env', `sh -c 'echo "$KNOX_VAULT $HOME"'`);
    expect(ran).toMatchObject({ status: 0, stdout: '/nowhere /nowhere\n' });
  });
});

describe('started as `node FILE`', () => {
  const direct = (options: string) => sh(`"$NODE" "$KNOX" run --json -e development ${options} -- printenv A`);

  test('an env file that Node did not act on is read as ever', () => {
    writeFileSync(join(folder, 'a.env'), 'A=one\n');
    expect(direct('--env-file a.env')).toMatchObject({ status: 0, stdout: 'one\n' });
  });

  test('what Node took is told, and nothing starts', () => {
    writeFileSync(join(folder, 'n.env'), 'A=1\nNODE_OPTIONS=--no-warnings\n');
    for (const options of ['--env-file n.env', '--env-file=n.env', `--env-file <(printf 'A=1\\n')`]) {
      const ran = direct(options);
      expect([ran.status, code(ran.stderr), ran.stdout]).toEqual([125, 'usage', '']);
    }
    expect(sh(`"$NODE" -- "$KNOX" run -e development --env-file n.env -- printenv A`).stdout).toBe('1\n');
  });
});

test("a config file of Node's that a command names does not act on knox", () => {
  writeFileSync(join(folder, 'node.json'), '{"nodeOptions":{"import":["./code.cjs"]}}');
  const ran = run('', 'node --experimental-config-file=node.json -e 0');
  expect([ran.status, code(ran.stderr)]).toEqual([125, 'usage']);
  expect(run('', `sh -c 'node --experimental-config-file=node.json -e 0'`).status).toBe(0);
});

test("npm's shims for Windows understand the first line", () => {
  // The expression of the package cmd-shim, which makes them.
  const shim = /^#!\s*(?:\/usr\/bin\/env\s+(?:-S\s+)?((?:[^ \t=]+=[^ \t=]+\s+)*))?([^ \t]+)(.*)$/;
  const [first] = readFileSync(resolve(ROOT, 'bin/knox.js'), 'utf8').split('\n');
  expect(shim.exec(first!)!.slice(1)).toEqual(['', 'node', ' --']);
});
