import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startPty, type Pty, type PtyOptions } from '../helpers/pty.ts';

const PROGRAM = join(import.meta.dirname, 'prompts-program.ts');
const TIMEOUT = 60_000;

let started: Pty[] = [];

afterEach(async () => {
  for (const pty of started) {
    pty.kill('SIGKILL');
  }
  await Promise.all(started.map((pty) => pty.exit()));
  started = [];
});

function run(script: string, options?: PtyOptions): Pty {
  const pty = startPty('sh', ['-c', script], options);
  started.push(pty);
  return pty;
}

/** Asks the questions, then has `stty` say in which state the terminal was left. */
function ask(questions: string, options?: PtyOptions): Pty {
  return run(`"${process.execPath}" "${PROGRAM}" ${questions}; echo "exit $?"; stty -a`, options);
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

async function expectRestored(pty: Pty, exit: number): Promise<void> {
  await pty.exit();
  const screen = pty.screen();
  expect(screen).toContain(`exit ${exit}`);
  expect(screen).toMatch(/(?<!-)\becho\b/);
  expect(screen).toMatch(/(?<!-)\bicanon\b/);
  expect(screen).toMatch(/(?<!-)\bisig\b/);
  expect(pty.isMarkingPastes()).toBe(false);
  expect(pty.isCursorHidden()).toBe(false);
}

describe('a hidden question', () => {
  test('takes what is typed, and draws neither it nor its length', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden');
    await pty.waitFor('(hidden, Enter ends it)');
    for (const key of 'pä$$w0rd') {
      pty.send(key);
    }
    await pty.waitFor('••••••');
    pty.send('\r');
    const screen = await pty.waitFor(`answer hidden "${hex('pä$$w0rd')}"`);
    await expectRestored(pty, 0);
    expect(screen).toContain('? New value ••••••\n');
    expect(screen).toContain('From the\\x1bprovider.');
    expect(pty.raw()).not.toMatch(/ä|\$\$|w0/);
    // One mark for the first key, one at the end at most: the number of keys can't be counted.
    expect(pty.raw().split('••••••').length - 1).toBe(1);
  });

  test('takes a paste of many lines whole', { timeout: TIMEOUT }, async () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n'.repeat(30)}-----END PRIVATE KEY-----\n`;
    const pty = ask('hidden');
    await pty.waitFor('(hidden');
    expect(pty.isMarkingPastes()).toBe(true);
    pty.paste(key);
    await pty.waitFor('••••••');
    expect(pty.screen()).not.toContain('answer');
    pty.send('\r');
    await expectRestored(pty, 0);
    const answer = /answer hidden "([0-9a-f]+)"/.exec(pty.screen().replaceAll('\n', ''));
    expect(Buffer.from(answer![1]!, 'hex').toString()).toBe(key.slice(0, -1));
    expect(pty.raw()).not.toContain('MIIE');
  });

  test('takes an unmarked paste of many lines whole', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden');
    await pty.waitFor('(hidden');
    pty.send('one\rtwo\r\rthree');
    await pty.waitFor('••••••');
    pty.send('\r');
    await pty.waitFor(`answer hidden "${hex('one\ntwo\n\nthree')}"`);
    await expectRestored(pty, 0);
  });

  test('takes a paste of 200 KB', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden');
    await pty.waitFor('(hidden');
    pty.paste('0123456789abcdef'.repeat(12_800));
    await pty.waitFor('••••••');
    pty.send('\r');
    await pty.waitFor('answer hidden "204800 bytes"');
    await expectRestored(pty, 0);
  });

  test('lets characters be taken back', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden');
    await pty.waitFor('(hidden');
    pty.send('xy\x15aé\x7f\x7f\x7fb\x1b[Dc');
    await pty.waitFor('••••••');
    pty.send('\r');
    await pty.waitFor(`answer hidden "${hex('bc')}"`);
  });

  test('asks again after an empty Enter, unless empty is allowed', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden empty');
    await pty.waitFor('(hidden');
    pty.send('\r');
    await pty.waitFor('(nothing yet; Ctrl-C leaves)');
    pty.send('x\r');
    await pty.waitFor('answer hidden "78"');
    await pty.waitFor('May be empty (hidden');
    pty.send('\r');
    await pty.waitFor('answer empty ""');
    await expectRestored(pty, 0);
  });

  test('takes nothing that was typed behind the Enter of the one before', { timeout: TIMEOUT }, async () => {
    const pty = ask('first second');
    await pty.waitFor('First passphrase (hidden');
    pty.send('abc\rdef\r');
    await pty.waitFor(`answer first "${hex('abc')}"`);
    await pty.waitFor('Second passphrase (hidden');
    pty.send('ghi\r');
    await pty.waitFor(`answer second "${hex('ghi')}"`);
    await expectRestored(pty, 0);
  });

  test.each([80, 120])('draws its mark in place in %i columns', { timeout: TIMEOUT }, async (columns) => {
    const pty = ask('wide', { columns });
    await pty.waitFor('(hidden, Enter ends it)');
    pty.send('a');
    await pty.waitFor('••••••');
    pty.send('\x7f');
    await pty.waitFor('(hidden, Enter ends it)');
    pty.send('abc');
    await pty.waitFor('••••••');
    const lines = pty.screen().split('\n');
    expect(lines).toHaveLength(columns === 80 ? 3 : 2);
    expect(lines.at(-1)!.trim()).toBe(columns === 80 ? '_long_name_ in production ••••••' : '••••••');
    pty.send('\r');
    await pty.waitFor(`answer wide "${hex('abc')}"`);
  });

  test('is given up at the end of input', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden');
    await pty.waitFor('(hidden');
    pty.send('\x04');
    await pty.waitFor('answer failed cancelled');
    await expectRestored(pty, 130);
  });
});

const OPEN: [string, string][] = [
  ['hidden', '(hidden'],
  ['confirm', 'Go on?'],
  ['select', 'enter select'],
  ['search', 'enter select'],
  ['checkbox', 'enter submit'],
  ['input', 'Reason (none)'],
];

describe('Ctrl-Z and fg', () => {
  const shownBy = new Map(OPEN);

  /** A shell with job control, in which the questions are asked and stopped. */
  async function stopAndGoOn(question: string, shown: string, before: string, wrapper?: string): Promise<Pty> {
    const env = { PATH: process.env['PATH']!, PS1: 'shell> ' };
    const pty = startPty('bash', ['--norc', '--noprofile', '-i'], { env, columns: 120 });
    started.push(pty);
    await pty.waitFor('shell>');
    const program = `"${process.execPath}" "${PROGRAM}" ${question}`;
    pty.send(wrapper === undefined ? `${program}\r` : `${wrapper} '${program}; echo over'\r`);
    await pty.waitFor(shown);
    pty.send(`${before}\x1a`);
    await pty.waitFor('Stopped');
    pty.send('stty -a | grep -o " echo "; echo "seen$((40+2))"\r');
    expect(await pty.waitFor('seen42')).toMatch(/\n echo\n/);
    pty.send('fg\r');
    return pty;
  }

  test('a hidden question goes on with what was typed', { timeout: TIMEOUT }, async () => {
    const pty = await stopAndGoOn('hidden', '(hidden', 'ab');
    await pty.waitFor('? New value ••••••', { times: 2 });
    pty.send('c\r');
    await pty.waitFor(`answer hidden "${hex('abc')}"`);
  });

  test('another question goes on', { timeout: TIMEOUT }, async () => {
    const pty = await stopAndGoOn('confirm', 'Go on? (y/N)', '');
    await pty.waitFor('? Go on? (y/N)', { times: 2 });
    pty.send('y');
    await pty.waitFor('(y/N) y');
    pty.send('\r');
    await pty.waitFor('answer confirm true');
  });

  test('a picker is drawn whole again, where its arrow stood', { timeout: TIMEOUT }, async () => {
    const pty = await stopAndGoOn('select', '❯ staging', '\x1b[A');
    const screen = await pty.waitFor('enter select', { times: 2 });
    const again = screen.slice(screen.lastIndexOf('Which environment?'));
    expect(again).toContain('❯ development');
    expect(again).toContain('  production');
    pty.send('\r');
    await pty.waitFor('answer select "dev"');
  });

  test.each(['hidden', 'confirm', 'select', 'input'])(
    '%s: a wrapper that waits is stopped too, and the shell has the terminal',
    { timeout: TIMEOUT },
    async (question) => {
      const pty = await stopAndGoOn(question, shownBy.get(question)!, '', 'sh -c');
      await pty.waitFor(shownBy.get(question)!, { times: 2 });
      pty.send('\x03');
      await pty.waitFor('answer failed cancelled');
    },
  );
});

test.each([
  ['hidden', 'v\r', '"76"'],
  ['select', '\r', '"stg"'],
])(
  'Ctrl-Z where no shell could take it up again stops nothing: %s is asked on',
  { timeout: TIMEOUT },
  async (question, keys, answer) => {
    // The first process of its session: nobody is there to let it go on.
    const pty = startPty(process.execPath, [PROGRAM, question]);
    started.push(pty);
    const shown = new Map(OPEN).get(question)!;
    await pty.waitFor(shown);
    pty.send('\x1a');
    await pty.waitFor(shown, { times: 2 });
    pty.send(keys);
    await pty.waitFor(`answer ${question} ${answer}`);
  },
);

describe('what was typed before a question was shown', () => {
  const QUESTIONS: [question: string, typed: string, shown: string, keys: string, answer: string][] = [
    ['confirm', 'y\r\r', 'Go on? (y/N)', '\r', 'false'],
    ['agree', 'n\r', 'Agree? (Y/n)', '\r', 'true'],
    ['explicit', 'y\ry\r', 'Deploy production? (y/n)', 'n\r', 'false'],
    ['select', '\x1b[A\r\r', '❯ staging', '\r', '"stg"'],
    ['deliberate', 'no\r\r', '❯ nothing yet', '\x1b[B\r', '"dev"'],
    ['search', '27\r', '❯ secret_00', '\r', '"value-0"'],
    ['input', 'typed too early\r', 'Reason (none)', '\r', '"none"'],
    ['hidden', 'typed too early\r', '(hidden', 'v\r', '"76"'],
    ['first', 'half a lin', '(hidden', 'v\r', '"76"'],
  ];

  test.each(QUESTIONS)('does not answer it: %s', { timeout: TIMEOUT }, async (question, typed, shown, keys, answer) => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-pty-'));
    const until = join(folder, 'until');
    const pty = run(`BUSY_UNTIL="${until}" "${process.execPath}" "${PROGRAM}" ${question}; echo "exit $?"; stty -a`);
    await pty.waitFor('busy');
    pty.send(typed);
    // The terminal shows what was typed: it waits in its queue now.
    await pty.waitFor(typed.startsWith('\x1b') ? '^[[A' : typed.replace(/\r.*$/s, ''));
    writeFileSync(until, '');
    await pty.waitFor(shown);
    expect(pty.screen()).not.toContain('answer');
    pty.send(keys);
    await pty.waitFor(`answer ${question} ${answer}`);
    await expectRestored(pty, 0);
    rmSync(folder, { recursive: true });
  });
});

describe('an Enter alone', () => {
  test('is neither a yes nor a no where y or n has to be typed', { timeout: TIMEOUT }, async () => {
    const pty = ask('explicit');
    await pty.waitFor('Deploy production? (y/n)');
    pty.send('\r');
    await pty.waitFor('type y or n');
    expect(pty.screen()).not.toContain('answer');
    pty.send('y\r');
    await pty.waitFor('answer explicit true');
    await expectRestored(pty, 0);
  });

  test('chooses nothing where a choice is to be deliberate', { timeout: TIMEOUT }, async () => {
    const pty = ask('deliberate');
    await pty.waitFor('❯ nothing yet');
    pty.send('\r');
    await pty.waitFor('not this one');
    pty.send('\x1b[B\r');
    await pty.waitFor('answer deliberate "dev"');
    await expectRestored(pty, 0);
  });
});

describe.each(OPEN)('%s', (question, shown) => {
  test('Ctrl-C cancels and gives the terminal back', { timeout: TIMEOUT }, async () => {
    const pty = ask(question);
    await pty.waitFor(shown);
    pty.send('\x03');
    await pty.waitFor('answer failed cancelled');
    await expectRestored(pty, 130);
  });

  test('Ctrl-D on nothing cancels and gives the terminal back', { timeout: TIMEOUT }, async () => {
    const pty = ask(question);
    await pty.waitFor(shown);
    pty.send('\x04');
    await pty.waitFor('answer failed cancelled');
    await expectRestored(pty, 130);
  });

  test.each(['TERM', 'HUP', 'INT'])('SIG%s gives the terminal back', { timeout: TIMEOUT }, async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-pty-'));
    const pidFile = join(folder, 'pid');
    const pty = run(
      `sh -c 'echo $$ > "${pidFile}"; exec "${process.execPath}" "${PROGRAM}" ${question}'; echo "exit $?"; stty -a`,
    );
    await pty.waitFor(shown);
    process.kill(Number(readFileSync(pidFile, 'utf8')), `SIG${signal}`);
    rmSync(folder, { recursive: true });
    await pty.waitFor('answer failed cancelled');
    await expectRestored(pty, 130);
  });
});

describe('other questions', () => {
  test('confirm takes yes, no and the default', { timeout: TIMEOUT }, async () => {
    const pty = ask('confirm confirm agree');
    await pty.waitFor('Go on? (y/N)');
    pty.send('y\r');
    await pty.waitFor('answer confirm true');
    await pty.waitFor('Go on? (y/N)');
    pty.send('\r');
    await pty.waitFor('answer confirm false');
    await pty.waitFor('Agree? (Y/n)');
    pty.send('\r');
    await pty.waitFor('answer agree true');
    await expectRestored(pty, 0);
  });

  test('select begins at the default and moves', { timeout: TIMEOUT }, async () => {
    const pty = ask('select');
    await pty.waitFor('❯ staging');
    await pty.waitFor('where it is tried');
    pty.send('\x1b[A');
    await pty.waitFor('❯ development');
    pty.send('\r');
    await pty.waitFor('answer select "dev"');
    await expectRestored(pty, 0);
  });

  test.each([80, 120])(
    'a long list is narrowed down by typing, in %i columns',
    { timeout: TIMEOUT },
    async (columns) => {
      const pty = ask('search', { columns });
      await pty.waitFor('❯ secret_00');
      pty.send('27');
      await pty.waitFor('❯ secret_27');
      pty.send('\r');
      await pty.waitFor('answer search "value-27"');
      await expectRestored(pty, 0);
    },
  );

  test('checkbox gives the marked choices', { timeout: TIMEOUT }, async () => {
    const pty = ask('checkbox');
    await pty.waitFor('❯ ○ development');
    pty.send(' ');
    await pty.waitFor('❯ ◉ development');
    pty.send('\x1b[B');
    await pty.waitFor('❯ ○ staging');
    pty.send(' ');
    await pty.waitFor('❯ ◉ staging');
    pty.send('\r');
    await pty.waitFor('answer checkbox ["dev","stg"]');
    await expectRestored(pty, 0);
  });

  test('input says what is wrong and takes the default', { timeout: TIMEOUT }, async () => {
    const pty = ask('input input');
    await pty.waitFor('Reason (none)');
    pty.send('ab\r');
    await pty.waitFor('say a little more');
    pty.send('cd\r');
    await pty.waitFor('answer input "abcd"');
    await pty.waitFor('Reason (none)');
    pty.send('\r');
    await pty.waitFor('answer input "none"');
    await expectRestored(pty, 0);
  });
});

describe('which terminal', () => {
  test('questions do not go to stdout', { timeout: TIMEOUT }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'knox-pty-'));
    const file = join(folder, 'out');
    const pty = run(`"${process.execPath}" "${PROGRAM}" hidden select > "${file}"; echo "exit $?"; stty -a`);
    await pty.waitFor('(hidden');
    pty.send('v\r');
    await pty.waitFor('❯ staging');
    pty.send('\r');
    await expectRestored(pty, 0);
    expect(readFileSync(file, 'utf8')).toBe('answer hidden "76"\nanswer select "stg"\n');
    rmSync(folder, { recursive: true });
  });

  test.each(['< /dev/null', '2> /dev/null'])(
    '/dev/tty stands in where a stream is redirected: %s',
    { timeout: TIMEOUT },
    async (redirection) => {
      const pty = ask(`hidden confirm hidden ${redirection}`);
      await pty.waitFor('(hidden');
      pty.send('v\r');
      await pty.waitFor('Go on?');
      pty.send('y\r');
      await pty.waitFor('answer confirm true');
      await pty.waitFor('(hidden');
      pty.send('w\r');
      await pty.waitFor('answer hidden "77"');
      await expectRestored(pty, 0);
    },
  );

  test('no terminal at all', { timeout: TIMEOUT }, async () => {
    const pty = ask('hidden < /dev/null 2> /dev/null');
    await pty.waitFor('answer no terminal');
    await expectRestored(pty, 0);
  });

  test('no controlling terminal to stand in', { timeout: TIMEOUT }, async () => {
    const pty = run(`setsid -w "${process.execPath}" "${PROGRAM}" hidden < /dev/null; echo "exit $?"; stty -a`);
    await pty.waitFor('answer no terminal');
    await expectRestored(pty, 0);
  });
});
