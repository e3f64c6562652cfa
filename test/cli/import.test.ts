/** What `import` makes of real files: the dry run, what it refuses with each line, settings, other tools' ciphertext, and files saved elsewhere. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hints: string[];
}

async function into(file: string, text: string | Buffer, ...argv: string[]) {
  writeFileSync(join(project.folder, file), text);
  const ran = await project.knox(['import', file, '-e', 'development', '--json', ...argv]);
  const lines = ran.stderr.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as object]));
  const [failure] = lines.flatMap((line) => ('error' in line ? [line.error as Failure] : []));
  const warnings = lines.flatMap((line) => ('warning' in line ? [line.warning as Omit<Failure, 'hints'>] : []));
  return { exit: ran.exit, failure, warnings, stdout: ran.stdout.toString() };
}
const kinds = async () =>
  Object.fromEntries(
    (await project.json<{ name: string; kind: string }[]>(['list'])).json.map(({ name, kind }) => [name, kind]),
  );

const LIVE = `sk_live_${'4242'.repeat(6)}`;

describe('a dry run ends as the run does', () => {
  test.each([
    ['what belongs elsewhere', `A=long-enough\nONE=${LIVE}\nTWO='${LIVE}x'\n`, 7, 'wrong_environment'],
    ['what is stored with another value', 'A=long-enough\napi_key=another-value\n', 6, 'value_exists'],
    ['what is too long', `A=long-enough\nB=${'x'.repeat(1_048_577)}\n`, 2, 'invalid_value'],
    ['what is fine', 'A=long-enough\nB=one-more-value\n', 0, undefined],
  ])('%s', async (_what, text, exit, code) => {
    const before = await project.json(['audit']);
    const dry = await into('a.env', text, '--dry-run');
    expect([dry.exit, dry.failure?.code]).toEqual([exit, code]);
    expect(await kinds()).toEqual({ api_key: 'standard' });
    expect(await project.json(['audit'])).toEqual(before);
    expect(await into('a.env', text)).toEqual(dry);
  });

  test('each offending line is named with its variable', async () => {
    const { failure } = await into('a.env', `A=long-enough\nONE=${LIVE}\n\nTWO='${LIVE}x'\n`);
    expect(failure!.message.split('\n')).toEqual([
      expect.stringMatching(/^a\.env:2 ONE: .*Stripe live key/),
      expect.stringMatching(/^a\.env:4 TWO: .*Stripe live key/),
    ]);
    expect(failure!.hints).toContain('nothing was imported');
    const conflicts = await into('b.env', 'api_key=another-value\nB=b-long-value\n');
    expect(conflicts.failure!.message).toMatch(/^b\.env:1 api_key: /);
  });

  test('--force names the guard that is to be overridden', async () => {
    const forced = ['--force', 'wrong_environment', '--reason', 'a test'];
    expect((await into('a.env', `ONE=${LIVE}\n`, ...forced)).exit).toBe(0);
  });
});

test('plain settings are of the kind config, and what could be a secret is not', async () => {
  const settings = {
    NODE_ENV: 'production',
    PORT: '3000',
    APP_URL: 'https://shop.example.com',
    LOG_LEVEL: 'info',
    AWS_REGION: 'eu-west-1',
    DEBUG: 'false',
    CORS_ORIGIN: '*',
    REDIS_HOST: 'localhost',
    ENABLE_SIGNUP: 'true',
    SITE_URL: 'https://h:${PORT}/app',
  };
  const secrets = {
    DATABASE_URL: 'postgres://app:hunter2@db/app',
    STRIPE_KEY: 'sk_test_424242424242424242424242',
    APP_SECRET: 'production',
    DB_PASSWORD: 'letmein',
    ADMIN_PIN: '1234',
    SLACK_WEBHOOK_URL: 'https://hooks.example.com/services',
    CALLBACK_URL: 'https://x.example.com/T0AB12CD34/B0EF56GH78/aZ9bY8cX7dW6',
    APP_MODE: 'q7Zk2Lx9Wp4Rt8Yb',
    WHATEVER: 'something',
    APP_LOGIN: 'letmein42',
    APP_DOOR_CODE: '4711',
    ENABLE_THING: 'hunter2',
    HOST_URL: 'https://app:hunter2@example.com',
    SESSION_TIMEOUT: '30m',
  };
  const text = Object.entries({ ...settings, ...secrets }).map(([name, value]) => `${name}='${value}'\n`);
  expect((await into('a.env', text.join(''))).exit).toBe(0);
  const found = await kinds();
  for (const name of Object.keys(settings)) expect([name, found[name]]).toEqual([name, 'config']);
  for (const name of Object.keys(secrets)) expect([name, found[name]]).toEqual([name, 'standard']);
  writeFileSync(join(project.folder, 'b.env'), 'API_PORT=1\nLOG_FORMAT=json\n');
  const said = await must(project.knox(['import', 'b.env', '-e', 'development', '--prefix', 'P_']));
  expect(said.stderr).toContain('LOG_FORMAT');
  expect((await into('c.env', 'LOG_MODE=full\n', '--kind', 'critical')).exit).toBe(0);
  expect((await kinds())['LOG_MODE']).toBe('critical');
});

test('a setting of the environment is not masked in what a command prints', async () => {
  await into('a.env', 'NODE_ENV=development\n');
  const ran = await project.knox(['render', '-', '-e', 'development'], 'in {{secret:NODE_ENV}} mode');
  expect(ran.stdout.toString()).toBe('in development mode');
});

describe('what another tool encrypted or fills in is refused, and the tool named', () => {
  test.each([
    [
      'a.env',
      'PW=ENC[AES256_GCM,data:aGVsbG8=,iv:abc=,tag:def=,type:str]\nsops_version=3.8.1\n',
      'SOPS',
      'sops decrypt a.env |',
    ],
    [
      'a.yaml',
      'db:\n  password: ENC[AES256_GCM,data:aGVs,iv:abc=,type:str]\nsops:\n  version: 3.8.1\n',
      'SOPS',
      'sops decrypt',
    ],
    ['a.env', `A=encrypted:BJ${'a1B2'.repeat(12)}\n`, 'dotenvx', 'dotenvx decrypt'],
    ['a.env', 'A=x\nB="op://vault/item/field"\n', '1Password', 'op inject -i a.env |'],
    ['a.yaml', 'kind: SealedSecret\nspec:\n  encryptedData:\n    a: AgBy\n', 'SealedSecret', 'sealed'],
    ['a.env', Buffer.concat([Buffer.from('\0GITCRYPT\0'), Buffer.from([1, 255, 3])]), 'git-crypt', 'git-crypt unlock'],
    ['a.env', Buffer.concat([Buffer.from('age-encryption.org/v1\n'), Buffer.from([200, 255])]), 'age', 'age --decrypt'],
    [
      'a.env',
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 3\n`,
      'Git LFS',
      'git lfs pull',
    ],
    ['a.env', '$ANSIBLE_VAULT;1.1;AES256\n3339\n', 'ansible-vault', 'ansible-vault view'],
    ['a.env', 'A={{secret:api_key}}\n', 'placeholder', 'leave it out'],
  ])('%s: %j', async (file, text, tool, hint) => {
    for (const flatten of file.endsWith('yaml') ? [[], ['--flatten', '_']] : [[]]) {
      const { exit, failure } = await into(file, text, ...flatten);
      expect([exit, failure?.code]).toEqual([2, 'invalid_value']);
      expect(failure!.message).toContain(tool);
      expect(failure!.hints.join('\n')).toContain(hint);
    }
    expect(Object.keys(await kinds())).toEqual(['api_key']);
  });

  test('a tag in YAML', async () => {
    const { failure } = await into('a.yaml', 'a: one-value\nb: !ENV ${HOME}\n');
    expect(failure).toMatchObject({
      code: 'invalid_value',
      message: expect.stringMatching(/^a\.yaml:2 has a tag/) as string,
    });
  });

  test('add says what it sees', async () => {
    const ran = await must(project.knox(['add', 'x', '-e', 'development'], 'op://vault/item/field'));
    expect(ran.stderr).toContain('a 1Password reference');
  });
});

describe('files as they are saved', () => {
  test('Windows line ends and UTF-16 are read; a NUL and other bytes are told for what they are', async () => {
    expect((await into('a.env', 'A=one-value\r\nB="two\r\nlines"\r\n')).exit).toBe(0);
    expect((await project.knox(['get', 'A', '-e', 'development'])).stdout.toString()).toBe('one-value');
    expect((await project.knox(['get', 'B', '-e', 'development'])).stdout.toString()).toBe('two\nlines');
    const utf16 = Buffer.from('\uFEFFC=größer-als\n', 'utf16le');
    expect((await into('c.env', utf16)).exit).toBe(0);
    expect((await into('d.env', utf16.swap16())).exit).toBe(0);
    expect((await into('n.env', 'A=1\nB=x\0y\n')).failure!.message).toBe(
      'n.env:2 has a NUL byte: it is not a text file',
    );
    expect((await into('l.env', Buffer.from([65, 61, 0xe9, 10]))).failure!.message).toContain('UTF-8');
  });

  test('stdin is read as -', async () => {
    const stdin = Readable.from([Buffer.from('{"from_stdin": "one-value"}')]);
    const argv = ['import', '-', '-e', 'development', '--format', 'json', '--json'];
    const ran = await must(project.knox(argv, '', { stdin }));
    expect(JSON.parse(ran.stdout.toString())).toEqual({ added: ['from_stdin'], unchanged: [], conflicts: [] });
    expect((await project.knox(['import', '-', '-e', 'development'], 'B="x')).stderr).toContain('stdin:1 has a quote');
  });

  test('a list is told as one where --flatten is given already', async () => {
    const { failure } = await into('a.json', '{"hosts": ["a"]}', '--flatten', '_');
    expect(failure!.message).toBe('a.json:1 gives hosts a list, which --flatten does not join');
  });

  test('<< in YAML brings the names of another object, those of the object itself hide them', async () => {
    const text =
      'a: &a\n  one: a-one-value\n  two: a-two-value\nb: &b {two: b-two-value, three: b-three-value}\nc:\n  <<: [*a, *b]\n  one: c-one-value\n';
    expect((await into('m.yaml', text, '--flatten', '_')).exit).toBe(0);
    for (const [name, value] of Object.entries({ one: 'c-one-value', two: 'a-two-value', three: 'b-three-value' }))
      expect((await project.knox(['get', `c_${name}`, '-e', 'development'])).stdout.toString()).toBe(value);
    expect((await into('n.yaml', '<<: {x: x-value-1}\ny: y-value-1\n')).stdout).toContain('"x"');
    expect((await into('o.yaml', 'a: &a {<<: *a, k: v}\n<<: *a\n', '--flatten', '_')).exit).toBeLessThan(70);
    expect((await into('p.yaml', '<<: [1]\n', '--flatten', '_')).exit).toBe(2);
  });

  test('a name that would be put in elsewhere is told, and put in with --expand', async () => {
    const text = "PORT=8080\nAPP_URL=https://h:${PORT}/app\nLITERAL='${PORT}'\n";
    const { warnings } = await into('a.env', text);
    expect(warnings.map(({ code, message }) => [code, /^a\.env(?::\d+ \w+)?/.exec(message)![0]])).toEqual([
      ['read_differently', 'a.env'],
      ['not_expanded', 'a.env:2 APP_URL'],
    ]);
    expect(
      (await into('b.env', text.replaceAll(/^(?=\w)/gm, 'X_').replace('{PORT', '{X_PORT'), '--expand')).warnings,
    ).toEqual([]);
    expect((await project.knox(['get', 'X_APP_URL', '-e', 'development'])).stdout.toString()).toBe(
      'https://h:8080/app',
    );
    expect((await project.knox(['get', 'X_LITERAL', '-e', 'development'])).stdout.toString()).toBe('${PORT}');
  });
});
