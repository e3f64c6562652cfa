/** What a provider answers in place of tokens, as fuzzing found it: an error of knox with the provider's words, without a token. */
import { expect, test } from 'vitest';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { errorLines } from '../../src/output/error-text.ts';
import type { KnoxError } from '../../src/errors.ts';
import { oauthSource } from '../../src/sources/oauth.ts';
import { NothingMade } from '../../src/sources/source.ts';
import type { SourceRequest } from '../../src/sources/source.ts';

async function refused(body: object, old: string): Promise<string> {
  const options = { token_url: 'https://id.example.com/token', client_id: 'c', grant: 'client_credentials' };
  const answer = async () => Response.json(body, { status: 400 });
  const request: SourceRequest = {
    secret: 'api_key',
    environment: 'production',
    rotation: null,
    attempt: null,
    replacement: null,
    options: new Map(Object.entries(options).map(([name, text]) => [name, Plaintext.fromText(text)])),
    secrets: [],
    services: {
      root: '/',
      fetch: answer as unknown as typeof fetch,
      environment: {},
      signals: null,
      sleep: async () => undefined,
      now: () => new Date('2026-01-10T12:00:00.000Z'),
    },
  };
  const error = await oauthSource
    .create(request, { value: Plaintext.fromText(old), handle: null })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NothingMade);
  return errorLines((error as NothingMade).reason as KnoxError, false);
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
