/** The source for OAuth tokens, against a certified provider with rotating refresh tokens and reuse detection. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeProject, must, PROBE } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { ACCESS_LIFE, CLIENT_SECRET, startOAuthProvider } from '../helpers/providers/oauth-provider.ts';
import type { OAuthProvider } from '../helpers/providers/oauth-provider.ts';

interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_at: number;
}

let provider: OAuthProvider;
let project: Project;
let old: Record<string, Tokens>;
/** Every token and secret that was in play. */
let marks: string[];
let told: string;

beforeEach(async () => {
  provider = await startOAuthProvider();
  marks = [CLIENT_SECRET];
  told = '';
  // Signed in an hour and a half before the rotation.
  provider.clock = () => new Date('2026-01-10T10:30:00.000Z');
});
afterEach(async () => {
  project.remove();
  await provider.close();
});

async function setUp(client: string, ...options: string[]): Promise<void> {
  old = {};
  for (const environment of ['staging', 'production'])
    old[environment] = { ...(await provider.signIn(client)), tenant: 'acme' } as unknown as Tokens;
  await setUpWith(
    client,
    Object.fromEntries(Object.entries(old).map(([name, set]) => [name, JSON.stringify(set)])),
    options,
  );
  for (const { access_token: access, refresh_token: refresh } of Object.values(old)) marks.push(access, refresh);
}

async function setUpWith(client: string, values: Record<string, string>, options: readonly string[]): Promise<void> {
  project = await makeProject(values);
  provider.clock = () => project.now;
  await must(project.knox(['add', 'client_secret', '--shared'], CLIENT_SECRET));
  const given = [
    `token_url=${provider.tokenUrl}`,
    `client_id=${client}`,
    'client_secret={{secret:client_secret}}',
    ...options,
  ];
  await must(knox(['source', 'set', 'api_key', 'oauth', ...given.flatMap((option) => ['--option', option])]));
}

async function addRoute(filter: string): Promise<void> {
  project.write('app.env', `TOKEN={{secret:api_key${filter}}}\n`);
  await must(
    knox([
      'route',
      'add',
      'app.env',
      '-e',
      'staging,production',
      '--probe',
      PROBE,
      '--header',
      `Authorization: Bearer {{secret:api_key${filter}}}`,
      '--yes',
      '--deploy-command',
      'cat > live-$KNOX_ENVIRONMENT.env',
    ]),
  );
}

/** Asks the provider for tokens, and is the service that lets them in. */
const service = (async (url: string | URL, options: { headers?: [string, string][] }) => {
  if (String(url) !== PROBE) return fetch(url, options);
  const token = new Map(options.headers).get('Authorization')!.replace('Bearer ', '');
  return new Response(null, { status: (await provider.letsIn(token)) ? 200 : 401 });
}) as unknown as typeof fetch;

async function knox(argv: readonly string[], stdin = '') {
  const ran = await project.knox(argv, stdin, { fetch: service });
  told += ran.stdout.toString() + ran.stderr;
  return ran;
}
async function rotate(...more: string[]) {
  const ran = await knox(['rotate', 'api_key', '--yes', '--json', ...more]);
  const errors = ran.stderr.split('\n').filter((line) => line.startsWith('{"error"'));
  return {
    exit: ran.exit,
    json: JSON.parse(ran.stdout.toString() || 'null') as {
      state: string;
      step: string;
      waitUntil: string;
      next: string;
      steps: { id: string; detail: string }[];
    },
    error:
      errors.length === 0
        ? null
        : (JSON.parse(errors[0]!) as { error: { code: string; message: string; hints: string[] } }).error,
  };
}
/** A value, which is no output that is searched for marks. */
async function valueOf(name: string, environment: string): Promise<string> {
  const text = (await project.knox(['get', name, '-e', environment])).stdout.toString();
  marks.push(text);
  return text;
}
async function tokens(name: string, environment: string): Promise<Tokens> {
  const set = JSON.parse(await valueOf(name, environment)) as Tokens;
  marks.push(set.access_token, set.refresh_token);
  return set;
}
/** The token that production was last deployed with; one that begins with a dash is quoted in the file. */
const live = () => /^TOKEN='?([^'\n]*)'?\n$/.exec(project.read('live-production.env'))![1];
const asked = () => provider.requests.filter(({ path }) => path === '/token').length;

/** Looks for every token and secret in what was printed, and in every file but those that hold rendered values. */
async function expectNoMarks(): Promise<void> {
  const audit = await project.knox(['audit', '--json']);
  const files = readdirSync(join(project.folder, '.knox'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'));
  for (const text of [told, audit.stdout.toString(), ...files]) {
    for (const mark of marks) expect(text.includes(mark)).toBe(false);
  }
}

describe('refresh tokens that rotate', () => {
  beforeEach(() => setUp('rotating', 'scope=openid offline_access api'));

  test('each environment is refreshed right before its update, and nothing that is in use is ever refused', async () => {
    await addRoute('|field:access_token');
    const toStaging = await rotate('--until', 'test-staging');
    expect(toStaging.exit).toBe(0);
    expect(asked()).toBe(1);
    expect(await provider.canRefresh(old['staging']!.refresh_token)).toBe(false);
    expect(await provider.canRefresh(old['production']!.refresh_token)).toBe(true);
    const waiting = await rotate();
    expect(waiting.json).toMatchObject({ state: 'waiting', step: 'monitor' });
    expect(asked()).toBe(2);
    // Not longer than an access token lives.
    // Shorter than an access token lives.
    expect(new Date(waiting.json.waitUntil).getTime() - project.now.getTime()).toBe((ACCESS_LIFE * 1000) / 2);
    const fresh = await tokens('api_key_v2', 'production');
    expect(fresh).toMatchObject({ tenant: 'acme', token_type: 'Bearer' });
    expect(Object.keys(fresh)).not.toContain('id_token');
    expect(live()).toBe(fresh.access_token);
    expect(await provider.letsIn(old['production']!.access_token)).toBe(true);
    project.laterBy(1.1);
    const done = await rotate('--confirm', 'update-docs');
    expect(done.json.state).toBe('done');
    expect(done.json.steps.find(({ id }) => id === 'delete-old')!.detail).toContain('staging refused by the probe');
    expect(await provider.letsIn(fresh.access_token)).toBe(true);
    expect(await provider.canRefresh(fresh.refresh_token)).toBe(true);
    expect(provider.requests.every(({ path }) => path === '/token')).toBe(true);
    await expectNoMarks();
  });

  test('an old token that is still let in is waited for: it runs out by itself', async () => {
    await addRoute('|field:access_token');
    const hurried = await rotate('--compromised', '--reason', 'leak');
    const ends = new Date(old['production']!.expires_at * 1000).toISOString();
    expect(hurried).toMatchObject({ exit: 0, json: { step: 'delete-old', state: 'waiting', waitUntil: ends } });
    project.laterBy(0.6);
    expect((await rotate('--confirm', 'update-docs')).json.state).toBe('done');
  });

  test('there is no way back to a token that is used up, and --abort is possible before', async () => {
    await addRoute('|field:access_token');
    await rotate('--until', 'create');
    expect(asked()).toBe(0);
    expect((await knox(['rotate', 'api_key', '--abort'])).exit).toBe(0);
    await rotate('--until', 'update-staging');
    const back = await rotate('--rollback');
    expect(back.error?.code).toBe('no_way_back');
    expect(project.read('app.env')).toContain('api_key_v3');
  });

  test('an answer that was lost is not asked for again by itself: the provider would take the token for stolen', async () => {
    await addRoute('|field:access_token');
    await rotate('--until', 'test-staging');
    provider.losses.push('answer');
    const lost = await rotate();
    expect(lost.error).toMatchObject({ code: 'source_failed' });
    expect(lost.json).toMatchObject({ state: 'failed', step: 'update-production' });
    const again = await rotate();
    expect(again.error).toMatchObject({ code: 'source_failed' });
    expect(again.error!.hints.join('\n')).toContain('--confirm generate');
    expect(asked()).toBe(2);
    // What production runs on is alive all the while.
    expect(await provider.letsIn(old['production']!.access_token)).toBe(true);
    const signedIn = await provider.signIn('rotating');
    project.write('signed-in.json', JSON.stringify(signedIn));
    const given = await rotate('--value-file', 'production=signed-in.json');
    expect(given.json).toMatchObject({ step: 'monitor' });
    expect(live()).toBe(signedIn.access_token);
    await expectNoMarks();
  });

  test('a person may have it tried again: a request that never arrived gets its tokens', async () => {
    await rotate('--until', 'test-staging');
    provider.losses.push('request');
    expect((await rotate()).error?.code).toBe('source_failed');
    expect((await rotate('--confirm', 'generate')).json.step).toBe('monitor');
  });

  test('a person may have it tried again: a token that was used up is refused, and the hint says what to do', async () => {
    await rotate('--until', 'test-staging');
    provider.losses.push('half');
    expect((await rotate()).error?.code).toBe('source_failed');
    const refused = await rotate('--confirm', 'generate');
    expect(refused.error?.message).toContain('invalid_grant');
    expect(refused.error?.hints.join()).toContain('sign in again');
    expect(await provider.letsIn(old['production']!.access_token)).toBe(false);
    await expectNoMarks();
  });

  test.each([
    [503, 'sorry', 'text/plain', true],
    [200, '<html>', 'text/html', true],
    [200, '{"access_token": 5}', 'application/json', true],
    [429, 'slow down', 'text/plain', false],
    [400, '{"error":"invalid_request","error_description":"TOKEN is bad"}', 'application/json', false],
  ])('an answer of %i %s is told, and the attempt is doubtful: %s %j', async (status, body, type, isDoubtful) => {
    provider.answers.push({ status, body: body.replace('TOKEN', old['staging']!.refresh_token), type });
    const failed = await rotate();
    expect(failed.error).toMatchObject({ code: 'source_failed' });
    for (const argv of [
      ['audit', '--json'],
      ['rotate', 'api_key', '--status', '--json'],
      ['rotations', '--json'],
    ]) {
      const kept = (await knox(argv)).stdout.toString();
      expect(kept).toContain('the provider, asked to');
      expect(kept).not.toMatch(/is bad|sorry|slow down/);
    }
    const again = await rotate('--until', 'update-staging');
    expect(again.exit).toBe(isDoubtful ? 1 : 0);
    await expectNoMarks();
  });

  test('a provider that is not there was asked nothing: the next run goes on', async () => {
    const other = await startOAuthProvider();
    const gone = other.tokenUrl;
    await other.close();
    let isDown = true;
    const line = (async (url: string, options: object) =>
      service(isDown ? gone : url, options)) as unknown as typeof fetch;
    const first = await project.knox(['rotate', 'api_key', '--yes', '--until', 'update-staging'], '', { fetch: line });
    expect(first.exit).toBe(1);
    isDown = false;
    const second = await project.knox(['rotate', 'api_key', '--yes', '--until', 'update-staging'], '', { fetch: line });
    expect(second.exit).toBe(0);
  });

  test('tried out, nothing is used up; a client that is not known is told', async () => {
    const tried = JSON.parse((await knox(['source', 'test', 'api_key', '--yes', '--json'])).stdout.toString()) as {
      actions: object[];
    }[];
    expect(tried[0]!.actions).toMatchObject([
      { action: 'test', result: 'ok' },
      { action: 'create', result: 'unsupported' },
    ]);
    for (const { refresh_token: token } of Object.values(old)) expect(await provider.canRefresh(token)).toBe(true);
    await must(knox(['add', 'client_secret_2', '--shared'], 'another secret of the client'));
    const options = [
      `token_url=${provider.tokenUrl}`,
      'client_id=rotating',
      'client_secret={{secret:client_secret_2}}',
    ];
    await must(knox(['source', 'set', 'api_key', 'oauth', ...options.flatMap((option) => ['--option', option])]));
    const refused = await knox(['source', 'test', 'api_key']);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('client_id and client_secret');
  });

  test('revoked first, it would renew nothing: that is said before anything is done', async () => {
    const { error } = await rotate('--compromised', '--reason', 'leak', '--revoke-first');
    expect(error?.code).toBe('usage');
  });
});

test('a client whose secret is taken in the body alone is known as well', async () => {
  await setUp('posting');
  expect((await rotate()).json.step).toBe('monitor');
});

test('with revoke=old the old refresh token is revoked; a provider that ends the new one with it is found out', async () => {
  await setUp('rotating', `revoke_url=${provider.revokeUrl}`, 'revoke=old');
  await addRoute('|field:access_token');
  await rotate();
  project.laterBy(1.1);
  const done = await rotate('--confirm', 'update-docs');
  const sent = provider.requests.filter(({ path }) => path.includes('revocation')).map(({ body }) => body.get('token'));
  const inOrder = (texts: readonly unknown[]) => texts.map(String).toSorted();
  expect(inOrder(sent)).toEqual(inOrder(Object.values(old).map(({ refresh_token: token }) => token)));
  // This one ends everything that came of the same login, as RFC 7009 allows.
  expect(done.error?.code).toBe('probe_failed');
  expect(done.json.step).toBe('delete-old');
});

test('a refresh token that stays is not revoked, and there is a way back', async () => {
  await setUp('staying', `revoke_url=${provider.revokeUrl}`, 'revoke=old');
  await addRoute('|field:access_token');
  await rotate();
  expect((await tokens('api_key_v2', 'production')).refresh_token).toBe(old['production']!.refresh_token);
  expect((await rotate('--rollback', '--confirm', 'delete-old')).exit).toBe(0);
  expect(live()).toBe(old['production']!.access_token);
  await rotate();
  project.laterBy(1.1);
  expect((await rotate('--confirm', 'update-docs')).json.state).toBe('done');
  expect(provider.requests.every(({ path }) => path === '/token')).toBe(true);
  expect(await provider.canRefresh(old['production']!.refresh_token)).toBe(true);
});

test('what a provider gives is kept, however odd the rest of its answer is, and for every environment', async () => {
  const set = (of: string) => JSON.stringify({ access_token: `old-access-${of}`, refresh_token: `old-refresh-${of}` });
  project = await makeProject({ staging: set('staging'), production: set('production') });
  const options = ['token_url=https://id.example.com/token', 'client_id=c'].flatMap((option) => ['--option', option]);
  await must(project.knox(['source', 'set', 'api_key', 'oauth', ...options]));
  // The same for both, which the guard against equal values would refuse: there is no other.
  const given = { access_token: 'new-access-1', refresh_token: 'new-refresh-1', scope: ['a'], expires_in: '3600' };
  const answer = (async () => Response.json(given, { status: 201 })) as unknown as typeof fetch;
  const ran = await project.knox(
    ['rotate', 'api_key', '--yes', '--until', 'update-production', '--confirm', 'test-staging'],
    '',
    {
      fetch: answer,
    },
  );
  expect(ran).toMatchObject({ exit: 0, stderr: expect.stringContaining('token_type is missing') });
  expect(ran.stderr).toContain('api_key_v2 for production is kept, as there is no other');
  for (const environment of ['staging', 'production'])
    expect(JSON.parse((await project.knox(['get', 'api_key_v2', '-e', environment])).stdout.toString())).toEqual({
      access_token: 'new-access-1',
      refresh_token: 'new-refresh-1',
      scope: 'a',
      expires_at: Math.floor(project.now.getTime() / 1000) + 3600,
    });
  const findings = await project.json<{ code: string }[]>(['check']);
  expect(findings.json.map(({ code }) => code)).toContain('same-value');
});

test('tried out, what is odd about an answer is shown', async () => {
  project = await makeProject({ production: 'bare-token-of-production' });
  const options = ['token_url=https://id.example.com/token', 'client_id=c', 'grant=client_credentials'];
  await must(project.knox(['source', 'set', 'api_key', 'oauth', ...options.flatMap((option) => ['--option', option])]));
  let questions = 0;
  // The first question is of a token that cannot exist.
  const answer = (async () =>
    (questions += 1) === 1
      ? Response.json({ error: 'invalid_grant' }, { status: 400 })
      : Response.json({ access_token: 'trial-token-1', expires_in: 3599.9 })) as unknown as typeof fetch;
  const ran = await project.knox(['source', 'test', 'api_key', '--yes', '--json'], '', { fetch: answer });
  const [tried] = JSON.parse(ran.stdout.toString()) as { actions: { action: string; detail: string | null }[] }[];
  const { detail } = tried!.actions.find(({ action }) => action === 'create')!;
  expect([ran.exit, detail]).toEqual([0, expect.stringContaining('token_type is missing')]);
  expect(detail).toContain('taken as 3599 seconds');
  expect(ran.stdout.toString()).not.toContain('trial-token-1');
});

describe('client credentials', () => {
  test.each([
    ['a bare token', '', (text: string) => text],
    ['a token set', '|field:access_token', (text: string) => JSON.stringify({ access_token: text })],
  ])('%s becomes a new one of the same form, and a rollback is possible', async (_what, filter, form) => {
    const values = { staging: form('bare-token-of-staging'), production: form('bare-token-of-production') };
    await setUpWith('machine', values, [
      'grant=client_credentials',
      'scope=api',
      `revoke_url=${provider.revokeUrl}`,
      'revoke=old',
    ]);
    await addRoute(filter);
    expect((await rotate()).json.step).toBe('monitor');
    const value = await valueOf('api_key_v2', 'production');
    const token = filter === '' ? value : (JSON.parse(value) as Tokens).access_token;
    expect(await provider.letsIn(token)).toBe(true);
    expect((await rotate('--rollback', '--confirm', 'delete-old')).exit).toBe(0);
    expect(project.read('live-production.env')).toContain('bare-token-of-production');
    // Asked for, what was new is revoked where it came from.
    expect(await provider.letsIn(token)).toBe(false);
    await expectNoMarks();
  });
});

test.each([
  [['token_url=http://tokens.example.com/']],
  [['token_url=nowhere']],
  [['token_url=https://a.example/', 'grant=password']],
  [['token_url=https://a.example/', 'revoke=all']],
  [['token_url=https://a.example/', 'revoke=old']],
  [['token_url=https://a.example/', 'colour=red']],
])('options %j are refused', async (options) => {
  project = await makeProject();
  const given = ['client_id=x', ...options].flatMap((option) => ['--option', option]);
  expect((await project.json(['source', 'set', 'api_key', 'oauth', ...given])).code).toBe('usage');
});
