/** Questions as plain text (`KNOX_ACCESSIBLE=1`, `TERM=dumb`): the answers, the ways out, and that nothing but text is written. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startPty, type Pty } from '../helpers/pty.ts';

const PROGRAM = join(import.meta.dirname, 'prompts-program.ts');
const TIMEOUT = 60_000;

let started: Pty[] = [];

afterEach(async () => {
  for (const pty of started) pty.kill('SIGKILL');
  await Promise.all(started.map((pty) => pty.exit()));
  started = [];
});

function run(script: string): Pty {
  const pty = startPty('sh', ['-c', script], { columns: 120 });
  started.push(pty);
  return pty;
}

/** Asks the questions, then has `stty` say in which state the terminal was left. */
function ask(questions: string, before = ''): Pty {
  // Ctrl-C is a signal for the shell too, which goes on.
  return run(
    `trap : INT; ${before} ACCESSIBLE=1 "${process.execPath}" "${PROGRAM}" ${questions}; echo "exit $?"; stty -a`,
  );
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

async function expectRestored(pty: Pty, exit: number): Promise<void> {
  await pty.exit();
  const screen = pty.screen();
  expect(screen).toContain(`exit ${exit}`);
  for (const mode of ['echo', 'icanon', 'isig']) expect(screen).toMatch(new RegExp(`(?<!-)\\b${mode}\\b`));
  expect(pty.raw()).not.toContain('\x1b');
}

describe('a choice', () => {
  test('is a numbered list and a number', { timeout: TIMEOUT }, async () => {
    const pty = ask('select');
    const screen = await pty.waitFor('Enter a number (1 to 4, Enter means 2):');
    expect(screen).toBe(
      [
        'Which environment?',
        '1. development',
        '2. staging: where it is tried',
        '3. archive (cannot be chosen: read only)',
        '4. production',
        'Enter a number (1 to 4, Enter means 2):',
      ].join('\n'),
    );
    pty.send('5\r');
    await pty.waitFor('Not accepted: enter a number from 1 to 4');
    await pty.waitFor('Enter a number (1', { times: 2 });
    pty.send('3\r');
    await pty.waitFor('Not accepted: 3 cannot be chosen: read only');
    await pty.waitFor('Enter a number (1', { times: 3 });
    pty.send('4\r');
    await pty.waitFor('answer select "prd"');
    await expectRestored(pty, 0);
  });

  test('takes the default by Enter alone, and none where it is to be deliberate', { timeout: TIMEOUT }, async () => {
    const pty = ask('select deliberate');
    await pty.waitFor('Enter means 2):');
    pty.send('\r');
    await pty.waitFor('answer select "stg"');
    await pty.waitFor('Enter a number (1 to 4):');
    pty.send('\r');
    await pty.waitFor('Not accepted: enter a number from 1 to 4');
    await pty.waitFor('Enter a number (1 to 4):', { times: 2 });
    pty.send('1\r');
    await pty.waitFor('answer deliberate "dev"');
    await expectRestored(pty, 0);
  });

  test('among many takes a name too, and says what has a part of it', { timeout: TIMEOUT }, async () => {
    const pty = ask('search search');
    await pty.waitFor('Enter a number (1 to 30):');
    pty.send('t_2\r');
    await pty.waitFor(/Not accepted: enter a number from 1 to 30\n21\. secret_20\n(?:.*\n){8}30\. secret_29\nEnter/);
    pty.send('secret_27\r');
    await pty.waitFor('answer search "value-27"');
    await pty.waitFor('Enter a number (1 to 30):', { times: 3 });
    pty.send('27\r');
    await pty.waitFor('answer search "value-26"');
    await expectRestored(pty, 0);
  });

  test('of several is numbers with commas', { timeout: TIMEOUT }, async () => {
    const pty = ask('checkbox checkbox');
    await pty.waitFor('Enter numbers separated by commas (none for none of them, Enter means none):');
    pty.send('2,9\r');
    await pty.waitFor('Not accepted: enter a number from 1 to 4');
    await pty.waitFor('Enter numbers', { times: 2 });
    pty.send('2, 1\r');
    await pty.waitFor('answer checkbox ["dev","stg"]');
    await pty.waitFor('Enter numbers', { times: 3 });
    pty.send('\r');
    await pty.waitFor('answer checkbox []');
    await expectRestored(pty, 0);
  });
});

describe('other questions', () => {
  test('a yes or no', { timeout: TIMEOUT }, async () => {
    const pty = ask('confirm agree explicit');
    await pty.waitFor('Go on? (y/n, Enter means no):');
    pty.send('perhaps\r');
    await pty.waitFor('Not accepted: type y or n');
    await pty.waitFor('Go on?', { times: 2 });
    pty.send('y\r');
    await pty.waitFor('answer confirm true');
    await pty.waitFor('Agree? (y/n, Enter means yes):');
    pty.send('\r');
    await pty.waitFor('answer agree true');
    await pty.waitFor('Deploy production? (y/n):');
    pty.send('\r');
    await pty.waitFor('type y or n', { times: 2 });
    await pty.waitFor('Deploy production? (y/n):', { times: 2 });
    pty.send('NO\r');
    await pty.waitFor('answer explicit false');
    await expectRestored(pty, 0);
  });

  test('a line of text, edited by the terminal', { timeout: TIMEOUT }, async () => {
    const pty = ask('input input');
    await pty.waitFor('Reason (Enter means none):');
    pty.send('ab\r');
    await pty.waitFor('Not accepted: say a little more');
    await pty.waitFor('Reason', { times: 2 });
    pty.send('abcü\x7fd\r');
    await pty.waitFor('answer input "abcd"');
    await pty.waitFor('Reason', { times: 3 });
    pty.send('\r');
    await pty.waitFor('answer input "none"');
    await pty.exit();
  });

  test('a hidden value is neither shown nor counted', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden');
    expect(await pty.waitFor('(hidden, Enter ends it):')).toBe(
      'From the\\x1bprovider.\nNew value (hidden, Enter ends it):',
    );
    pty.send('\r');
    await pty.waitFor('Not accepted: nothing was typed');
    await pty.waitFor('(hidden', { times: 2 });
    const before = pty.raw().length;
    for (const key of 'pä$$w0rd') pty.send(key);
    pty.send('\r');
    await pty.waitFor(`answer hidden "${hex('pä$$w0rd')}"`);
    expect(pty.raw().slice(before)).toMatch(/^\r?\nanswer hidden/);
    await expectRestored(pty, 0);
  });

  test('a hidden value of many lines is pasted whole', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden');
    await pty.waitFor('(hidden');
    expect(pty.isMarkingPastes()).toBe(false);
    pty.paste('one\ntwo\n\nthree');
    pty.send('\r');
    await pty.waitFor(`answer hidden "${hex('one\ntwo\n\nthree')}"`);
    await expectRestored(pty, 0);
  });
});

const OPEN: [question: string, shown: string][] = [
  ['hidden', '(hidden'],
  ['confirm', 'Go on?'],
  ['select', 'Enter a number'],
  ['checkbox', 'Enter numbers'],
  ['input', 'Reason'],
];

describe.each(OPEN)('%s', (question, shown) => {
  test.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D on nothing', '\x04'],
  ])('%s cancels and gives the terminal back', { timeout: TIMEOUT }, async (_name, key) => {
    const pty = ask(question);
    await pty.waitFor(shown);
    pty.send(key);
    await pty.waitFor(/^answer failed cancelled/m);
    await expectRestored(pty, 130);
  });

  test('SIGTERM gives the terminal back', { timeout: TIMEOUT }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-pty-'));
    const pidFile = join(folder, 'pid');
    const program = `ACCESSIBLE=1 exec "${process.execPath}" "${PROGRAM}" ${question}`;
    const pty = run(`sh -c 'echo $$ > "${pidFile}"; ${program}'; echo "exit $?"; stty -a`);
    await pty.waitFor(shown);
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
    rmSync(folder, { recursive: true });
    await pty.waitFor('answer failed cancelled');
    await expectRestored(pty, 130);
  });

  test('is shown again after Ctrl-Z and fg', { timeout: TIMEOUT }, async () => {
    const env = { PATH: process.env['PATH']!, PS1: 'shell> ', ACCESSIBLE: '1' };
    const pty = startPty('bash', ['--norc', '--noprofile', '-i'], { env, columns: 120 });
    started.push(pty);
    await pty.waitFor('shell>');
    pty.send(`"${process.execPath}" "${PROGRAM}" ${question}\r`);
    await pty.waitFor(shown);
    pty.send('\x1a');
    await pty.waitFor('Stopped');
    pty.send('fg\r');
    await pty.waitFor(shown, { times: 2 });
    pty.send('\x03');
    await pty.waitFor('answer failed cancelled');
  });
});

describe('what was typed before a question was shown', () => {
  const QUESTIONS: [question: string, typed: string, shown: string, keys: string, answer: string][] = [
    ['confirm', 'y\r\r', 'Go on?', '\r', 'false'],
    ['explicit', 'y\ry\r', 'Deploy production?', 'n\r', 'false'],
    ['select', '4\r', 'Enter a number', '\r', '"stg"'],
    ['checkbox', '1', 'Enter numbers', '2\r', '["stg"]'],
    ['input', 'typed too early\r', 'Reason', '\r', '"none"'],
    ['hidden', 'typed too early\r', '(hidden', 'v\r', '"76"'],
  ];

  test.each(QUESTIONS)('does not answer it: %s', { timeout: TIMEOUT }, async (question, typed, shown, keys, answer) => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-pty-'));
    const until = join(folder, 'until');
    const pty = ask(question, `BUSY_UNTIL="${until}"`);
    await pty.waitFor('busy');
    pty.send(typed);
    // The terminal shows what was typed: it waits in its queue now.
    await pty.waitFor(typed.replace(/\r.*$/s, ''));
    expect(existsSync(until)).toBe(false);
    writeFileSync(until, '');
    await pty.waitFor(shown);
    expect(pty.screen()).not.toContain('answer');
    pty.send(keys);
    await pty.waitFor(`answer ${question} ${answer}`);
    await expectRestored(pty, 0);
    rmSync(folder, { recursive: true });
  });
});
