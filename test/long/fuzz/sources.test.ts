/** What programs and providers answer: the protocol of source programs, tokens of OAuth. */
import * as fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Plaintext, reveal } from '../../../src/domain/plaintext.ts';
import { commandSource } from '../../../src/sources/command.ts';
import { oauthSource } from '../../../src/sources/oauth.ts';
import { NothingMade } from '../../../src/sources/source.ts';
import type { SourceRequest } from '../../../src/sources/source.ts';
import { fuzz, HOW, MARKER, outcomeOf } from './fuzz.ts';
import { mutatedJsonText, savedJson } from './mutations.ts';
import type { Json } from './mutations.ts';

const folder = mkdtempSync(join(tmpdir(), 'knox-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

function request(options: Readonly<Record<string, string>>, fetch: typeof globalThis.fetch): SourceRequest {
  return {
    secret: 'api_key',
    environment: 'production',
    rotation: null,
    attempt: 'a1',
    replacement: null,
    options: new Map(Object.entries(options).map(([name, text]) => [name, Plaintext.fromText(text)])),
    secrets: [],
    services: {
      root: folder,
      fetch,
      environment: {},
      signals: null,
      sleep: async () => undefined,
      now: () => new Date('2026-01-10T12:00:00.000Z'),
    },
  };
}

const answers = fc.constantFrom<Json>(
  { value: MARKER, handle: 'h1', overlap: '30d' },
  { value: { base64: Buffer.from(MARKER).toString('base64') }, overlap: 'none' },
  { lastUsedAt: '2026-01-10T12:00:00.000Z' },
  { lastUsedAt: null },
  {},
);
const old = { value: Plaintext.fromText('the old value'), handle: 'h0' };

describe(`answers, ${HOW}`, () => {
  test('of a program', { timeout: 3_600_000 }, async () => {
    const asked = request({ program: 'cat answer >&1; cat said >&2; exit $(cat status)' }, fetch);
    const status = fc.constantFrom(0, 0, 0, 0, 1, 64, 75);
    const action = fc.constantFrom('test', 'create', 'find', 'usage', 'revoke');
    const inputs = fc.tuple(savedJson(answers), fc.constantFrom('', '\x1b[2J', 'no'), status, action);
    let made = 0;
    const ran = await fuzz(250, inputs, async ([bytes, said, ended, what]) => {
      writeFileSync(join(folder, 'answer'), bytes);
      writeFileSync(join(folder, 'said'), said);
      writeFileSync(join(folder, 'status'), String(ended));
      const found = await outcomeOf<unknown>(['source_failed', 'io'], async () => {
        if (what === 'create') return commandSource.create(asked, old);
        if (what === 'usage' || what === 'revoke') return commandSource[what](asked, old);
        return what === 'test' ? commandSource.test(asked, old) : commandSource.find(asked);
      });
      if (!('value' in found) || what !== 'create') return;
      made += 1;
      const { value, handle, overlap } = found.value as Awaited<ReturnType<typeof commandSource.create>>;
      expect(reveal(value).length).toBeGreaterThan(0);
      expect(handle === null || typeof handle === 'string').toBe(true);
      expect(overlap === null || overlap === 'none' || overlap === 'unlimited' || Number.isSafeInteger(overlap)).toBe(
        true,
      );
    });
    expect(made).toBeGreaterThan(ran / 300);
  });

  test('of a provider of tokens', { timeout: 3_600_000 }, async () => {
    const token = fc.constantFrom<Json>(
      {
        access_token: MARKER,
        token_type: 'bearer',
        expires_in: 3600,
        refresh_token: `${MARKER}2`,
        scope: 'a b',
        id_token: 'x',
      },
      { error: 'invalid_grant', error_description: '\x1b[2J no' },
      { error: 'invalid_client' },
    );
    const inputs = fc.record({
      body: savedJson(token),
      status: fc.constantFrom(200, 200, 200, 201, 204, 400, 401, 403, 429, 500),
      type: fc.constantFrom(
        'application/json',
        'application/json; charset=utf-8',
        'text/html',
        'application/jsonx',
        '',
      ),
      grant: fc.constantFrom('refresh_token', 'client_credentials'),
      action: fc.constantFrom('create', 'create', 'test', 'revoke'),
      held: mutatedJsonText(
        fc.constant<Json>({ access_token: 'held-access', refresh_token: MARKER, expires_at: 1_767_000_000 }),
      ),
    });
    let made = 0;
    const ran = await fuzz(6000, inputs, async ({ body, status, type, grant, action, held }) => {
      const answer = async () =>
        new Response(status === 204 ? null : new Uint8Array(body), { status, headers: { 'content-type': type } });
      const options = {
        token_url: 'https://id.example.com/token',
        revoke_url: 'https://id.example.com/revoke',
        revoke: 'old',
        client_id: 'c',
        client_secret: 's',
        grant,
      };
      const asked = request(options, answer);
      const before = { value: Plaintext.fromText(held === '' ? ' ' : held), handle: null };
      const found = await outcomeOf<unknown>(['source_failed'], async () => {
        try {
          if (action === 'create') return await oauthSource.create(asked, before);
          oauthSource.endsAt!(before);
          return action === 'test' ? await oauthSource.test(asked, before) : await oauthSource.revoke(asked, before);
        } catch (error) {
          throw error instanceof NothingMade ? error.reason : error;
        }
      });
      if (!('value' in found) || action !== 'create') return;
      made += 1;
      const { value, overlap } = found.value as Awaited<ReturnType<typeof oauthSource.create>>;
      expect(reveal(value).length).toBeGreaterThan(0);
      expect(overlap === null || (Number.isSafeInteger(overlap) && (overlap as number) >= 0)).toBe(true);
    });
    expect(made).toBeGreaterThan(ran / 300);
  });
});
