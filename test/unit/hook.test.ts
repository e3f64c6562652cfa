import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { errors, isKnoxError } from '../../src/errors.ts';
import { runHook } from '../../src/routes/hook.ts';
import type { HookOptions } from '../../src/routes/hook.ts';
import type { Wanted } from '../../src/vault/gate/command-gate.ts';
import { isRunning } from '../helpers/is-running.ts';
import { routeRecord } from '../helpers/route-record.ts';

let root: string;
/** What went through the gate. */
let asked: string[];
beforeEach(() => {
  asked = [];
  root = realpathSync(mkdtempSync(join(tmpdir(), 'knox-hook-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(root, name), 'utf8');
const written = (name: string) => (existsSync(join(root, name)) ? read(name) : '');

interface More extends Partial<HookOptions> {
  readonly timeout?: number;
}

function hook(
  command: string,
  { timeout = 60, ...more }: More = {},
  signals: EventEmitter | null = null,
): Promise<void> {
  const gate = { requireAllowed: async ({ text }: Wanted) => void asked.push(text) };
  return runHook({
    route: routeRecord({ testCommand: command, timeout }),
    kind: 'test',
    rotation: 'r1',
    attempt: 'a1',
    input: Plaintext.fromText('K=value-of-the-key\n'),
    secrets: [{ name: 'api_key', value: Plaintext.fromText('value-of-the-key') }],
    services: { root, fetch, environment: { PATH: process.env['PATH'] ?? '', GIVEN: 'yes' }, signals, gate },
    ...more,
  });
}

/** What it fails with. */
async function failure(work: Promise<void>): Promise<{ code: string; message: string }> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isKnoxError(error)) throw new Error(`no failure of knox: ${String(error)}`);
  return { code: error.code, message: error.message };
}

describe('a command of a route', () => {
  test('runs in the root, with the rendered route on stdin, its variables, and no others than it is given', async () => {
    await hook('cat > got; pwd > where; env > variables');
    expect([read('got'), read('where').trim()]).toEqual(['K=value-of-the-key\n', root]);
    expect(asked).toEqual(['cat > got; pwd > where; env > variables']);
    const own = read('variables').split('\n');
    expect(own.filter((line) => /^(?:KNOX_|GIVEN)/.test(line)).toSorted()).toEqual([
      'GIVEN=yes',
      'KNOX_ATTEMPT=a1',
      'KNOX_ENVIRONMENT=staging',
      'KNOX_ROTATION=r1',
      'KNOX_ROUTE=config/app.env',
    ]);
    expect(own.some((line) => line.startsWith('HOME='))).toBe(false);
  });

  test('that the gate refuses does not run', async () => {
    const gate = { requireAllowed: async () => Promise.reject(errors.untrusted_command('not here')) };
    const services = { root, fetch, environment: { PATH: process.env['PATH'] ?? '' }, signals: null, gate };
    expect((await failure(hook('touch ran', { services }))).code).toBe('untrusted_command');
    expect(existsSync(join(root, 'ran'))).toBe(false);
  });

  test('outside of a rotation its two variables are empty', async () => {
    await hook('echo "[$KNOX_ROTATION$KNOX_ATTEMPT]" > got', { rotation: null, attempt: null });
    expect(read('got')).toBe('[]\n');
  });

  test('need not read what it is given, however much that is', async () => {
    await hook('exit 0', { input: new Plaintext(Buffer.alloc(4_000_000, 'x')) });
  });

  test('that fails says with which status, or by which signal', async () => {
    expect(await failure(hook('exit 7'))).toEqual({
      code: 'hook_failed',
      message: 'the command of config/app.env for staging failed with exit status 7',
    });
    expect((await failure(hook('kill -TERM $$'))).message).toContain('was killed by SIGTERM');
    expect((await failure(hook('no-such-program-here'))).message).toContain('exit status 127');
  });
});

describe('what it printed', () => {
  test('is shown when it fails, without any form of a value', async () => {
    const value = 'first line of it\nsecond line/of it\n';
    writeFileSync(join(root, 'v'), value);
    const { message } = await failure(
      hook('echo BEFORE; cat v; base64 v; sed -n 2p v >&2; printf %s first%20line%20of%20it; echo AFTER; exit 1', {
        secrets: [{ name: 'pem', value: Plaintext.fromText(value) }],
      }),
    );
    expect(message).toContain('BEFORE');
    expect(message).toContain('AFTER');
    expect(message).toContain('[knox:pem]');
    for (const form of ['first line', 'second line', 'first%20', Buffer.from(value).toString('base64').slice(0, 16)])
      expect(message).not.toContain(form);
  });

  test('holds no value that is written in lines of base64 either', async () => {
    const value = Array.from({ length: 40 }, (_, index) => `word-${index * 7919}`).join(' ');
    writeFileSync(join(root, 'v'), value);
    for (const command of ['base64 v', 'base64 -w 64 v', 'base64 -w 0 v']) {
      const { message } = await failure(
        hook(`${command}; exit 1`, { secrets: [{ name: 'long', value: Plaintext.fromText(value) }] }),
      );
      expect(message.split('\n').slice(1)).toEqual(['  [knox:long]']);
    }
  });

  test('moves no cursor and hides nothing: control characters are escaped', async () => {
    const { message } = await failure(hook("printf 'a\\033[2Jb\\342\\200\\256c'; exit 1"));
    for (const character of ['\u001b', '\u202e']) expect(message).not.toContain(character);
    expect(message).toMatch(/a.*\[2Jb.*c/);
  });

  test('is cut to its last lines, and a value that the cut goes through shows no rest of itself', async () => {
    // One line of values that is longer than what is kept, then some that are short.
    const { message } = await failure(
      hook('i=0; while [ $i -lt 14000 ]; do printf value-of-the-key; i=$((i+1)); done; echo; echo the end; exit 1'),
    );
    expect(message.split('\n').slice(1)).toEqual(['  the end']);
    const many = await failure(hook('seq 1 100000; exit 1'));
    expect(many.message.split('\n').length).toBeLessThan(20);
    expect(many.message.endsWith('100000')).toBe(true);
  });
});

describe('its end', () => {
  const inBackground = 'sleep 600 & echo $! > pid; wait';

  test('comes after its time, for all that it started', async () => {
    const { code, message } = await failure(hook(inBackground, { timeout: 1 }));
    expect([code, message]).toEqual(['hook_failed', expect.stringContaining('timed out after 1 second')]);
    await expect.poll(() => isRunning(Number(read('pid')))).toBe(false);
  });

  test('comes with that of knox: a signal ends both, and leaves no listener', async () => {
    const signals = new EventEmitter();
    const failed = failure(hook(inBackground, {}, signals));
    await expect.poll(() => written('pid')).not.toBe('');
    signals.emit('SIGINT');
    expect((await failed).code).toBe('cancelled');
    await expect.poll(() => isRunning(Number(read('pid')))).toBe(false);
    expect(['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => signals.listenerCount(name))).toEqual([0, 0, 0]);
  });

  test('is listened for before there is a program that it could leave behind', async () => {
    const signals = new EventEmitter();
    const programs = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
    const before = programs();
    const whenListening: number[] = [];
    signals.on('newListener', () => whenListening.push(programs() - before));
    await hook('true', {}, signals);
    expect(whenListening.slice(0, 3)).toEqual([0, 0, 0]);
    expect(['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => signals.listenerCount(name))).toEqual([0, 0, 0]);
  });

  test('is its own: a program that it left in the background is not waited for', async () => {
    await hook('sleep 600 & echo $! > pid');
    const pid = Number(read('pid'));
    expect(isRunning(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });
});
