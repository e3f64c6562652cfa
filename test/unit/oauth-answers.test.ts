/** What a provider answers in place of tokens, some of it found by fuzzing: tokens are kept, all else is an error of knox with the provider's words, without a token. */
import { describe, expect, test } from 'vitest';
import { Plaintext, revealText } from '../../src/domain/plaintext.ts';
import { errorLines } from '../../src/output/error-text.ts';
import { endOf } from '../../src/sources/oauth-answer.ts';
import { oauthSource } from '../../src/sources/oauth.ts';
import { NothingMade } from '../../src/sources/source.ts';
import type { SourceRequest } from '../../src/sources/source.ts';

function asking(more: Record<string, string>, answer: () => Promise<Response>): SourceRequest {
  const options = { token_url: 'https://id.example.com/token', client_id: 'c', ...more };
  return {
    secret: 'api_key',
    environment: 'production',
    rotation: null,
    attempt: null,
    replacement: null,
    options: new Map(Object.entries(options).map(([name, text]) => [name, Plaintext.fromText(text)])),
    secrets: [],
    services: {
      root: '/',
      fetch: answer,
      environment: {},
      signals: null,
      sleep: async () => undefined,
      now: () => new Date('2026-01-10T12:00:00.000Z'),
    },
  };
}

async function refused(body: object, old: string): Promise<string> {
  const request = asking({ grant: 'client_credentials' }, async () => Response.json(body, { status: 400 }));
  const error = await oauthSource
    .create(request, { value: Plaintext.fromText(old), handle: null })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NothingMade);
  return errorLines((error as NothingMade).reason, false);
}

test.each(['__proto__', 'constructor', 'toString', 'invalid_scope'])('the code %s', async (code) => {
  const said = await refused({ error: code }, 'a-bare-token');
  expect(said).toContain(`for production: ${code}`);
  expect(said.split('\n').filter((line) => line.startsWith('hint: '))).toHaveLength(code === 'invalid_scope' ? 1 : 0);
});

test('a bare token that it repeats is masked', async () => {
  expect(await refused({ error: 'x', error_description: 'no a-bare-token-1' }, 'a-bare-token-1')).not.toContain(
    'a-bare-token-1',
  );
});

describe('tokens are kept, whatever stands beside them', () => {
  const OLD = {
    access_token: 'old-access-1',
    refresh_token: 'old-refresh-1',
    token_type: 'Bearer',
    scope: 'a',
    tenant: 't',
  };
  const NOW = 1_768_046_400;
  const GIVEN = { access_token: 'new-access-1', refresh_token: 'new-refresh-1' };

  async function answered(body: string, init: ResponseInit = {}) {
    const request = asking({ grant: 'refresh_token' }, async () => new Response(body, init));
    const { value, notes, overlap } = await oauthSource.create(request, {
      value: Plaintext.fromText(JSON.stringify(OLD)),
      handle: null,
    });
    const tokens = JSON.parse(revealText(value)!) as Record<string, unknown>;
    return { tokens, notes: notes.join('\n'), overlap };
  }

  test.each([
    ['no token_type', {}, {}, 'token_type is missing'],
    ['an unknown token_type', { token_type: 'bot' }, { token_type: 'bot' }, 'not Bearer'],
    ['token_type null', { token_type: null }, {}, 'not text'],
    ['scope as a list', { token_type: 'bearer', scope: ['a', 'b'] }, { scope: 'a b' }, 'scope is a list'],
    ['scope null', { token_type: 'bearer', scope: null }, {}, 'scope is not text'],
    ['expires_in null', { token_type: 'bearer', expires_in: null }, {}, 'expires_in is not a time'],
    ['expires_in -1', { token_type: 'bearer', expires_in: -1 }, {}, 'expires_in is not a time'],
    ['expires_in 1e400', { token_type: 'bearer', expires_in: 'soon' }, {}, 'expires_in is not a time'],
    ['expires_in "3600"', { token_type: 'bearer', expires_in: '3600' }, { expires_at: NOW + 3600 }, '3600 seconds'],
    ['expires_in 3599.9', { token_type: 'bearer', expires_in: 3599.9 }, { expires_at: NOW + 3599 }, '3599 seconds'],
    ['what knox does not know', { token_type: 'BEARER', instance_url: 'https://x' }, { instance_url: 'https://x' }, ''],
  ])('%s', async (_what, more, expected, note) => {
    const { tokens, notes, overlap } = await answered(JSON.stringify({ ...GIVEN, ...more }));
    expect(tokens).toEqual({ ...OLD, ...GIVEN, ...expected });
    expect(notes).toContain(note);
    expect(notes === '').toBe(note === '');
    expect(overlap).toBe('expires_at' in expected ? Math.floor((expected.expires_at - NOW) / 2) : null);
  });

  test.each([[null], [''], [5]])('a refresh_token of %j: the old one stays', async (refresh) => {
    const { tokens, notes } = await answered(
      JSON.stringify({ access_token: 'new-access-1', token_type: 'bearer', refresh_token: refresh }),
    );
    expect([tokens['access_token'], tokens['refresh_token']]).toEqual(['new-access-1', 'old-refresh-1']);
    expect(notes).toContain('the old one stays');
  });

  test('a new refresh token without an access token is kept', async () => {
    const { tokens, notes } = await answered(JSON.stringify({ refresh_token: 'new-refresh-1', token_type: 'bearer' }));
    expect([tokens['access_token'], tokens['refresh_token']]).toEqual(['old-access-1', 'new-refresh-1']);
    expect(notes).toContain('no access token');
  });

  const JSON_TEXT = JSON.stringify({ ...GIVEN, token_type: 'bearer', expires_in: 60 });
  test.each<[string, string, ResponseInit]>([
    ['status 201', JSON_TEXT, { status: 201, headers: { 'content-type': 'application/json' } }],
    ['text/plain', JSON_TEXT, { headers: { 'content-type': 'text/plain' } }],
    ['no type, with a byte order mark', `\uFEFF${JSON_TEXT}`, {}],
    [
      'a form',
      'access_token=new-access-1&expires_in=60&refresh_token=new-refresh-1&scope=&token_type=bearer',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    [
      'a form that is called a page',
      'access_token=new-access-1&refresh_token=new-refresh-1&token_type=bearer&expires_in=60',
      { headers: { 'content-type': 'text/html' } },
    ],
  ])('%s', async (_what, body, init) => {
    const { tokens } = await answered(body, init);
    expect(tokens).toMatchObject({ ...GIVEN, token_type: 'Bearer', expires_at: NOW + 60 });
    expect(tokens).not.toHaveProperty('id_token');
  });

  test.each<[string, string, ResponseInit, boolean]>([
    ['no tokens', '{}', {}, false],
    ['nothing', '', { status: 200 }, false],
    ['a page', '<a href="?access_token=x">', {}, false],
    ['what begins as a form does', `a=${'&a='.repeat(100)}<`, {}, false],
    ['a token that is no text', '{"access_token":5}', {}, false],
    ['tokens with a status of failure', JSON_TEXT, { status: 500 }, false],
    ['a no with a status of success', '{"error":"bad_refresh_token"}', {}, true],
    ['a no as a form', 'error=bad_refresh_token&error_description=The+token', {}, true],
    ['a no', '{"error":"invalid_grant"}', { status: 400 }, true],
  ])('%s: whether it is certain that nothing was used up', async (_what, body, init, isCertain) => {
    const request = asking({ grant: 'refresh_token' }, async () => new Response(body, init));
    const error = await oauthSource
      .create(request, { value: Plaintext.fromText(JSON.stringify(OLD)), handle: null })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof NothingMade).toBe(isCertain);
  });

  test('an answer without end is given up soon, and counts as lost', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (stream) => {
        sent += 65_536;
        stream.enqueue(new Uint8Array(65_536));
      },
    });
    const request = asking({ grant: 'refresh_token' }, async () => new Response(endless));
    const error = await oauthSource
      .create(request, { value: Plaintext.fromText(JSON.stringify(OLD)), handle: null })
      .catch((thrown: unknown) => thrown);
    expect([error instanceof NothingMade, (error as Error).message]).toEqual([
      false,
      expect.stringContaining('more than 1 MiB'),
    ]);
    expect(sent).toBeLessThan(3_000_000);
  });

  test.each([
    [1_795_947_012.9, '2026-11-29T10:10:12.000Z'],
    ['1795947012', '2026-11-29T10:10:12.000Z'],
    ['soon', null],
    [true, null],
    [null, null],
    [-5, null],
    [1e300, null],
  ])('an expires_at of %j ends at %s', (at, ends) => {
    const value = Plaintext.fromText(JSON.stringify({ ...OLD, expires_at: at }));
    expect(oauthSource.endsAt!({ value, handle: null })).toBe(ends);
  });

  test('tried out, a value that could not be renewed is told before it is needed', async () => {
    const asked: string[] = [];
    const request = asking({ grant: 'refresh_token' }, async () => {
      asked.push('asked');
      return Response.json({ error: 'invalid_grant' }, { status: 400 });
    });
    const of = (value: object) => ({ value: Plaintext.fromText(JSON.stringify(value)), handle: null });
    await expect(oauthSource.test(request, of({ access_token: 'x' }))).rejects.toThrow(
      'not a token set with a refresh_token',
    );
    expect(asked).toEqual([]);
    expect(await oauthSource.test(request, of(OLD))).toBe(null);
  });
});

test.each([
  [1_795_947_012.9, '2026-11-29T10:10:12.000Z'],
  ['1795947012', '2026-11-29T10:10:12.000Z'],
  [{ toString: 1 }, null],
  [true, null],
  [[1_795_947_012], null],
  [1e300, null],
])('the end of a token set that says %j', (expires, ends) => {
  expect(endOf({ expires_at: expires as never })).toBe(ends);
});
