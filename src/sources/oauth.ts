/**
 * OAuth 2.0 tokens as a source: refresh and client-credentials grants (RFC 6749), revocation (RFC 7009). The value is a token set as JSON. A
 * provider that rotates refresh tokens uses the old one up, so a request is sent once, and its answer is what there is (`docs/sources.md`).
 */
import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi';
import { maskText } from '../domain/mask.ts';
import { isLoopback } from '../domain/loopback.ts';
import { Plaintext, revealText } from '../domain/plaintext.ts';
import { printableLines } from '../domain/printable.ts';
import { errors, isKnoxError } from '../errors.ts';
import { endOf, readRevocation, readTokens, renew } from './oauth-answer.ts';
import type { Members, TokenSet } from './oauth-answer.ts';
import { askServer, isRefusedClient, NotSent, Refused } from './oauth-request.ts';
import { NothingMade, UNSUPPORTED } from './source.ts';
import type { Created, Credential, Source, SourceRequest } from './source.ts';

const GRANTS = ['refresh_token', 'client_credentials'] as const;
type Grant = (typeof GRANTS)[number];

/** @param options those that hold no placeholder @throws usage */
export function checkOptions(options: Readonly<Record<string, string>>): void {
  for (const name of ['token_url', 'revoke_url']) {
    const problem = options[name] === undefined ? null : addressProblem(options[name]);
    if (problem !== null) throw errors.usage(`the option ${name} ${problem}`, `--option ${name}=https://…`);
  }
  const { grant, revoke } = options;
  if (grant !== undefined && !(GRANTS as readonly string[]).includes(grant))
    throw errors.usage('the option grant must be refresh_token or client_credentials', '--option grant=refresh_token');
  if (revoke !== undefined && revoke !== 'old')
    throw errors.usage('the option revoke must be old, if given', '--option revoke=old');
  if (revoke !== undefined && options['revoke_url'] === undefined)
    throw errors.usage('the option revoke needs revoke_url', '--option revoke_url=https://…');
}

function addressProblem(text: string): string | null {
  if (!URL.canParse(text)) return 'is not an address';
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)) ? null : 'does not start with https:';
}

function optionOf({ options }: SourceRequest, name: string): string | undefined {
  const value = options.get(name);
  return value === undefined ? undefined : (revealText(value) ?? undefined);
}

function grantOf(request: SourceRequest): Grant {
  return optionOf(request, 'grant') === 'client_credentials' ? 'client_credentials' : 'refresh_token';
}

/** Null for a value that is not a JSON object: a bare token. */
function parseTokens({ value }: Credential): TokenSet | null {
  try {
    const tokens = JSON.parse(revealText(value) ?? '') as unknown;
    return typeof tokens === 'object' && tokens !== null && !Array.isArray(tokens) ? (tokens as TokenSet) : null;
  } catch {
    return null;
  }
}

interface Endpoint {
  readonly server: AuthorizationServer;
  readonly client: Client;
  readonly secret: string | undefined;
}

/** @throws source_failed for an option that its placeholder filled with something unusable */
function endpointOf(request: SourceRequest): Endpoint {
  const tokenUrl = optionOf(request, 'token_url') ?? '';
  const revokeUrl = optionOf(request, 'revoke_url');
  for (const [name, url] of [
    ['token_url', tokenUrl],
    ['revoke_url', revokeUrl],
  ] as const) {
    const problem = url === undefined ? null : addressProblem(url);
    if (problem !== null) throw errors.source_failed(`the option ${name} of ${request.secret} ${problem}`);
  }
  const server = {
    // Only what comes with an identity token is held against it, and knox takes none.
    issuer: new URL(tokenUrl).origin,
    token_endpoint: tokenUrl,
    ...(revokeUrl === undefined ? {} : { revocation_endpoint: revokeUrl }),
  };
  return { server, client: { client_id: optionOf(request, 'client_id')! }, secret: optionOf(request, 'client_secret') };
}

type Send<T> = (endpoint: Endpoint, auth: ClientAuth) => Promise<T>;

/**
 * Sends a request with the client's secret in the header, as every server has to take it, and again in the body for those that do not. A
 * client that is refused has used nothing up.
 */
async function withClient<T>(request: SourceRequest, send: Send<T>): Promise<T> {
  const oauth = await import('oauth4webapi');
  const endpoint = endpointOf(request);
  const { secret } = endpoint;
  if (secret === undefined) return send(endpoint, oauth.None());
  try {
    return await send(endpoint, oauth.ClientSecretBasic(secret));
  } catch (error) {
    if (!isRefusedClient(error)) throw error;
    return send(endpoint, oauth.ClientSecretPost(secret));
  }
}

async function askForTokens(request: SourceRequest, refreshToken: string | null): Promise<Members> {
  const oauth = await import('oauth4webapi');
  const scope = optionOf(request, 'scope');
  const parameters: Record<string, string> = scope === undefined ? {} : { scope };
  return withClient(request, ({ server, client }, auth) =>
    askServer(
      request.services,
      (options) =>
        refreshToken === null
          ? oauth.clientCredentialsGrantRequest(server, client, auth, parameters, options)
          : oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, {
              ...options,
              additionalParameters: parameters,
            }),
      readTokens,
    ),
  );
}

async function revokeToken(request: SourceRequest, token: string, hint: string): Promise<void> {
  const oauth = await import('oauth4webapi');
  await withClient(request, ({ server, client }, auth) =>
    askServer(
      request.services,
      (options) =>
        oauth.revocationRequest(server, client, auth, token, {
          ...options,
          additionalParameters: { token_type_hint: hint },
        }),
      readRevocation,
    ),
  );
}

const SPENT =
  'the refresh token may be used up: sign in again and give the new one (--value-file ENV=FILE), or try it once more (--confirm generate)';

/** In words, without a token that a provider repeats. */
function failure(
  request: SourceRequest,
  error: unknown,
  tokens: readonly (TokenSet | null)[],
  what: string,
  isSpent = false,
) {
  if (isKnoxError(error)) return error;
  const { message } = error as Error;
  const own = tokens
    .flatMap((set) => [set?.access_token, set?.refresh_token])
    .filter((token): token is string => typeof token === 'string' && token !== '')
    .map((token) => ({ name: request.secret, value: Plaintext.fromText(token) }));
  const said = printableLines(maskText(message, [...request.secrets, ...own]));
  const asked = `the provider, asked to ${what} ${request.secret} for ${request.environment}`;
  const hints = error instanceof Refused ? error.hints : isSpent ? [SPENT] : [];
  const word = error instanceof Refused && /^[a-z_]{1,40}$/.test(error.code) ? `: ${error.code}` : ' failed';
  return errors.source_failed(`${asked}: ${said}`, ...hints).keeping(`${asked}${word}`, hints[0]);
}

/** A refresh token that no provider can have given: what the answer says of it tells whether the client is known. */
const NO_TOKEN = 'knox-asks-whether-this-client-is-known';
/** What a server says to a client that it knows, about that token or about that grant. */
const KNOWN_CLIENT = ['invalid_grant', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope'];

export const oauthSource: Source = {
  isSpending: (request) => grantOf(request) === 'refresh_token',
  test: async (request, old) => {
    const tokens = old === null ? null : parseTokens(old);
    if (grantOf(request) === 'refresh_token' && refreshTokenOf(tokens) === null) throw noRefreshToken(request);
    if (tokens?.expires_at !== undefined && endOf(tokens) === null)
      request.services.warn?.(
        'no_end',
        `expires_at of ${request.secret} for ${request.environment} is not a time in seconds: it counts as unknown`,
      );
    try {
      await askForTokens(request, NO_TOKEN);
    } catch (error) {
      if (!(error instanceof Refused) || !KNOWN_CLIENT.includes(error.code))
        throw failure(request, error, [], 'say whether it knows the client of');
    }
    return null;
  },
  create: async (request, old): Promise<Created> => {
    const tokens = old === null ? null : parseTokens(old);
    const isRefresh = grantOf(request) === 'refresh_token';
    const refreshToken = isRefresh ? refreshTokenOf(tokens) : null;
    if (isRefresh && refreshToken === null) throw new NothingMade(noRefreshToken(request));
    try {
      const answer = await askForTokens(request, refreshToken);
      return createdFrom(request, tokens, answer, old === null || tokens !== null);
    } catch (error) {
      const isCertain = error instanceof Refused || error instanceof NotSent;
      const told = failure(request, error, [old === null ? null : setOf(old)], 'renew', isRefresh && !isCertain);
      throw isCertain ? new NothingMade(told) : told;
    }
  },
  // Nobody can ask a provider what became of a request.
  find: async () => UNSUPPORTED,
  usage: async () => UNSUPPORTED,
  disable: async () => UNSUPPORTED,
  enable: async () => UNSUPPORTED,
  endsAt: (old) => endOf(setOf(old)),
  revoke: async (request, old) => {
    const [tokens, fresh] = [setOf(old), request.replacement === null ? {} : setOf(request.replacement)];
    const { refresh_token: refresh, access_token: access } = tokens;
    const isAsked = optionOf(request, 'revoke') === 'old' && optionOf(request, 'revoke_url') !== undefined;
    const ends = endOf(tokens);
    const isExpired = ends !== null && ends <= request.services.now().toISOString();
    // One that both sets hold lives on with the new one; so would an access token end more than itself, if it came with a refresh token.
    if (refresh !== undefined && refresh === fresh.refresh_token) return isExpired ? undefined : UNSUPPORTED;
    // A provider that gave another refresh token has used this one up.
    if (!isAsked) return refresh !== undefined || isExpired ? undefined : UNSUPPORTED;
    try {
      await (refresh === undefined
        ? revokeToken(request, access ?? '', 'access_token')
        : revokeToken(request, refresh, 'refresh_token'));
    } catch (error) {
      throw failure(request, error, [tokens, fresh], 'revoke the old tokens of');
    }
    return undefined;
  },
};

function refreshTokenOf(tokens: TokenSet | null): string | null {
  const token = tokens?.refresh_token;
  return typeof token === 'string' && token !== '' ? token : null;
}

function noRefreshToken({ secret, environment }: SourceRequest) {
  return errors.source_failed(
    `the value of ${secret} for ${environment} is not a token set with a refresh_token`,
    'expected {"access_token": "…", "refresh_token": "…"}',
  );
}

/** A bare token is an access token. */
function setOf(credential: Credential): TokenSet {
  return parseTokens(credential) ?? { access_token: revealText(credential.value) ?? '' };
}

/** Stored as it is, before anybody judges it: there is no other. */
function createdFrom({ services }: SourceRequest, old: TokenSet | null, answer: Members, isSet: boolean): Created {
  const { tokens, seconds, notes } = renew(old, answer, services.now());
  const { access_token: access, refresh_token: refresh } = tokens;
  return {
    value: Plaintext.fromText(isSet || access === undefined ? JSON.stringify(tokens) : access),
    handle: null,
    // Half of its life: the rotation has to end while the new token lives.
    overlap: seconds === null ? null : Math.floor(seconds / 2),
    notes: notes.map((note) => `The provider's answer: ${note}`),
    consumesOld: refresh !== undefined && old?.refresh_token !== undefined && refresh !== old.refresh_token,
  };
}
