/** `knox run` by the built program: real signals, real pipes, real exit statuses. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOf, runBuiltSync, shellCommand, startBuilt, successful } from '../helpers/built-program.ts';
import { testNeeding } from '../helpers/needing.ts';

const VALUE = 'hunter2-hunter2&more';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-run-test-'));
  successful(knox(['init', '--key-file', 'k.key']));
  const add = (name: string, value: string | Buffer) => {
    writeFileSync(join(folder, 'v'), value);
    successful(knox(['add', name, '-e', 'development', '--value-file', 'v']));
  };
  add('pw', VALUE);
  add('odd', 'a#b "c" \'d\' $HOME `id`\nsecond line here');
  add('nul', Buffer.from('a\0b-and-more'));
  add('bytes', Buffer.from([0xff, 0xfe, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46]));
  add('huge', 'x'.repeat(131_072));
  add('pin', '1234');
  rmSync(join(folder, 'v'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Its stdout has a character for each byte. */
const knox = (argv: readonly string[], stdin: string | Buffer = '', env: Record<string, string> = {}) =>
  runBuiltSync(argv, { cwd: folder, stdin, env, encoding: 'latin1' });

/** What is left of its output behind a pipe. */
function piped(script: string, into: string): string {
  const command = `${shellCommand()} run -e development --secret V=pw -- sh -c '${script}' | ${into}`;
  const ran = spawnSync('sh', ['-c', command], {
    cwd: folder,
    env: environmentOf(folder),
    encoding: 'utf8',
    timeout: 120_000,
  });
  expect(ran.status, ran.stderr).toBe(0);
  return ran.stdout;
}

/** With the secret `pw` in V. */
const run = (script: string, ...options: string[]) =>
  knox(['run', '-e', 'development', '--secret', 'V=pw', ...options, '--', 'sh', '-c', script]);

describe('what the program gets', () => {
  test('secrets win over files, a later file over an earlier, files over the parent', () => {
    writeFileSync(
      join(folder, '1.env'),
      'A=one\nB=one\nC=one\nD={{secret:odd}}\nE="quoted {{secret:pw|url}}" # comment\n',
    );
    writeFileSync(join(folder, '2.env'), 'B=two\nC=two\n');
    const argv = [
      'run',
      '-e',
      'development',
      '--env-file',
      '1.env',
      '--env-file',
      '2.env',
      '--secret',
      'C=pw',
      '--no-masking',
      '--',
      'sh',
      '-c',
      'printf "%s|" "$A" "$B" "$C" "$D" "$E" "$F" "$KNOX_KEY_FILE"',
    ];
    const ran = knox(argv, '', { A: 'parent', F: 'parent' });
    expect(ran.stdout).toBe(
      `one|two|${VALUE}|a#b "c" 'd' $HOME \`id\`\nsecond line here|quoted hunter2-hunter2%26more|parent||`,
    );
  });

  test('what no variable can hold stops before the program starts, with 125 and the reason', () => {
    for (const name of ['nul', 'bytes', 'huge']) {
      const ran = knox(['run', '-e', 'development', '--secret', `V=${name}`, '--json', '--', 'touch', 'started']);
      expect(ran, name).toMatchObject({ exit: 125, stderr: expect.stringContaining('"invalid_value"') });
    }
    expect(existsSync(join(folder, 'started'))).toBe(false);
  });

  test('every problem of every file and secret is told with its place, and nothing starts', () => {
    writeFileSync(join(folder, 'bad.env'), 'OK={{secret:pw}}\nA="x {{secret:gone}}" # c\n\nB={{secret:pw|field:a}}\n');
    writeFileSync(join(folder, 'bad.json'), '{\n  "a": {{secret:lost}}\n}');
    const given = '--env-file bad.env --secret V=none --mount F=bad.json --json -- touch started';
    const ran = knox(['run', '-e', 'development', ...given.split(' ')]);
    const { error } = JSON.parse(ran.stderr) as {
      error: { code: string; message: string; hints: string[] };
    };
    expect({ exit: ran.exit, code: error.code, hint: error.hints.at(-1) }).toEqual({
      exit: 125,
      code: 'template_invalid',
      hint: expect.stringContaining('started'),
    });
    expect(error.message.split('\n').map((line) => line.split(': ')[0])).toEqual([
      'bad.env:2:6',
      'bad.env:4:3',
      '--secret V',
      'bad.json:2:8',
    ]);
    expect(existsSync(join(folder, 'started'))).toBe(false);
  });

  test('an env file that says nothing clear starts nothing, or is told of', () => {
    const text = 'P=abc#def\nQ="a\\"b {{secret:pw}}"\nR={{secret:pw}}#{{secret:pw}}\nexport S\n__proto__=own\n';
    writeFileSync(join(folder, 'odd.env'), text);
    const started = ['--no-masking', '--json', '--', 'sh', '-c', 'printf "%s|" "$P" "$Q" "$R"; env | grep ^__proto__'];
    const ran = knox(['run', '-e', 'development', '--env-file', 'odd.env', ...started]);
    expect(ran.stdout).toBe(`abc#def|a"b ${VALUE}|${VALUE}#${VALUE}|__proto__=own\n`);
    const codes = ran.stderr
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { warning: { code: string } }).warning.code]));
    expect(codes).toEqual(['line_passed_over', 'read_differently']);
    for (const [bad, place, code] of [
      ['A=1\nX{{secret:pw}}=x\n', 'odd.env:2:2', 'template_invalid'],
      [`W='{{secret:pw}}'"{{secret:pw}}"\n`, 'odd.env:1:18', 'template_invalid'],
      ['\0A=b\n', 'odd.env:1:1', 'invalid_value'],
    ]) {
      writeFileSync(join(folder, 'odd.env'), bad!);
      const refused = knox(['run', '-e', 'development', '--env-file', 'odd.env', '--json', '--', 'touch', 'started']);
      const { error } = JSON.parse(refused.stderr) as {
        error: { code: string; message: string; hints: string[] };
      };
      const found = { exit: refused.exit, code: error.code, place: error.message.split(': ')[0], hints: error.hints };
      expect(found).toEqual({ exit: 125, code, place, hints: ['nothing was started'] });
    }
    expect(existsSync(join(folder, 'started'))).toBe(false);
  });

  test('what leads to the key never reaches it, from wherever it comes; nor does a name alone give it anything', () => {
    writeFileSync(join(folder, 'key.env'), 'KNOX_KEY={{secret:pw}}\nB=b\n');
    const from = ['--env-file', 'key.env', '--secret', 'KNOX_KEY_FILE=pw', '--mount', 'KNOX_KEY_COMMAND=key.env'];
    const ran = knox([
      'run',
      '-e',
      'development',
      ...from,
      '--json',
      '--',
      'sh',
      '-c',
      'env | grep -c ^KNOX_KEY; echo $B',
    ]);
    expect(ran.stdout).toBe('0\nb\n');
    expect(ran.stderr.match(/"key_variable"/g)).toHaveLength(3);
    const bare = knox(['run', '-e', 'development', '--json', '--', 'true']);
    expect({ exit: bare.exit, said: JSON.parse(bare.stderr) as object }).toEqual({
      exit: 0,
      said: { warning: { code: 'nothing_given', message: expect.stringContaining('--env-file') as string } },
    });
  });

  test('a name that a file sets twice is a warning, and the last one counts', () => {
    writeFileSync(join(folder, 'twice.env'), 'A=1\nA={{secret:pw}}\n');
    const ran = knox(
      ['run', '-e', 'development', '--env-file', 'twice.env', '--json', '--no-masking', '--', 'printenv', 'A'],
      '',
      { A: 'parent' },
    );
    expect(ran.stdout).toBe(`${VALUE}\n`);
    expect(JSON.parse(ran.stderr)).toEqual({
      warning: {
        code: 'duplicate_variable',
        message: 'twice.env sets A more than once (lines 1, 2): the last one counts',
      },
    });
  });

  test('a mounted file is private, in memory, and gone afterwards', () => {
    writeFileSync(join(folder, 'conf.json'), '{"pw": "{{secret:pw}}"}');
    const ran = knox([
      'run',
      '-e',
      'development',
      '--mount',
      'F=conf.json',
      '--no-masking',
      '--',
      'sh',
      '-c',
      'stat -c %a "$F" "$(dirname "$F")"; echo "$F"; cat "$F"',
    ]);
    const [mode, folderMode, path, text] = ran.stdout.split('\n');
    const written = `{"pw": "${VALUE}"}`;
    expect({ mode, folderMode, text }).toEqual({ mode: '600', folderMode: '700', text: written });
    expect(existsSync(path!)).toBe(false);
  });

  test('stdin passes through untouched, also binary', () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    const ran = knox(['run', '-e', 'development', '--secret', 'V=pw', '--', 'cat'], bytes);
    expect(ran.stdout === bytes.toString('latin1')).toBe(true);
  });
});

describe('how it ends', () => {
  test.each([
    ['exit 7', 7],
    ['kill -KILL $$', 137],
    ['kill -HUP $$', 129],
    ['kill -SEGV $$', 139],
    ['trap "exit 0" TERM; kill -TERM $$; exit 1', 0],
  ])('%s: %i', (script, exit) => {
    expect(run(script).exit).toBe(exit);
  });

  test('127 for what is not there, 126 for what is no program, 125 for a failure of knox', () => {
    writeFileSync(join(folder, 'plain'), 'text');
    chmodSync(join(folder, 'plain'), 0o644);
    const of = (...argv: string[]) => knox(['run', '-e', 'development', '--secret', 'V=pw', ...argv]).exit;
    expect({
      missing: of('--', 'no-such-command'),
      plain: of('--', './plain'),
      unknownOption: of('--frob', '--', 'true'),
      nothing: of(),
      unknownEnvironment: knox(['run', '-e', 'nowhere', '--', 'true']).exit,
      missingKey: knox(['--key-file', 'nothing', 'run', '-e', 'development', '--secret', 'V=pw', '--', 'true']).exit,
    }).toEqual({
      missing: 127,
      plain: 126,
      unknownOption: 125,
      nothing: 125,
      unknownEnvironment: 125,
      missingKey: 125,
    });
  });

  const start = (script: string, ...by: string[]) =>
    startBuilt(['run', '-e', 'development', '--secret', 'V=pw', '--', 'sh', '-c', script], { cwd: folder, by });
  const answering = (signal: string) =>
    `trap 'echo got; exit 42' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`;

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT', 'SIGCONT', 'SIGWINCH'] as const)(
    '%s reaches the program, and its answer comes back',
    async (signal) => {
      const { child, shows, ended } = start(answering(signal));
      await shows('ready');
      child.kill(signal);
      await shows('got');
      expect(await ended).toMatchObject({ exit: 42 });
    },
  );

  test('SIGTSTP stops the program, SIGCONT lets it go on', async () => {
    // A shell with job control around it: in a process group that nobody waits for, the system drops SIGTSTP.
    const script = 'echo .; while ! [ -e go-on ]; do sleep 0.05; done; exit 3';
    const { child, shows, ended } = start(script, 'bash', '-c', 'set -m; "$@" & wait -f $!', 'bash');
    await shows('.');
    const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
    const own = childOf(child.pid!);
    const state = () => readFileSync(`/proc/${childOf(own)}/stat`, 'utf8').split(') ')[1]![0];
    process.kill(own, 'SIGTSTP');
    await expect.poll(state).toBe('T');
    process.kill(own, 'SIGCONT');
    await expect.poll(state).not.toBe('T');
    writeFileSync(join(folder, 'go-on'), '');
    expect(await ended).toMatchObject({ exit: 3 });
  });

  testNeeding(['unshare'], 'as the first process of a container', async () => {
    const { child, shows, ended } = start(answering('SIGTERM'), 'unshare', '-pf');
    await shows('ready');
    process.kill(Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')), 'SIGTERM');
    await shows('got');
    expect(await ended).toMatchObject({ exit: 42 });
    const argv = ['run', '-e', 'development', '--secret', 'V=pw', '--', 'sh', '-c', 'kill -KILL $$'];
    expect(runBuiltSync(argv, { cwd: folder, by: ['unshare', '-pf'] }).exit).toBe(137);
  });

  test('what the program says arrives while it goes on', async () => {
    const { child, shows, ended } = start('echo first; read line; echo "<$line>"');
    await shows('first');
    child.stdin.end('next\n');
    await shows('<next>');
    expect(await ended).toMatchObject({ exit: 0 });
  });

  test('a program that is left in the background with the pipe holds nobody up; a reader that leaves ends it', () => {
    const left = run('sleep 300 & echo $! > left.pid; echo done');
    expect(left).toMatchObject({ exit: 0, stdout: 'done\n' });
    process.kill(Number(readFileSync(join(folder, 'left.pid'), 'utf8')), 'SIGKILL');
    expect(piped(`while :; do echo line; done`, 'head -2')).toBe('line\nline\n');
  });
});

describe('masking', () => {
  test('hides the value in each form and over chunk borders, says how often, and spares everything else', () => {
    const ran = run(
      'printf "a%sb" "$V"; printf %s "$V" | base64; printf hunter2-; printf "hunter2&more"; printf "\\377\\376"',
    );
    const out = ran.stdout;
    expect(out).toBe('a[knox:pw]b[knox:pw]\n[knox:pw]\xff\xfe');
    expect(ran.stderr).toContain('masked 3 values');
  });

  test('each line of a value of many lines is hidden, a short value is not and that is said', () => {
    const many = knox([
      'run',
      '-e',
      'development',
      '--secret',
      'V=odd',
      '--',
      'sh',
      '-c',
      'printf "%s" "$V" | tail -n 1',
    ]);
    expect(many.stdout).toBe('[knox:odd]');
    const short = knox(['run', '-e', 'development', '--secret', 'V=pin', '--', 'sh', '-c', 'echo $V']);
    expect(short).toMatchObject({ stdout: '1234\n', stderr: expect.stringContaining('not masked') });
  });

  test('much output goes through whole, with a slow reader too', () => {
    const counted = piped('yes 0123456789 | head -c 3000000; printf end', 'dd bs=512 2>/dev/null | wc -c');
    expect(counted.trim()).toBe('3000003');
  });

  test('--no-masking is recorded; the use is, before the program starts', () => {
    run('exit 0', '--no-masking');
    const [entry] = JSON.parse(knox(['audit', '--limit', '1', '--json']).stdout) as { detail: object }[];
    expect(entry).toMatchObject({
      action: 'use',
      secret: 'pw',
      environment: 'development',
      detail: { consumer: 'run sh', noMasking: true },
    });
  });
});

test('what a killed run left in memory is swept away by the next command, whichever it is', async () => {
  const argv = ['run', '-e', 'development', '--mount', 'F=conf.json', '--', 'sh', '-c', 'echo "$F."; read line'];
  const { child, out, shows } = startBuilt(argv, { cwd: folder });
  await shows('.\n');
  const path = out().trim().slice(0, -1);
  expect(readFileSync(path, 'utf8')).toContain(VALUE);
  knox(['list']);
  expect(existsSync(path)).toBe(true);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  knox(['list']);
  expect(existsSync(path)).toBe(false);
});

test('a command that a killed knox left behind is a use for as long as it lives', async () => {
  const script = 'echo "pid=$$."; until [ -e end ]; do sleep 0.05; done';
  const argv = ['run', '-e', 'development', '--secret', 'V=odd', '--', 'sh', '-c', script];
  const { child, out, shows } = startBuilt(argv, { cwd: folder });
  await shows('.\n');
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  const refused = () => knox(['delete', 'odd', '--yes', '--json']).stderr;
  expect(refused()).toContain('odd for development by run sh, still running since');
  writeFileSync(join(folder, 'end'), '');
  const pid = /pid=(\d+)/.exec(out())![1]!;
  await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
  expect(refused()).toContain('still_used');
  expect(refused()).not.toContain('still running');
});

test('nothing of a mount is left in memory', () => {
  const left = ['/dev/shm', '/run/shm'].filter((path) => existsSync(path)).flatMap((path) => readdirSync(path));
  expect(left.filter((name) => name.startsWith('knox-run-'))).toEqual([]);
});

describe('a value that a program wrote in its own way', () => {
  const value = `p@ss/w+rd$1!~x*y'z`;
  beforeAll(() => {
    writeFileSync(join(folder, 'v'), value);
    successful(knox(['add', 'written', '-e', 'development', '--value-file', 'v']));
    rmSync(join(folder, 'v'));
  });
  const shown = (...command: string[]) => {
    const ran = knox(['run', '-e', 'development', '--secret', 'P=written', '--', ...command]);
    return `${ran.stdout}${ran.stderr}`.replace(/^knox: masked.*\n/gm, '');
  };

  test.each([
    [
      'new URL',
      'const u = new URL("postgres://app@h/db"); u.password = process.env.P; console.log(u.href)',
      'postgres://app:[knox:written]@h/db\n',
    ],
    [
      'JSON in JSON',
      'console.log(JSON.stringify(JSON.stringify({ p: process.env.P })))',
      '"{\\"p\\":\\"[knox:written]\\"}"\n',
    ],
    [
      'in two writes at an escape',
      'process.stdout.write(encodeURIComponent(process.env.P).slice(0, 3)); process.stdout.write(encodeURIComponent(process.env.P).slice(3) + "\\n")',
      '[knox:written]\n',
    ],
  ])('%s', (_, script, expected) => expect(shown(process.execPath, '-e', script)).toBe(expected));

  test('the trace of a shell', () => {
    expect(shown('bash', '--norc', '-xc', 'true "$P"')).toBe("+ true '[knox:written]'\n");
  });
});
