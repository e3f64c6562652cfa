/** A colleague with staging alone registers a command; whoever holds more is asked before it runs here. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Io } from '../../src/session.ts';
import type { Choice, Prompts } from '../../src/terminal/prompts.ts';
import { must } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';
import type { Ran } from '../helpers/run-knox.ts';

let folder: string;
let sent: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'knox-others-'));
  sent = [];
  const init = await must(admin(['init', '--key-file', 'k.key', '--env', 'staging,production', '--json']));
  const { identity } = JSON.parse(init.stdout.toString()) as { identity: string };
  await must(admin(['add', 'api_key', '-e', 'staging'], 'staging-value-1234'));
  await must(admin(['add', 'api_key', '-e', 'production'], 'production-value-1234'));
  await must(admin(['add', 'common', '--shared'], 'shared-value-12345678'));
  const made = await must(colleague(['key', 'new', 'c.key', '--json']));
  const { publicKey } = JSON.parse(made.stdout.toString()) as { publicKey: string };
  await must(admin(['key', 'add', '--recipient', publicKey, '--env', 'staging', '--label', 'colleague']));
  await must(colleague(['trust', identity]));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fetchOf = (async (url: string) => {
  sent.push(url);
  return new Response(null, { status: 200 });
}) as unknown as typeof fetch;

function knox(
  who: string,
  key: string,
  argv: readonly string[],
  stdin = '',
  env: Record<string, string> = {},
  more: Partial<Io> = {},
): Promise<Ran> {
  const own = {
    KNOX_KEY_FILE: join(folder, key),
    XDG_STATE_HOME: join(folder, 'state', who),
    PATH: process.env['PATH'] ?? '',
  };
  return runKnox(folder, argv, stdin, { ...own, ...env }, { fetch: fetchOf, ...more });
}
const admin = (argv: readonly string[], stdin = '', env: Record<string, string> = {}, more: Partial<Io> = {}) =>
  knox('admin', 'k.key', argv, stdin, env, more);
const colleague = (argv: readonly string[], stdin = '') => knox('colleague', 'c.key', argv, stdin);

/** Answers the one question with the choice that begins so, and keeps what it offered. */
function answering(begins: string, offered: string[] = []): Partial<Io> {
  const prompts = {
    async select<Value>({ choices }: { choices: readonly Choice<Value>[] }): Promise<Value> {
      offered.push(...choices.map(({ name }) => name));
      return choices.find(({ name }) => name.startsWith(begins))!.value;
    },
  };
  return { prompts: prompts as unknown as Prompts };
}

function codeOf({ stderr }: Ran): string | undefined {
  const line = stderr.split('\n').find((one) => one.startsWith('{"error"'));
  return line === undefined ? undefined : (JSON.parse(line) as { error: { code: string } }).error.code;
}

const has = (file: string) => existsSync(join(folder, file));
const route = (command: string, label = '@notify') =>
  colleague(['route', 'add', label, '--template', '{{secret:api_key}}', '-e', 'staging', '--deploy-command', command]);
const testRoute = (command: string) => {
  writeFileSync(join(folder, 'app.env'), 'KEY={{secret:api_key}}\n');
  return colleague(['route', 'add', 'app.env', '-e', 'staging', '--test-command', command]);
};
const run = (env: Record<string, string> = {}, more: Partial<Io> = {}) =>
  admin(['route', 'test', 'app.env', '-e', 'staging'], '', env, more);

describe('a command that a colleague with fewer keys registered', () => {
  test('runs for the colleague, and for nobody with more, who is told what it is and how to allow it', async () => {
    await must(testRoute('echo ran >> out'));
    await must(colleague(['route', 'test', 'app.env', '-e', 'staging']));
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('ran\n');
    const refused = await run();
    expect(refused.exit).toBe(7);
    expect(refused.stderr).toContain(
      'the test command of app.env for staging may not run here: it was registered by "colleague"',
    );
    expect(refused.stderr).toContain('echo ran >> out');
    expect(refused.stderr).toContain('knox trust --commands-of colleague');
    expect(refused.stderr).toContain('KNOX_TRUST_COMMANDS=colleague');
    expect(codeOf(await admin(['route', 'test', 'app.env', '-e', 'staging', '--json']))).toBe('untrusted_command');
    expect((await admin(['route', 'test', 'app.env', '-e', 'staging', '--yes'])).exit).toBe(7);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('ran\n');
    // No value was given out: no use of it is recorded.
    const uses = await must(admin(['audit', '--action', 'use', '--json']));
    expect(JSON.parse(uses.stdout.toString())).toHaveLength(1);
  });

  test('cannot be forced', async () => {
    await must(testRoute('echo ran > out'));
    const forced = await admin([
      'route',
      'test',
      'app.env',
      '-e',
      'staging',
      '--force',
      'untrusted_command',
      '--reason',
      'x',
    ]);
    expect(forced.exit).toBe(2);
    expect(forced.stderr).toContain('untrusted_command cannot be forced');
    expect(has('out')).toBe(false);
  });

  test.each([
    ['the label', 'colleague'],
    ['another and the label', 'nobody, colleague'],
    ['the id', null],
  ])('runs where KNOX_TRUST_COMMANDS has %s', async (_name, word) => {
    await must(testRoute('echo ran > out'));
    const keys = await must(admin(['key', 'list', '--json']));
    const { id } = (JSON.parse(keys.stdout.toString()) as { id: string; label: string }[]).find(
      ({ label }) => label === 'colleague',
    )!;
    expect((await run({ KNOX_TRUST_COMMANDS: 'somebody' })).exit).toBe(7);
    expect((await run({ KNOX_TRUST_COMMANDS: word ?? id })).exit).toBe(0);
    expect(has('out')).toBe(true);
    // It holds for that run.
    expect((await run()).exit).toBe(7);
  });

  test('runs on this machine once its key was trusted here, whatever it registers later', async () => {
    await must(testRoute('echo one > out'));
    const trusted = await must(admin(['trust', '--commands-of', 'colleague']));
    expect(trusted.stdout.toString()).toContain('test: echo one > out');
    await must(run());
    await must(testRoute('echo two > out'));
    await must(run());
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('two\n');
    const state = join(folder, 'state/admin/knox/commands');
    for (const name of readdirSync(state)) expect(statSync(join(state, name)).mode & 0o777).toBe(0o600);
    // Elsewhere nothing is known of that.
    expect((await knox('elsewhere', 'k.key', ['route', 'test', 'app.env', '-e', 'staging'])).exit).toBe(7);
  });

  test('trust names a key that is there', async () => {
    expect((await admin(['trust', '--commands-of', 'nobody'])).exit).toBe(5);
    expect((await admin(['trust'])).exit).toBe(2);
    expect((await admin(['trust', 'knox_vault_1_x', '--commands-of', 'colleague'])).exit).toBe(2);
  });

  test('is shown on a terminal, and runs after a yes to this text, once asked', async () => {
    await must(testRoute('echo one > out'));
    const offered: string[] = [];
    const no = await run({}, answering('no', offered));
    expect(no.exit).toBe(7);
    expect(no.stderr).toContain('test: echo one > out');
    expect(no.stderr).toContain('Registered by "colleague", 2026-01-10');
    expect(offered).toHaveLength(4);
    await must(run({}, answering('yes, this text')));
    await must(run());
    // Another text is another question.
    await must(testRoute('echo two > out'));
    expect((await run()).exit).toBe(7);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('one\n');
    await must(run({}, answering('yes, and all')));
    await must(testRoute('echo three > out'));
    await must(run());
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('three\n');
  });

  test('is vouched for anew, for everybody', async () => {
    await must(testRoute('echo ran > out'));
    await must(run({}, answering('yes, for everybody')));
    await must(knox('elsewhere', 'k.key', ['route', 'test', 'app.env', '-e', 'staging']));
    const entries = await must(admin(['audit', '--action', 'vouch', '--json']));
    expect(JSON.parse(entries.stdout.toString())).toMatchObject([{ environment: 'staging' }]);
    expect((await admin(['audit', 'verify'])).exit).toBe(0);
  });

  test('asks once its key is removed, whatever was trusted of it', async () => {
    await must(testRoute('echo ran > out'));
    await must(admin(['trust', '--commands-of', 'colleague']));
    const keys = await must(admin(['key', 'list', '--json']));
    const { id } = (JSON.parse(keys.stdout.toString()) as { id: string; label: string }[]).find(
      ({ label }) => label === 'colleague',
    )!;
    const removed = await must(admin(['key', 'remove', id, '--yes']));
    expect(removed.stderr).toContain('echo ran > out');
    const refused = await run();
    expect(refused.exit).toBe(7);
    expect(refused.stderr).toContain('no key of this vault vouches for it');
    expect(has('out')).toBe(false);
    await must(run({}, answering('yes, this text')));
    expect(has('out')).toBe(true);
  });

  test('asks with the colleague’s own key where one with more was used', async () => {
    await must(testRoute('echo ran > out'));
    expect((await knox('admin', 'c.key', ['route', 'test', 'app.env', '-e', 'staging'])).exit).toBe(7);
    expect(has('out')).toBe(false);
  });
});

test('whoever changes a route takes over no command of others unseen', async () => {
  await must(testRoute('echo ran > out'));
  const add = (...more: string[]) => admin(['route', 'add', 'app.env', '-e', 'staging', '--yes', ...more]);
  for (const more of [[], ['--deploy-command', 'true'], ['--probe', 'https://api.example.com']])
    expect((await add(...more)).exit).toBe(7);
  // Given anew, or taken away, it is one's own.
  await must(add('--test-command', 'echo mine > out'));
  await must(run());
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('mine\n');
  await must(testRoute('echo ran > out'));
  await must(add('--test-command', '', '--deploy-command', 'true'));
  await must(route('cat > out'));
  const text = ['route', 'add', '@notify', '-e', 'staging'];
  expect((await admin([...text, '--deploy-command', 'sh'])).exit).toBe(7);
  await must(admin([...text, '--deploy-command', 'sh', '--template', '{{secret:api_key}}']));
});

test('an administrator’s command runs for a colleague', async () => {
  writeFileSync(join(folder, 'app.env'), 'KEY={{secret:api_key}}\n');
  await must(admin(['route', 'add', 'app.env', '-e', 'staging', '--test-command', 'echo ran > out']));
  await must(colleague(['route', 'test', 'app.env', '-e', 'staging']));
  expect(has('out')).toBe(true);
});

describe('an address', () => {
  const probe = (url: string, name: string) => {
    writeFileSync(join(folder, 'app.env'), 'KEY={{secret:api_key}}\n');
    const header = `Authorization: Bearer {{secret:${name}}}`;
    return admin(['route', 'remove', 'app.env', '--yes']).then(() =>
      colleague(['route', 'add', 'app.env', '-e', 'staging', '--probe', url, '--header', header, '--yes']),
    );
  };

  test('of whoever holds what goes there gets it; one on this machine asks', async () => {
    await must(probe('https://api.example.com/me', 'api_key'));
    await must(run());
    expect(sent).toEqual(['https://api.example.com/me']);
    await must(probe('http://127.0.0.1:8080/me', 'api_key'));
    expect((await run()).exit).toBe(7);
    await must(probe('https://10.0.0.7/me', 'api_key'));
    const refused = await run();
    expect(refused.exit).toBe(7);
    expect(refused.stderr).toContain('the probe of app.env for staging may not run here');
    expect(sent).toHaveLength(1);
  });
});

test('a source of a colleague is not asked', async () => {
  await must(colleague(['source', 'set', 'api_key', 'command', '--option', 'program=touch asked; echo "{}"']));
  const refused = await admin(['source', 'test', 'api_key']);
  expect(refused.exit).toBe(7);
  expect(refused.stderr).toContain('the source of api_key for staging may not run here');
  expect(has('asked')).toBe(false);
  await must(admin(['source', 'test', 'api_key'], '', { KNOX_TRUST_COMMANDS: 'colleague' }));
  expect(has('asked')).toBe(true);
});

test('a receiver of a colleague is not told', async () => {
  const made = await must(colleague(['notify', 'add', '--command', 'touch told', '--json']));
  const { id } = JSON.parse(made.stdout.toString()) as { id: string };
  expect((await admin(['notify', 'test', id])).exit).toBe(1);
  expect(has('told')).toBe(false);
  await must(colleague(['notify', 'test', id]));
  expect(has('told')).toBe(true);
});

describe('a rotation', () => {
  const VALUES = JSON.stringify({ staging: 'staging-value-5678', production: 'production-value-5678' });
  const rotate = (env: Record<string, string> = {}) =>
    admin(['rotate', 'api_key', '--yes', '--values-stdin', '--until', 'update-staging', '--json'], VALUES, env);

  test('runs no deploy command of a colleague', async () => {
    await must(route('cat > out'));
    const refused = await rotate();
    expect(refused.exit).toBe(7);
    expect(codeOf(refused)).toBe('untrusted_command');
    expect(has('out')).toBe(false);
    await must(rotate({ KNOX_TRUST_COMMANDS: 'colleague' }));
    expect(has('out')).toBe(true);
  });
});

test('a rotation runs no test command of a colleague, and takes none for begun', async () => {
  await must(testRoute('cat > out'));
  const values = JSON.stringify({ staging: 'staging-value-5678', production: 'production-value-5678' });
  const rotate = ['rotate', 'api_key', '--yes', '--until', 'test-staging', '--json'];
  const refused = await admin([...rotate, '--values-stdin'], values);
  expect([refused.exit, codeOf(refused), has('out')]).toEqual([7, 'untrusted_command', false]);
  const ran = await must(admin(rotate, '', { KNOX_TRUST_COMMANDS: 'colleague' }));
  expect([ran.stderr, has('out')]).toEqual([expect.not.stringContaining('runs_again'), true]);
});

describe('what is set for several environments is written where the key reaches, and the others are named', () => {
  test('a route', async () => {
    writeFileSync(join(folder, 'app.env'), 'KEY={{secret:api_key}}\n');
    await must(admin(['route', 'add', 'app.env', '-e', 'staging,production']));
    expect((await colleague(['route', 'remove', 'app.env', '-e', 'production'])).exit).toBe(4);
    const removed = await must(colleague(['route', 'remove', 'app.env']));
    expect(removed.stderr).toContain('app.env stays registered for production');
    const left = await must(admin(['route', 'list', '--json']));
    expect(JSON.parse(left.stdout.toString())).toMatchObject([{ environments: [{ environment: 'production' }] }]);
    expect((await colleague(['route', 'remove', 'app.env'])).exit).toBe(4);
    expect((await colleague(['route', 'add', 'app.env', '-e', 'production'])).exit).toBe(4);
  });

  test('a source', async () => {
    await must(admin(['source', 'set', 'api_key', 'generate']));
    const set = await must(colleague(['source', 'set', 'api_key', 'generate', '--option', 'length=40']));
    expect(set.stderr).toContain('not set for production');
    const removed = await must(colleague(['source', 'remove', 'api_key']));
    expect(removed.stderr).toContain('api_key keeps its source for production');
    const kept = await must(admin(['source', 'show', 'api_key', '--json']));
    expect(JSON.parse(kept.stdout.toString())).toMatchObject({ kind: 'generate', options: {} });
    expect((await colleague(['source', 'remove', 'api_key'])).exit).toBe(4);
  });

  test('a receiver', async () => {
    const add = await must(colleague(['notify', 'add', '--command', 'true', '--json']));
    const own = (JSON.parse(add.stdout.toString()) as { id: string }).id;
    expect((await must(colleague(['notify', 'add', '--command', 'true']))).stderr).toContain(
      'not for events in production',
    );
    const all = await must(admin(['notify', 'add', '--command', 'true', '--json']));
    const { id } = JSON.parse(all.stdout.toString()) as { id: string };
    const removed = await must(colleague(['notify', 'remove', id]));
    expect(removed.stderr).toContain(`${id} stays for production`);
    expect((await colleague(['notify', 'remove', id])).exit).toBe(4);
    expect((await colleague(['notify', 'test', id])).exit).toBe(4);
    await must(admin(['notify', 'remove', own]));
  });
});
