/** Files that a rotation does not rewrite and that hold the old value or name it: told at each step where it matters, and in the way of the end. */
import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/evidence/types.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

const OLD = 'old-payment-key-0001';
const NEW = 'new-payment-key-0002';
let project: Project;
beforeEach(async () => {
  project = await makeProject({});
  await must(project.knox(['add', 'PAY_KEY', '-e', 'production'], OLD));
});
afterEach(() => project.remove());

const WORD = ['--confirm', 'update-production,delete-old,update-docs'];
const start = (...more: string[]) =>
  project.knox(['rotate', 'PAY_KEY', '--values-stdin', '--yes', ...more], JSON.stringify({ production: NEW }));
const goOn = (...more: string[]) => project.json(['rotate', 'PAY_KEY', ...WORD, ...more]);
const detail = async (step: number) =>
  (await project.json(['rotate', 'PAY_KEY', '--status'])).json.steps[step - 1]!.detail;
const FORCE = ['--force', 'still_referenced', '--reason', 'the app is moved by hand'];

test('a file of more than 256 MiB is not searched, which steps 1 and 8 say', async () => {
  project.write('big.img', '');
  truncateSync(join(project.folder, 'big.img'), 257 * 1_048_576);
  const begun = await start(...WORD, '--skip', 'monitor', '--force', 'too_early', '--reason', 'x');
  expect(begun.stderr).toContain('big.img is larger than 256 MiB and was not searched');
  expect(await detail(8)).toContain('not checked: big.img, too large to search; commands');
});

describe('a rotation that rewrites nothing', () => {
  test('says at steps 1, 6, 7 and 8 what is left as it is, and stops before step 9', async () => {
    project.write('.env', `PORT=1\n\nHOST=x\nPAY_KEY=${OLD}\n`);
    const begun = await start();
    expect(begun.exit).toBe(0);
    expect(begun.stderr).toContain('.env:4 holds the value of PAY_KEY for production and is not registered');
    expect(begun.stderr).not.toContain(OLD);
    expect(await detail(1)).toBe(
      'no registered file names it; this rotation rewrites nothing in production; not registered: .env:4',
    );
    expect(await detail(6)).toBe(
      'production: nothing was rewritten, no registered file names it; still with the old value: .env:4',
    );
    expect(begun.stdout.toString()).not.toContain('is watched');
    expect(begun.stdout.toString()).toContain('nothing there has a probe');
    project.laterBy(48);
    const stopped = await goOn();
    expect([stopped.exit, stopped.code, stopped.json.step]).toEqual([7, 'still_referenced', 'delete-old']);
    expect(await detail(8)).toContain('what reads .env:4, which the rotation did not rewrite');
    expect(stopped.json.steps[8]!.detail).toContain('.env:4 holds the value of PAY_KEY for production');
    expect((await project.knox(['get', 'PAY_KEY', '-e', 'production'])).stdout.toString()).toBe(OLD);
    const forced = await goOn('--force', 'still_referenced,still_used', '--reason', 'the app is moved by hand');
    expect([forced.exit, forced.json.state]).toEqual([0, 'done']);
    const { json } = await project.json<{ secrets: { exceptions: { guards: string[] }[] }[] }>(['evidence']);
    expect(json.secrets[0]!.exceptions.map(({ guards }) => guards)).toEqual([['still_referenced', 'still_used']]);
  });

  test.each([
    ['the value in base64', 'a.txt', () => `x: ${Buffer.from(OLD).toString('base64')}\n`, 'a.txt:1 holds the value'],
    [
      'the value in a file of 2 MiB',
      'dump.sql',
      () => `${'x\n'.repeat(1 << 20)}${OLD}\n`,
      'dump.sql:1048577 holds the value',
    ],
    ['the value in one of 17 MiB', 'c.bin', () => `${'\0'.repeat(17 << 20)}\n${OLD}`, 'c.bin:2 holds the value'],
    ['a placeholder', 'b.txt', () => 'a\n{{secret:PAY_KEY}}\n', 'b.txt:2 holds a placeholder of PAY_KEY'],
    ['a command', 'deploy.sh', () => 'x\nknox get PAY_KEY -e production\n', 'deploy.sh:2 runs knox with PAY_KEY'],
    ['the name', 'app.js', () => 'process.env.PAY_KEY\n', 'app.js:1 names PAY_KEY'],
  ])('%s in a file is in the way of step 9', async (_what, path, text, said) => {
    project.write(path, text());
    await start();
    project.laterBy(48);
    const stopped = await goOn();
    expect(stopped).toMatchObject({ exit: 7, code: 'still_referenced' });
    expect(stopped.json.steps[8]!.detail).toContain(said);
    expect((await goOn(...FORCE)).json.state).toBe('done');
  });

  test('a line that no pattern can be held against in two ways costs no time, and the place in a long file is right', async () => {
    project.write('deploy.sh', `#!/bin/sh\nknox${' --a'.repeat(100_000)} PAY_KEY ${'PAY_KEY '.repeat(100_000)}`);
    project.write('lines.txt', `PAY_KEY\n`.repeat(100_000));
    project.write('last.txt', `${'x PAY_KEY\n'.repeat(100_000)}y {{secret:PAY_KEY}}`);
    const begun = await start();
    expect(begun.exit).toBe(0);
    for (const said of ['deploy.sh:2 names it', 'lines.txt:1 names it', 'last.txt:100001 holds a placeholder'])
      expect(begun.stderr).toContain(said);
  });

  test('the name of a file is shown escaped', async () => {
    project.write('v\u202E\u001B[2Jx.env', `PAY_KEY=${OLD}\n`);
    const begun = await start();
    expect(begun.stderr).toContain(String.raw`v\u{202e}\x1b[2Jx.env:1 holds`);
    const shown = [begun.stderr, begun.stdout.toString(), await detail(1)].join('');
    for (const raw of ['\u202E', '\u001B[2J']) expect(shown).not.toContain(raw);
  });

  test('more files than are searched are told of at steps 1, 8 and 9', async () => {
    for (let index = 0; index < 20_000; index += 1) project.write(`many/${index}`, '');
    const rest = 'only the first 20000 files';
    expect((await start()).stderr).toContain(rest);
    project.laterBy(48);
    expect((await project.knox(['rotate', 'PAY_KEY', ...WORD])).stderr).toContain(rest);
    expect(await detail(8)).toContain('not checked: files beyond the first 20000');
  });

  test.each([
    ['a placeholder of what is current', 'b.txt', '{{secret:PAY_KEY@current}}\n'],
    ['a command for what is current', 'd.sh', 'knox get PAY_KEY@current -e production\n'],
    ['another name', 'c.txt', 'PAY_KEY_OLD MY_PAY_KEY\n'],
    ['a build', 'dist/app.js', 'process.env.PAY_KEY\n'],
  ])('%s is not', async (_what, path, text) => {
    project.write(path, text);
    await start();
    project.laterBy(48);
    expect((await goOn()).json.state).toBe('done');
  });

  test('what a registered link leads to is the registered file', async () => {
    project.write('real/app.env', 'K={{secret:PAY_KEY}}\n');
    symlinkSync('real/app.env', join(project.folder, 'app.env'));
    await must(project.knox(['route', 'add', 'app.env', '-e', 'production']));
    const begun = await start();
    expect(begun.stderr).not.toContain('is not registered');
    expect(project.read('real/app.env')).toBe('K={{secret:PAY_KEY_V2}}\n');
  });

  test('what knox itself wrote is no place that names it', async () => {
    await must(project.knox(['evidence', '--html', 'e.html']));
    for (const [file, argv] of [
      ['e.csv', ['evidence', '--csv']],
      ['e.json', ['evidence', '--json']],
      ['check.json', ['check', '--json']],
      ['log.json', ['audit', '--json']],
      ['list.json', ['list', '--json']],
    ] as const)
      project.write(file, (await project.knox(argv)).stdout.toString());
    project.write('log.jsonl', (await project.knox(['audit', '--format', 'jsonl'])).stdout.toString());
    await must(project.knox(['get', 'PAY_KEY', '-e', 'production', '--use-log', 'uses.log']));
    const begun = await start();
    expect(begun.stderr).not.toContain('is not registered');
    project.laterBy(48);
    expect((await goOn()).json.state).toBe('done');
  });
});

test('the name of a variable that a route gives is no reference elsewhere', async () => {
  project.write('.env', 'PAY_KEY={{secret:PAY_KEY}}\n');
  project.write('app.js', 'start(process.env.PAY_KEY)\n');
  // Literal text, as documentation of knox has it.
  project.write('notes.md', 'write \\{{secret:PAY_KEY}} there\n');
  await must(project.knox(['route', 'add', '.env', '-e', 'production', '--deploy-command', 'true']));
  await start();
  expect(project.read('.env')).toBe('PAY_KEY={{secret:PAY_KEY_V2}}\n');
  project.laterBy(48);
  expect((await goOn()).json.state).toBe('done');
});

describe('beside a route that the rotation rewrites', () => {
  beforeEach(async () => {
    project.write('p.txt', 'key: {{secret:PAY_KEY}}\n');
    await must(project.knox(['route', 'add', 'p.txt', '-e', 'production', '--deploy-command', 'true']));
  });

  test("a plain word is told, and in nobody's way", async () => {
    project.write('README', 'Our key is called PAY_KEY.\n');
    expect((await start()).stderr).toContain('README:1 names it and is not registered');
    project.laterBy(48);
    const ended = await project.knox(['rotate', 'PAY_KEY', ...WORD]);
    expect(ended.exit).toBe(0);
    expect(ended.stderr).toContain('README:1 names PAY_KEY');
  });

  test('a command that asks for the old version is in the way', async () => {
    project.write('deploy.sh', 'knox run -e production --secret KEY=PAY_KEY -- ./deploy\n');
    await start();
    project.laterBy(48);
    expect((await goOn()).code).toBe('still_referenced');
  });
});

test('a file that holds what has leaked is named, and does not keep it alive', async () => {
  project.write('.env', `PAY_KEY=${OLD}\n`);
  const leaked = [
    'rotate',
    'PAY_KEY',
    '--compromised',
    '--reason',
    'in a public log',
    '--values-stdin',
    '--yes',
    ...WORD,
  ];
  const ended = await project.knox(leaked, JSON.stringify({ production: NEW }));
  expect(ended).toMatchObject({ exit: 0, stderr: expect.stringContaining('  .env:1 holds the value of PAY_KEY') });
});

test('a name as short as a word is looked for where it stands as a placeholder or in a command', async () => {
  await must(project.knox(['add', 'key', '-e', 'production'], 'old-short-named-0001'));
  project.write('notes.txt', 'the key to the door\n');
  const values = JSON.stringify({ production: 'new-short-named-0002' });
  const begun = await project.knox(['rotate', 'key', '--values-stdin', '--yes'], values);
  expect([begun.exit, begun.stderr]).toEqual([0, expect.not.stringContaining('notes.txt')]);
  project.laterBy(48);
  expect((await project.json(['rotate', 'key', ...WORD])).json.state).toBe('done');
});

test('what a deploy command made of a route is no place that anybody forgot, until it is older than the route', async () => {
  project.write('p.txt', 'key: {{secret:PAY_KEY}}\n');
  await must(project.knox(['route', 'add', 'p.txt', '-e', 'production', '--deploy-command', 'cat > live.txt']));
  await must(project.knox(['render', 'p.txt', '-e', 'production', '-o', 'live.txt']));
  await must(project.knox(['render', 'p.txt', '-e', 'production', '-o', 'by-hand.txt']));
  const begun = await start();
  expect(begun.stderr).not.toContain('is not registered');
  project.laterBy(48);
  const stopped = await goOn();
  expect([stopped.code, stopped.json.steps[8]!.detail]).toEqual([
    'still_referenced',
    'by-hand.txt:1 holds the value of PAY_KEY for production',
  ]);
});

test('a registered file that holds the value itself is in the way too', async () => {
  project.write('p.env', `A={{secret:PAY_KEY}}\nB=${OLD}\n`);
  await must(project.knox(['route', 'add', 'p.env', '-e', 'production', '--deploy-command', 'true']));
  const begun = await start();
  expect(begun.stderr).toContain('p.env:2 holds the value of PAY_KEY for production itself');
  project.laterBy(48);
  expect((await goOn()).code).toBe('still_referenced');
  project.write('p.env', 'A={{secret:PAY_KEY_V2}}\n');
  expect((await goOn()).json.state).toBe('done');
});

describe('on a terminal', () => {
  /** Answers by a part of the question; a question that nobody expects fails. */
  function answering(answers: Record<string, unknown>, asked: string[] = []) {
    const answer = async ({ message }: { message: string }) => {
      asked.push(message);
      const known = Object.entries(answers).find(([part]) => message.includes(part));
      if (known === undefined) throw new Error(`nobody expected: ${message}`);
      return known[1];
    };
    return { prompts: { confirm: answer, select: answer, hidden: answer } as never };
  }

  test('the file is taken in: the placeholder in the place of the value, registered, and rewritten with the rest', async () => {
    project.write('.env', `PORT=1\nPAY_KEY="${OLD}"\nLAST=1`);
    const asked: string[] = [];
    const yes = answering({ 'Put {{secret:PAY_KEY}} into .env:2': true }, asked);
    const walked = await must(project.knox(['rotate', 'PAY_KEY', '--until', 'document'], '', yes));
    expect(walked.stderr.replace(/\s+/g, ' ')).toContain('.env becomes a template: start its program with knox run');
    expect(asked).toHaveLength(1);
    expect(project.read('.env')).toBe('PORT=1\nPAY_KEY="{{secret:PAY_KEY}}"\nLAST=1');
    expect(await detail(1)).toBe('1 route: .env');
    const begun = await start(...WORD);
    expect([begun.exit, project.read('.env')]).toEqual([0, 'PORT=1\nPAY_KEY="{{secret:PAY_KEY_V2}}"\nLAST=1']);
    project.laterBy(48);
    expect((await goOn()).json.state).toBe('done');
  });

  test('a no does not change it, without a green sign; step 9 asks for a word, once', async () => {
    project.write('.env', `PAY_KEY=${OLD}\n`);
    const no = answering({ 'Put {{secret:PAY_KEY}}': false });
    const begun = await must(project.knox(['rotate', 'PAY_KEY', '--until', 'document'], '', no));
    expect(project.read('.env')).toBe(`PAY_KEY=${OLD}\n`);
    expect(begun.stderr).not.toMatch(/[✔√] no registered/);
    await start();
    project.laterBy(48);
    const asked: string[] = [];
    const word = answering({ 'Revoke and delete PAY_KEY anyway': true, 'Did you revoke': false }, asked);
    const ran = await project.knox(['rotate', 'PAY_KEY'], '', word);
    expect(ran.stderr).toContain('.env:1 holds the value of PAY_KEY for production');
    await project.knox(['rotate', 'PAY_KEY'], '', word);
    expect(asked.filter((one) => one.includes('anyway'))).toHaveLength(1);
    const log = (await project.json<{ action: string; detail: object }[]>(['audit'])).json;
    expect(log.find(({ action }) => action === 'rotation-accepted')!.detail).toMatchObject({
      files: [{ path: '.env', line: 1, kind: 'value' }],
    });
    expect((await goOn()).json.state).toBe('done');
    const { json } = await project.json<Evidence>(['evidence']);
    expect(json.secrets[0]!.exceptions).toMatchObject([
      { guards: ['still_referenced'], reason: 'confirmed on the terminal for .env:1', action: 'rotation-accepted' },
    ]);
  });
});

test('what has no value in production is not said to be watched there; an environment without a probe is named', async () => {
  await must(project.knox(['add', 'stage_key', '-e', 'staging'], 'old-staging-key-1'));
  const values = '{"staging":"new-staging-key-1"}';
  const waits = await project.json(['rotate', 'stage_key', '--values-stdin', '--yes'], values);
  expect(waits.json.next).toMatch(/^The old value is kept until /);
  await start();
  expect(await detail(7)).toMatch(/^production has no probe and was not checked; last run /);
});
