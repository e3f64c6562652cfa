/** `knox migrate` on real files: the plan, what it changes and keeps, and that a failure leaves every byte as it was. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatKeyFile } from '../../src/crypto/key-file.ts';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { WriteTransaction } from '../../src/store/store.ts';
import type { Prompts } from '../../src/terminal/prompts.ts';
import { makeProject, must, PROBE } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { answering } from '../helpers/terminal.ts';
import { addSlot } from '../helpers/vault.ts';
import { voucherOf } from '../../src/vault/gate/vouch.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';

interface Document {
  readonly planned: { to: string; from: { name: string; environment: string }[]; routes: string[] }[];
  readonly left: { name: string; reason: string }[];
  readonly done: boolean;
}

const MARK = 'zQ7mArKeR9x';
let project: Project;
beforeEach(async () => {
  project = await makeProject({});
});
afterEach(() => {
  vi.restoreAllMocks();
  project.remove();
});

const add = (name: string, ...more: string[]) =>
  must(project.knox(['add', name, ...(more.length === 0 ? ['--shared'] : more)], `${MARK}-${name}`));
const get = async (name: string, environment: string) =>
  (await must(project.knox(['get', name, '-e', environment]))).stdout.toString();
const route = (path: string, environment: string, ...more: string[]) =>
  must(project.knox(['route', 'add', path, '-e', environment, '--yes', ...more]));
const migrate = (...argv: string[]) => project.json<Document>(['migrate', ...argv]);
/** Every byte of the project's files, and of the vault. */
const bytes = () => {
  const files = readdirSync(project.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/state'))
    .map((entry) => join(entry.parentPath, entry.name));
  return files.toSorted().map((file) => [file, readFileSync(file).toString('base64'), statSync(file).mode]);
};

/** A service in three environments, a second one in two, and files that name them. */
async function makeConvention(): Promise<void> {
  await add('stripe_production_api_key');
  await add('stripe_staging_api_key');
  await add('stripe_dev_api_key', '-e', 'development');
  await add('MAIL_TOKEN_PROD');
  await add('MAIL_TOKEN_STG');
  await add('live_chat_key');
  project.write(
    'app.yaml',
    '\uFEFFkey: "{{secret:stripe_production_api_key}}"\r\nmail: "{{ secret:MAIL_TOKEN_PROD|base64 }}"\r\nlast: 1',
  );
  project.write(
    'stage/app.json',
    '{ "key": "{{secret:stripe_staging_api_key@current}}", "other": "\\{{secret:x}}" }\n',
  );
  chmodSync(join(project.folder, 'app.yaml'), 0o640);
  const probe = ['--probe', PROBE, '--header', 'Authorization: Bearer {{secret:stripe_production_api_key}}'];
  await route('app.yaml', 'production', ...probe);
  await route('stage/app.json', 'staging');
  await route('@ci', 'development', '--template', '{{secret:stripe_dev_api_key}}', '--deploy-command', 'cat');
}

const PLANNED: Document['planned'] = [
  {
    to: 'MAIL_TOKEN',
    from: [
      { name: 'MAIL_TOKEN_STG', environment: 'staging' },
      { name: 'MAIL_TOKEN_PROD', environment: 'production' },
    ],
    routes: ['app.yaml'],
  },
  {
    to: 'stripe_api_key',
    from: [
      { name: 'stripe_dev_api_key', environment: 'development' },
      { name: 'stripe_staging_api_key', environment: 'staging' },
      { name: 'stripe_production_api_key', environment: 'production' },
    ],
    routes: ['@ci', 'app.yaml', 'stage/app.json'],
  },
];
const LEFT = [{ name: 'live_chat_key', reason: 'only production has such a secret' }];

describe('a project with a convention', () => {
  beforeEach(makeConvention);

  test('becomes one with a value for each environment, and every route gets what it got', async () => {
    const before = await must(project.knox(['render', 'app.yaml', '-e', 'production']));
    expect(await migrate('--yes')).toEqual({
      exit: 0,
      code: null,
      json: { planned: PLANNED, left: LEFT, done: true },
    });
    expect(project.read('app.yaml')).toBe(
      '\uFEFFkey: "{{secret:stripe_api_key}}"\r\nmail: "{{ secret:MAIL_TOKEN|base64 }}"\r\nlast: 1',
    );
    expect(statSync(join(project.folder, 'app.yaml')).mode & 0o777).toBe(0o640);
    expect(project.read('stage/app.json')).toBe(
      '{ "key": "{{secret:stripe_api_key@current}}", "other": "\\{{secret:x}}" }\n',
    );
    expect(await get('stripe_api_key', 'production')).toBe(`${MARK}-stripe_production_api_key`);
    expect(await get('stripe_api_key', 'development')).toBe(`${MARK}-stripe_dev_api_key`);
    expect((await must(project.knox(['get', 'stripe_production_api_key', '--shared']))).stdout.length).toBeGreaterThan(
      0,
    );
    const after = await must(project.knox(['render', 'app.yaml', '-e', 'production', '--strict']));
    expect(after.stdout).toEqual(before.stdout);
    const shown = await project.json<{ environments: { probe: string; headers: string[] }[]; secrets: string[] }[]>([
      'route',
      'list',
    ]);
    expect(shown.json.flatMap(({ secrets }) => secrets).filter((name) => /prod|stag|dev|STG/i.test(name))).toEqual([]);
    expect(JSON.stringify(shown.json)).toContain('Bearer {{secret:stripe_api_key}}');
    expect((await project.json<unknown[]>(['route', 'check'])).json).toEqual([]);
    // The host was accepted for the old name: no question is open.
    project.accepted.add(`${MARK}-stripe_production_api_key`);
    await must(project.knox(['route', 'test', 'app.yaml', '-e', 'production']));
    expect(project.requests.at(-1)).toMatchObject({ status: 200 });
    // Nothing names them any more, so the old ones may go.
    project.laterBy(49);
    for (const { from } of PLANNED) for (const { name } of from) await must(project.knox(['delete', name, '--yes']));
    await must(project.knox(['audit', 'verify']));
  });

  test('the plan shows diffs and what is left; a dry run, a missing terminal and a no change nothing', async () => {
    project.write('forgotten.env', 'A=1\nKEY={{secret:stripe_dev_api_key}}\n');
    const before = bytes();
    const dry = await must(project.knox(['migrate', '--dry-run']));
    expect(dry.stderr).toBe(
      'warning: forgotten.env:2 names a secret that moves, but is not a route: it is not rewritten\n',
    );
    expect(dry.stdout.toString()).toContain('mail: "{{ secret:MAIL_TOKEN|base64 }}"');
    expect(dry.stdout.toString()).toContain('live_chat_key: only production has such a secret');
    expect(dry.stdout.toString()).toMatch(/stripe_api_key\n {2}development: from stripe_dev_api_key/);
    expect((await migrate('--dry-run')).json).toEqual({ planned: PLANNED, left: LEFT, done: false });
    expect(await migrate()).toEqual({
      exit: 2,
      code: 'needs_terminal',
      json: { planned: PLANNED, left: LEFT, done: false },
    });
    const no = answering([/Apply this plan/, false]);
    const refused = await project.knox(['migrate'], '', { prompts: no.prompts });
    expect(refused.exit).toBe(130);
    expect(refused.stderr).toContain('key: "{{secret:stripe_api_key}}"');
    expect(bytes()).toEqual(before);
  });

  test('a yes on a terminal is enough; a second time there is nothing to do', async () => {
    const yes = answering([/Apply this plan/, true]);
    const ran = await must(project.knox(['migrate'], '', { prompts: yes.prompts }));
    expect(ran.stdout.toString()).toContain('knox delete stripe_dev_api_key');
    expect(ran.stdout.toString()).toContain('rewrote 2 files');
    const again = await migrate('--yes');
    expect(again).toMatchObject({ exit: 0, json: { planned: [], done: false } });
    expect(again.json.left).toContainEqual({
      name: 'MAIL_TOKEN_PROD',
      reason: 'the secret MAIL_TOKEN already exists',
    });
  });

  test('where the vault does not take the change, every file is put back byte for byte', async () => {
    const before = bytes();
    // oxlint-disable-next-line typescript/unbound-method -- called with the store that it is called on
    const { write } = SqliteStore.prototype;
    let seen = '';
    vi.spyOn(SqliteStore.prototype, 'write').mockImplementation(function (this: SqliteStore, patience, work) {
      return write.call(this, patience, async (transaction: WriteTransaction) => {
        await work(transaction);
        seen = project.read('app.yaml');
        throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
      }) as never;
    });
    expect(await migrate('--yes')).toMatchObject({ exit: 1, code: 'io' });
    expect(seen).toContain('{{secret:stripe_api_key}}');
    expect(bytes()).toEqual(before);
    vi.restoreAllMocks();
    expect(await migrate('--yes')).toMatchObject({ exit: 0, json: { done: true } });
  });

  test('a file that was changed while the plan was read ends it with nothing done', async () => {
    const before = bytes();
    const yes = answering([/Apply this plan/, true]);
    const text = project.read('app.yaml');
    const meddling = {
      ...yes.prompts,
      confirm: async (options: Parameters<Prompts['confirm']>[0]) => {
        project.write('app.yaml', `${text}\r\nmore: 1`);
        return yes.prompts.confirm(options);
      },
    };
    expect((await project.knox(['migrate'], '', { prompts: meddling })).exit).toBe(6);
    project.write('app.yaml', text);
    expect(bytes()).toEqual(before);
  });

  test('a run that was killed between the files and the vault is taken up by the next one', async () => {
    project.write('app.yaml', project.read('app.yaml').replaceAll('stripe_production_api_key', 'stripe_api_key'));
    expect((await migrate('--yes')).json).toMatchObject({ done: true });
    expect(await get('stripe_api_key', 'production')).toBe(`${MARK}-stripe_production_api_key`);
    expect((await project.json<unknown[]>(['route', 'check'])).json).toEqual([]);
  });

  test('a key that was not given an environment is told so, with the plan', async () => {
    const vault = await openProjectVault(project.folder);
    const { secret } = await addSlot(vault, 'ci', ['development', 'staging', 'shared']);
    const { identity } = vault.manifest;
    await vault.close();
    const { parseKeyFile } = await import('../../src/crypto/key-file.ts');
    const first = parseKeyFile(project.read('k.key'), 'k.key');
    writeFileSync(join(project.folder, 'ci.key'), formatKeyFile({ secret, identity: first.identity }, 'ci'), {
      mode: 0o600,
    });
    expect(identity).toMatch(/^knox_vault_1_/);
    const before = bytes();
    const refused = await migrate('--yes', '--key-file', 'ci.key');
    expect(refused).toMatchObject({ exit: 4, code: 'not_granted', json: { planned: PLANNED, done: false } });
    expect(bytes()).toEqual(before);
  });

  test('the values appear nowhere but in the vault, encrypted', async () => {
    const ran = await must(project.knox(['migrate', '--yes']));
    const dry = await project.knox(['migrate', '--dry-run']);
    const audit = await must(project.knox(['audit', '--action', 'migrate', '--json']));
    expect(JSON.parse(audit.stdout.toString())).toMatchObject([
      { action: 'migrate', detail: { files: ['@ci', 'app.yaml', 'stage/app.json'] } },
    ]);
    for (const text of [ran, dry, audit].flatMap(({ stdout, stderr }) => [stdout.toString(), stderr]))
      expect(text).not.toContain(MARK);
    for (const [file, base64] of bytes())
      expect([file, Buffer.from(base64 as string, 'base64').includes(MARK)]).toEqual([file, false]);
  });
});

test('names in camelCase go the same way, and the files that name them follow', async () => {
  await add('stripeProdKey');
  await add('stripeStagingKey');
  await add('mail_prod_key');
  await add('mailDevKey');
  project.write('camel.env', 'STRIPE={{secret:stripeProdKey}}\n');
  await route('camel.env', 'production');
  const why = 'names are written in different ways: mailDevKey, mail_prod_key';
  expect((await migrate('--yes')).json).toMatchObject({
    planned: [{ to: 'stripeKey', routes: ['camel.env'] }],
    left: [
      { name: 'mailDevKey', reason: why },
      { name: 'mail_prod_key', reason: why },
    ],
    done: true,
  });
  expect(project.read('camel.env')).toBe('STRIPE={{secret:stripeKey}}\n');
  expect(await get('stripeKey', 'staging')).toBe(`${MARK}-stripeStagingKey`);
});

describe('guards', () => {
  const pair = async (production: string, staging: string, ...more: string[]) => {
    await must(project.knox(['add', 'a_prod', '--shared', ...more], production));
    await must(project.knox(['add', 'a_stg', '--shared', ...more], staging));
  };

  test('one value for two environments', async () => {
    await pair('the-same-value', 'the-same-value');
    const before = bytes();
    expect(await migrate('--yes')).toMatchObject({ exit: 7, code: 'same_value', json: { done: false } });
    expect(await migrate('--dry-run')).toMatchObject({ exit: 7, json: { planned: [{ to: 'a' }] } });
    expect(bytes()).toEqual(before);
    expect(await migrate('--yes', '--force', 'same_value', '--reason', 'it is a trial')).toMatchObject({ exit: 0 });
    const [entry] = (await project.json<object[]>(['audit', '--action', 'migrate'])).json;
    expect(entry).toMatchObject({ detail: { forced: ['same_value'], reason: 'it is a trial' } });
  });

  test('a live key for staging; a plain setting is free', async () => {
    const live = ['sk', 'live', '51HxxxxxxxxxxxxxxxxxxxxxxB'].join('_');
    await pair('something-else', live);
    expect(await migrate('--yes')).toMatchObject({ exit: 7, code: 'wrong_environment' });
  });

  test('a plain setting may be the same everywhere', async () => {
    await pair('eu-west-1', 'eu-west-1', '--kind', 'config');
    expect(await migrate('--yes')).toMatchObject({ exit: 0, json: { done: true } });
  });
});

test('what is not the value comes along: kind, owner, notes, the first due date, the source, that it may lie unused', async () => {
  await must(
    project.knox(
      ['add', 'db_prod', '--shared', '--kind', 'critical', '--owner', 'data', '--note', 'one'],
      'production-value',
    ),
  );
  project.laterBy(24 * 10);
  await must(
    project.knox(
      ['add', 'db_dev', '-e', 'development', '--kind', 'critical', '--owner', 'data', '--note', 'two'],
      'development-value',
    ),
  );
  await must(project.knox(['source', 'set', 'db_prod', 'generate', '--option', 'length=40']));
  await must(project.knox(['set', 'db_prod', '--expect-unused']));
  project.laterBy(24 * 5);
  const reason = 'they differ in expect-unused: align them with knox set';
  expect((await migrate('--yes')).json).toEqual({
    planned: [],
    left: [
      { name: 'db_dev', reason },
      { name: 'db_prod', reason },
    ],
    done: false,
  });
  await must(project.knox(['set', 'db_dev', '--expect-unused']));
  expect(await migrate('--yes')).toMatchObject({ json: { done: true } });
  expect((await project.json<object>(['show', 'db'])).json).toMatchObject({
    kind: 'critical',
    owner: 'data',
    note: 'two; one',
    dueAt: '2026-02-09T12:00:00.000Z',
    environments: ['development', 'production'],
  });
  expect((await project.json<object>(['source', 'show', 'db'])).json).toMatchObject({
    kind: 'generate',
    options: { length: '40' },
  });
  project.laterBy(24 * 40);
  const unused = (await project.json<{ code: string; secret: string }[]>(['check', 'db'])).json;
  expect(unused.filter(({ code }) => code === 'unused')).toEqual([]);
});

test('left for what hangs on it: a route of another environment, a rotation, a notification, an older version, a file that is gone', async () => {
  for (const thing of ['a', 'b', 'c', 'd', 'e']) {
    await add(`${thing}_prod`);
    await add(`${thing}_stg`);
  }
  project.write('both.env', 'A={{secret:a_prod}}\n');
  await route('both.env', 'staging,production');
  await project.knox(['rotate', 'b_prod', '--generate', '--until', 'generate']);
  await must(project.knox(['add', 'd_prod_v2', '--shared'], 'another-value'));
  await must(project.knox(['add', 'f_prod', '--shared'], 'https://hooks.example.com/x'));
  await must(project.knox(['add', 'f_stg', '--shared'], 'https://hooks.example.com/y'));
  await must(project.knox(['notify', 'add', '--webhook-secret', 'f_prod']));
  project.write('gone.env', 'E={{secret:e_prod}}\n');
  await route('gone.env', 'production');
  const { rmSync } = await import('node:fs');
  rmSync(join(project.folder, 'gone.env'));
  const { json } = await migrate('--dry-run');
  expect(json.planned.map(({ to }) => to)).toEqual(['c']);
  expect(Object.fromEntries(json.left.map(({ name, reason }) => [name, reason]))).toMatchObject({
    a_prod: 'both.env, a route of staging, names it',
    a_stg: 'it belongs with a_prod',
    b_prod: 'a rotation of it is under way: knox rotate b_prod',
    d_prod_v2: 'older versions of it live: d_prod',
    e_prod: 'gone.env names it and cannot be read',
    f_prod: 'a notification is sent to the address that it holds',
  });
});

test('what environments say differently of one secret is left, and said', async () => {
  await add('stripe_production_key');
  await add('stripe_staging_key');
  const vault = await openProjectVault(project.folder);
  await vault.change(async (change) => {
    const record = (await change.get('name', 'staging', 'stripe_production_key'))!;
    await change.update(record, { kind: 'config' });
    change.log({ action: 'set' });
  });
  await vault.close();
  const { json } = await migrate('--dry-run');
  expect(json.planned).toEqual([]);
  expect(json.left).toContainEqual({
    name: 'stripe_production_key',
    reason: 'its environments disagree about it: align them with knox set',
  });
});

test('a command that it rewrites is vouched for by whoever did before, or by nobody', async () => {
  await makeConvention();
  const vault = await openProjectVault(project.folder);
  const { secret } = await addSlot(vault, 'colleague', ['development', 'shared']);
  await vault.close();
  const key = formatKeyFile({ secret, identity: null }, 'theirs');
  const env = { KNOX_KEY: key, PATH: process.env['PATH'], XDG_STATE_HOME: join(project.folder, 'state') };
  const text = ['--template', '{{secret:stripe_dev_api_key}}', '--deploy-command', 'cat'];
  await must(project.knox(['route', 'add', '@theirs', '-e', 'development', ...text], '', { env }));
  expect((await migrate('--yes')).exit).toBe(0);
  const after = await openProjectVault(project.folder);
  const vouchers = await after.read(async (view) =>
    (await view.across('route')).map((record) => [record.path, voucherOf(view.manifest, record)?.label ?? null]),
  );
  await after.close();
  expect(Object.fromEntries(vouchers)).toEqual({
    'app.yaml': expect.any(String),
    'stage/app.json': null,
    '@ci': expect.any(String),
    '@theirs': null,
  });
});
