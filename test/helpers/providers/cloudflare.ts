/**
 * Cloudflare's API tokens of a user and of an account. From Cloudflare's documentation: answers in an envelope, errors with codes from 1000,
 * a value only when it is made or rolled, PUT that wants the whole token, pages by `page` and `per_page`, 50 tokens a user, 429 with
 * `retry-after` and the `ratelimit` headers.
 */
import { randomBytes } from 'node:crypto';
import { startHttpFake } from './http-fake.ts';
import type { Answer, HttpFake, Sent } from './http-fake.ts';

export interface CloudflareToken {
  readonly id: string;
  value: string;
  name: string;
  status: 'active' | 'disabled' | 'expired';
  policies: object[];
  condition?: object;
  issued_on: string;
  expires_on?: string;
  last_used_on: string | null;
}

export interface Cloudflare extends HttpFake {
  readonly tokens: Map<string, CloudflareToken>;
  /** Which tokens these are: `/user/tokens`, or those of an account. */
  owner: string;
  /** Whether a disabled token still tells its id, which is not documented. */
  disabledTellsId: boolean;
  /** Whether tokens may be used from here at all. */
  isFiltered: boolean;
  readonly add: (value: string, more?: Partial<CloudflareToken>) => CloudflareToken;
  readonly letsIn: (value: string) => boolean;
}

export const CLOUDFLARE_ADMIN_TOKEN = 'AdminTokenOfTheTestsAtCloudflare01234567';
const MOST_TOKENS = 50;
const POLICY = {
  id: 'f267e341f3dd4697bd3b9f71dd96247f',
  effect: 'allow',
  resources: { 'com.cloudflare.api.account.zone.eb78d65290b24279ba6f44721b3ea3c4': '*' },
  permission_groups: [{ id: 'c8fed203ed3043cba015a93ad1616f1f', name: 'Zone Read' }],
};

export async function startCloudflare(): Promise<Cloudflare> {
  const tokens = new Map<string, CloudflareToken>();
  const add = (value: string, more: Partial<CloudflareToken> = {}): CloudflareToken => {
    const common = { name: 'by hand', status: 'active' as const, policies: [POLICY], last_used_on: null };
    const issued = '2026-01-01T00:00:00Z';
    const token: CloudflareToken = {
      id: randomBytes(16).toString('hex'),
      value,
      issued_on: issued,
      ...common,
      ...more,
    };
    tokens.set(token.id, token);
    return token;
  };
  const admin = add(CLOUDFLARE_ADMIN_TOKEN, { name: 'admin' });
  const find = (value: string): CloudflareToken | undefined => [...tokens.values()].find((one) => one.value === value);
  const verify = ({ bearer }: Sent): Answer => {
    const token = find(bearer);
    if (cloudflare.isFiltered && token !== admin)
      return problem(403, 9109, 'Cannot use the access token from location: 127.0.0.1');
    if (token === undefined || (token.status === 'disabled' && !cloudflare.disabledTellsId))
      return problem(401, 1000, 'Invalid API Token');
    return success({ id: token.id, status: token.status });
  };
  const handle = (sent: Sent): Answer => {
    const { path, method, body, query } = sent;
    if (!path.startsWith(cloudflare.owner)) return problem(404, 7003, 'Could not route to that path');
    const [, id, value] = path.slice(cloudflare.owner.length).split('/');
    if (!/^[\w-]{20,}$/.test(sent.bearer)) return problem(400, 6003, 'Invalid request headers');
    if (id === 'verify') return verify(sent);
    if (sent.bearer !== CLOUDFLARE_ADMIN_TOKEN) return problem(403, 9109, 'Unauthorized to access requested resource');
    if (id === undefined && method === 'GET') {
      const size = Number(query.get('per_page') ?? 20);
      if (size > 50 || size < 5) return problem(400, 1001, 'per_page must be between 5 and 50');
      const page = Number(query.get('page') ?? 1);
      const part = [...tokens.values()].slice((page - 1) * size, page * size);
      return success(
        part.map((token) => shown(token)),
        { page, per_page: size, count: part.length, total_count: tokens.size },
      );
    }
    if (id === undefined) {
      if (tokens.size >= MOST_TOKENS) return problem(400, 1111, 'You have reached the maximum number of tokens');
      const refused = badToken(body);
      if (refused !== null) return refused;
      const made = add(randomBytes(30).toString('base64url'), { ...body, issued_on: new Date().toISOString() });
      return { ...success({ ...shown(made), value: made.value }), isNew: true };
    }
    const token = tokens.get(id);
    if (token === undefined) return problem(404, 1003, 'Resource not found');
    if (method === 'GET') return success(shown(token));
    if (method === 'DELETE') {
      tokens.delete(id);
      return success({ id });
    }
    if (value === 'value') {
      token.value = randomBytes(30).toString('base64url');
      return { ...success(token.value), isNew: true };
    }
    const refused = badToken(body);
    if (refused !== null) return refused;
    Object.assign(token, body);
    return success(shown(token));
  };
  const base = await startHttpFake(handle, () => ({
    ...problem(
      429,
      10000,
      'More than 1200 requests per 300 seconds reached. Please wait and consider throttling your request speed',
    ),
    headers: { 'retry-after': '0', ratelimit: '"default";r=0;t=0', 'ratelimit-policy': '"default";q=1200;w=300' },
  }));
  const cloudflare: Cloudflare = Object.assign(base, {
    tokens,
    owner: '/user/tokens',
    disabledTellsId: true,
    isFiltered: false,
    add,
    letsIn: (value: string) => find(value)?.status === 'active',
  });
  return cloudflare;
}

/** What POST and PUT both want. */
function badToken({
  name,
  policies,
}: {
  name?: string;
  policies?: { effect?: string; permission_groups?: { id?: string }[] }[];
}): Answer | null {
  if (typeof name !== 'string' || name === '' || name.length > 120)
    return problem(400, 1001, 'name must have 1 to 120 characters');
  const isFine = policies?.every(
    ({ effect, permission_groups: groups }) => effect === 'allow' && groups?.every(({ id }) => id !== undefined),
  );
  return isFine === true && policies!.length > 0 ? null : problem(400, 1001, 'policies are missing or invalid');
}

function shown({ value: _value, ...token }: CloudflareToken): object {
  return token;
}

function success(result: unknown, info?: object): Answer {
  return {
    status: 200,
    body: { success: true, errors: [], messages: [], result, ...(info === undefined ? {} : { result_info: info }) },
  };
}

function problem(status: number, code: number, message: string): Answer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}
