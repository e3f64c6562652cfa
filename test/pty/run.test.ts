/** `knox run` on a terminal: the program has one too, of the right size, and its secrets are hidden all the same. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentOf, installKnox, runBuiltSync, successful } from '../helpers/built-program.ts';
import { startOnTerminal } from '../helpers/built-terminal.ts';
import { testNeeding } from '../helpers/needing.ts';
import { startPty } from '../helpers/pty.ts';
import type { Pty } from '../helpers/pty.ts';

let folder: string;
let open: Pty | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knox-run-pty-'));
  for (const [argv, stdin] of [
    [['init', '--key-file', 'k.key'], ''],
    [['add', 'pw', '-e', 'development'], 'hunter2-hunter2'],
  ] as const)
    successful(runBuiltSync(argv, { cwd: folder, stdin }));
});
afterEach(() => {
  open?.kill('SIGKILL');
  open = null;
  rmSync(folder, { recursive: true, force: true });
});

function run(script: string, ...options: string[]): Pty {
  const argv = ['run', '-e', 'development', '--secret', 'V=pw', ...options, '--', 'sh', '-c', script];
  open = startOnTerminal(argv, { cwd: folder, columns: 100, rows: 30 });
  return open;
}

test('it sees a terminal of the right size, follows it, asks and gets an answer, and shows no value', async () => {
  const screen = run(
    'test -t 0 && test -t 1 && test -t 2 && stty size; echo "v=$V"; printf "Name: "; read x; echo "[$x]"; while [ "$(stty size)" = "30 100" ]; do sleep 0.05; done; stty size; exit 3',
  );
  await screen.waitFor('30 100');
  await screen.waitFor('v=[knox:pw]');
  await screen.waitFor('Name:');
  screen.resize(70, 20);
  screen.send('ana\r');
  await screen.waitFor('[ana]');
  await screen.waitFor('20 70');
  expect(await screen.exit()).toMatchObject({ code: 3 });
  expect(screen.raw()).not.toContain('hunter2');
});

test('Ctrl-C is for the program, and ends it as it would without knox', async () => {
  const screen = run('trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.05; done');
  await screen.waitFor('ready');
  screen.send('\x03');
  await screen.waitFor('caught');
  expect(await screen.exit()).toMatchObject({ code: 5 });
});

test('with --no-masking it has the terminal itself', async () => {
  const screen = run('test -t 1 && echo "v=$V"; exit 4', '--no-masking');
  await screen.waitFor('v=hunter2-hunter2');
  expect(await screen.exit()).toMatchObject({ code: 4 });
});

/** A person's shell, in which knox is a job. */
async function shell(): Promise<Pty> {
  open = startPty('/bin/bash', ['--norc', '--noprofile', '-i'], {
    cwd: folder,
    env: environmentOf(folder, { PS1: '> ', KNOX: installKnox(folder) }),
    columns: 100,
    rows: 30,
  });
  await open.waitFor('>');
  return open;
}

const LOOP = `'echo ready; while read line; do echo "<$line>"; done; exit 6'`;

test.each([
  ['masked, with a terminal of its own', ''],
  ["on the person's terminal", '--no-masking'],
])('Ctrl-Z stops it, the shell is there again, fg goes on: %s', async (_how, option) => {
  const screen = await shell();
  screen.send(`$KNOX run -e development --secret V=pw ${option} -- sh -c ${LOOP}\r`);
  // Its own line: the word stands in the command as well.
  await screen.waitFor(/^ready$/m);
  for (const round of [1, 2]) {
    screen.send(`round${round}\r`);
    await screen.waitFor(`<round${round}>`);
    screen.send('\x1a');
    await screen.waitFor('Stopped', { times: round });
    // The shell has the terminal again once it asks: what is typed before may be lost.
    await screen.waitFor(/^>$/m);
    screen.send(`echo "shell"$((40+${round}))\r`);
    await screen.waitFor(`shell${40 + round}`);
    screen.send('fg\r');
    await screen.waitFor(/\n\$KNOX run/, { times: round });
  }
  screen.send('last\r');
  await screen.waitFor('<last>');
  screen.send('\x04');
  await screen.waitFor(/\n>$/);
  screen.send('echo "exit=$?"; exit\r');
  await screen.waitFor('exit=6');
  await screen.exit();
});

test('an interactive shell in it has jobs of its own', async () => {
  const screen = await shell();
  screen.send('$KNOX run -e development --secret V=pw -- env PS1="inner: " bash --norc --noprofile -i\r');
  // A line of its own: the words stand in the command as well.
  await screen.waitFor(/^inner:/m);
  // What is printed comes from the job itself: it is in front then. It starts no program: a stop that comes between dash's vfork and exec
  // leaves dash waiting for a child that is stopped, and nobody hears of a stop.
  screen.send('bash -c \'trap "echo back" CONT; echo "$V"; while :; do read -rt 0.05; done\'\r');
  await screen.waitFor('[knox:pw]');
  screen.send('\x1a');
  await screen.waitFor('Stopped');
  await screen.waitFor(/\ninner:$/);
  screen.send('fg\r');
  // The shell says the job's line before it gives it the terminal.
  await screen.waitFor(/^back$/m);
  screen.send('\x03');
  await screen.waitFor(/\ninner:$/);
  screen.send('exit 3\r');
  await screen.waitFor(/\n>$/);
  screen.send('echo "exit=$?"; exit\r');
  await screen.waitFor('exit=3');
  await screen.exit();
  expect(screen.raw()).not.toContain('hunter2');
});

test.each(['SIGTERM', 'SIGHUP', 'SIGUSR1'] as const)(
  '%s sent to knox reaches it, and knox ends as it does',
  async (signal) => {
    const screen = run(`trap 'echo caught; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`);
    await screen.waitFor('ready');
    screen.kill(signal);
    await screen.waitFor('caught');
    expect(await screen.exit()).toMatchObject({ code: 9 });
  },
);

test('when knox is killed, it does not stay behind', async () => {
  const screen = run('echo "pid=$$."; while :; do sleep 0.05; done');
  const pid = Number(/pid=(\d+)\./.exec(await screen.waitFor(/pid=\d+\./))![1]);
  screen.kill('SIGKILL');
  await screen.exit();
  await expect.poll(() => isRunning(pid)).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

testNeeding(['vi'], 'vi edits a file, is stopped and goes on, and its screen goes away', async () => {
  const screen = await shell();
  screen.send('EXINIT= $KNOX run -e development --secret V=pw -- vi -u NONE note.txt\r');
  await screen.waitFor(/^"?note\.txt/m);
  screen.send('ihello from vi\x1b');
  await screen.waitFor('hello from vi');
  screen.send('\x1a');
  await screen.waitFor('Stopped');
  await screen.waitFor(/^>$/m);
  screen.send('fg\r');
  await screen.waitFor('hello from vi');
  screen.send(':wq\r');
  await expect.poll(() => existsSync(join(folder, 'note.txt'))).toBe(true);
  await screen.waitFor(/\n>$/);
  screen.send('cat note.txt; exit\r');
  await screen.waitFor('hello from vi');
  await screen.exit();
});
