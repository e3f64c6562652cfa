/**
 * A certified OAuth provider (oidc-provider) on loopback: refresh tokens that rotate, with reuse detection, or that stay. In front of it
 * stands a line that can lose a request, its answer, or half of the answer.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
// @ts-expect-error It comes without types.
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';
import type { ClientMetadata } from 'oidc-provider';

export const CLIENT_SECRET = 'client secret: with % and + and &, 32 bytes or more';
/** Seconds. */
export const ACCESS_LIFE = 7200;

export type Loss = 'request' | 'answer' | 'half';

export interface OAuthProvider {
  readonly tokenUrl: string;
  readonly revokeUrl: string;
  /** What was sent, in order: path and body. */
  readonly requests: { readonly path: string; readonly body: URLSearchParams }[];
  /** What the next requests meet, the first first. */
  readonly losses: Loss[];
  /** Answers instead of the provider, the first first. */
  readonly answers: { readonly status: number; readonly body: string; readonly type?: string }[];
  /** The test's clock, by which access tokens run out. */
  clock: () => Date;
  /** A token set as an application gets one when a person signs in. */
  readonly signIn: (client: string) => Promise<{ access_token: string; refresh_token: string; expires_at: number }>;
  readonly letsIn: (token: string) => Promise<boolean>;
  /** Whether a refresh token can still be used. */
  readonly canRefresh: (token: string) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

export async function startOAuthProvider(): Promise<OAuthProvider> {
  const requests: OAuthProvider['requests'] = [];
  const losses: Loss[] = [];
  const answers: OAuthProvider['answers'] = [];
  /** Access tokens, and when they run out by the test's clock. */
  const ends = new Map<string, number>();
  const noteEnd = (token: string) => {
    const end = Math.floor(self.clock().getTime() / 1000) + ACCESS_LIFE;
    ends.set(token, end);
    return end;
  };
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const inner = createServer((request, response) => handle(request, response));
  const outer = createServer((request, response) => void pass(request, response));
  const innerUrl = await listening(inner);
  const url = await listening(outer);

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const path = request.url ?? '/';
    requests.push({ path, body: new URLSearchParams(Buffer.concat(parts).toString()) });
    const loss = losses.shift();
    if (loss === 'request') {
      response.destroy();
      return;
    }
    const instead = answers.shift();
    if (instead !== undefined) {
      response.writeHead(instead.status, { 'Content-Type': instead.type ?? 'application/json' }).end(instead.body);
      return;
    }
    const { host: _host, connection: _connection, ...headers } = request.headers as Record<string, string>;
    const answer = await fetch(innerUrl + path, { method: 'POST', headers, body: Buffer.concat(parts) });
    const body = Buffer.from(await answer.arrayBuffer());
    if (path === '/token' && answer.ok) noteEnd((JSON.parse(body.toString()) as { access_token: string }).access_token);
    if (loss === 'answer') {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), 'content-length': body.length });
    if (loss !== 'half') response.end(body);
    else response.write(body.subarray(0, body.length / 2), () => response.destroy());
  }

  const provider = new Provider(url, {
    // A class of its own: the provider warns of memory otherwise.
    adapter: class extends (MemoryAdapter as new (name: string) => object) {} as never,
    clients: [
      client('rotating', { grant_types: ['refresh_token', 'authorization_code'] }),
      client('staying', { grant_types: ['refresh_token', 'authorization_code'] }),
      client('posting', {
        grant_types: ['refresh_token', 'authorization_code'],
        token_endpoint_auth_method: 'client_secret_post',
      }),
      client('machine', { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }),
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
    },
    scopes: ['openid', 'offline_access', 'api'],
    ttl: { AccessToken: ACCESS_LIFE, ClientCredentials: ACCESS_LIFE, RefreshToken: 86_400 * 30, Grant: 86_400 * 30 },
    rotateRefreshToken: ({ oidc }) => oidc.client?.clientId !== 'staying',
    findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    jwks: { keys: [await signingKey()] },
    cookies: { keys: ['not used'] },
  });
  handle = provider.callback();

  const self: OAuthProvider = {
    tokenUrl: `${url}/token`,
    revokeUrl: `${url}/token/revocation`,
    requests,
    losses,
    answers,
    clock: () => new Date(),
    async signIn(name) {
      const found = (await provider.Client.find(name))!;
      const grant = new provider.Grant({ accountId: 'somebody', clientId: name });
      grant.addOIDCScope('openid offline_access api');
      const grantId = await grant.save();
      const content = {
        accountId: 'somebody',
        client: found,
        grantId,
        gty: 'authorization_code',
        scope: 'openid offline_access api',
        claims: {},
        expiresWithSession: false,
      };
      const access = new provider.AccessToken(content);
      const refresh = new provider.RefreshToken({ ...content, rotations: 0 });
      const token = await access.save();
      return { access_token: token, refresh_token: await refresh.save(), expires_at: noteEnd(token) };
    },
    async letsIn(token) {
      const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token));
      return found !== undefined && found.isValid && ends.get(token)! * 1000 > self.clock().getTime();
    },
    async canRefresh(token) {
      const found = await provider.RefreshToken.find(token);
      return found !== undefined && found.isValid && found.consumed === undefined;
    },
    async close() {
      for (const server of [outer, inner]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  return self;
}

function client(id: string, more: Partial<ClientMetadata>): ClientMetadata {
  return {
    client_id: id,
    client_secret: CLIENT_SECRET,
    redirect_uris: ['https://app.example.com/callback'],
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
    scope: 'openid offline_access api',
    ...more,
  };
}

async function signingKey() {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  return { ...(await crypto.subtle.exportKey('jwk', privateKey)), use: 'sig', kty: 'EC', key_ops: undefined } as never;
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
