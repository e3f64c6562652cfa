/** The shell between knox and a program that has a terminal of its own: each kind that a system may have. */
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { asJob, jobOf, shellFor, SHELLS, STOPPED } from '../../src/run/job.ts';
import { startPty } from '../helpers/pty.ts';
import type { Pty } from '../helpers/pty.ts';

let open: Pty | null = null;
afterEach(() => {
  open?.kill('SIGKILL');
  open = null;
});

const present = SHELLS.filter(([path]) => existsSync(path)).map((shell) => ({ path: shell[0], shell }));

describe.each(present)('$path', ({ shell }) => {
  const start = (command: string, ...args: string[]): Pty => {
    const job = asJob(command, args, shell);
    open = startPty(job.file, job.args, { env: { PATH: process.env['PATH'] ?? '', PS1: 'prompt' } });
    return open;
  };

  test('a job is stopped by Ctrl-Z, which is told, and goes on, again and again', async () => {
    const screen = start('sh', '-c', 'echo ready; while read line; do echo "<$line>"; done; exit 6');
    await screen.waitFor('ready');
    for (const round of [1, 2, 3]) {
      const stopped = once(process, STOPPED);
      screen.send('\x1a');
      await stopped;
      screen.kill('SIGCONT');
      screen.send(`round${round}\r`);
      await screen.waitFor(`<round${round}>`);
    }
    expect(screen.screen()).not.toMatch(/Stopped|prompt|fg/);
    screen.send('\x04');
    expect(await screen.exit()).toMatchObject({ code: 6 });
  });

  test('its exit status and what ends it come through', async () => {
    expect(await start('sh', '-c', 'exit 148').exit()).toMatchObject({ code: 148 });
    expect(await start('sh', '-c', 'kill -TERM $$').exit()).toMatchObject({ code: 143 });
    const screen = start('sh', '-c', 'echo ready; exec sleep 1000');
    await screen.waitFor('ready');
    screen.send('\x03');
    const { code, signal } = await screen.exit();
    expect(signal > 0 ? 128 + signal : code).toBe(130);
  });

  test('its command is a program and no command of the shell, its words are words, and its output is its own', async () => {
    const screen = start('printf', '%s|', '$HOME', 'a b', '', "'");
    expect(await screen.exit()).toMatchObject({ code: 0 });
    expect(screen.screen()).toBe("$HOME|a b||'|");
    const many = Array.from({ length: 5000 }, (_, index) => (index % 7 === 0 ? `it's ${index}` : `word ${index}`));
    const counted = start('sh', '-c', 'echo "$#"; eval "echo \\"\\${$#}\\""; echo "$8|${15}"', 'sh', ...many);
    await counted.exit();
    expect(counted.screen()).toBe("5000\nword 4999\nit's 7|it's 14");
    const other = start(
      'sh',
      '-c',
      'echo out; echo err >&2; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && ! [ -e /dev/fd/9 ] && echo ok',
    );
    await other.exit();
    expect(other.screen()).toBe('out\nerr\nok');
  });

  test('its process is found', async () => {
    const screen = start('sh', '-c', 'echo "pid=$$."; read line');
    const pid = Number(/pid=(\d+)\./.exec(await screen.waitFor(/pid=\d+\./))![1]);
    expect(jobOf(screen.pid)).toBe(pid);
  });
});

test('a variable whose name no shell would give reaches the program', async () => {
  const env = { PATH: process.env['PATH'] ?? '', 'discovery.type': 'single-node', 'a-b': 'dashed' };
  const script = `process.stdout.write(process.env['discovery.type'] + ' ' + process.env['a-b'])`;
  const job = asJob(process.execPath, ['-e', script], shellFor(Object.keys(env)));
  open = startPty(job.file, job.args, { env });
  expect(await open.exit()).toMatchObject({ code: 0 });
  expect(open.screen()).toBe('single-node dashed');
  expect(shellFor(['PATH'])).toBe(present[0]?.shell);
});
