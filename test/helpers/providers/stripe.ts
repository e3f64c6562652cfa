/**
 * Stripe's managed API keys, `/v2/iam/api_keys`, for an app that is installed in an account. From Stripe's SDKs (`v2.iam.api_key`), its
 * documentation of API v2 and of managed API keys, and what others measured in a sandbox: pages of at most 100 by `next_page_url`, errors
 * as `{"error": {"code", "message", "type"}}`, a value in the clear in test mode and as a JWE in live mode, where it is shown once.
 */
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { startHttpFake } from './http-fake.ts';
import type { Answer, HttpFake, Sent } from './http-fake.ts';

export interface StripeKey {
  readonly id: string;
  readonly value: string;
  readonly name: string;
  readonly permissions: readonly string[];
  readonly connect_permissions: readonly string[];
  status: 'active' | 'expired';
  last_used: string | null;
}

export interface Stripe extends HttpFake {
  readonly keys: Map<string, StripeKey>;
  /** What the header of a JWE says of the inner key. */
  algorithm: 'RSA-OAEP' | 'RSA-OAEP-256' | 'RSA1_5';
  /** Entries in a page, whatever is asked for. */
  page: number;
  readonly add: (value: string, permissions?: readonly string[]) => StripeKey;
  readonly letsIn: (value: string) => boolean;
}

/** An app has one for each mode. In live mode values are shown once, encrypted. */
export const STRIPE_APP_KEYS = {
  live: 'sk_live_51AppOfTheTestsMayMakeKeys',
  test: 'sk_test_51AppOfTheTestsMayMakeKeys',
};
export const STRIPE_ACCOUNT = 'acct_1MerchantOfTests';

export async function startStripe(): Promise<Stripe> {
  const keys = new Map<string, StripeKey>();
  const used = new Map<string, string>();
  const isLive = (value: string): boolean => value.includes('_live_');
  const add = (value: string, permissions: readonly string[] = ['charge_read'], name = 'by hand'): StripeKey => {
    const id = `mk_${randomBytes(9).toString('hex')}`;
    const key: StripeKey = {
      id,
      value,
      name,
      permissions,
      connect_permissions: [],
      status: 'active',
      last_used: null,
    };
    keys.set(id, key);
    return key;
  };
  const shown = (key: StripeKey, isNew: boolean, pem: string | null): object => {
    const { value, ...rest } = key;
    const secret = {
      secret_token_redacted: `rk_...${value.slice(-4)}`,
      ...(isLive(value) ? {} : { token: value }),
      ...(isLive(value) && isNew && pem !== null
        ? { encrypted_secret: { ciphertext: seal(value, pem, stripe.algorithm), format: 'jwe_compact' } }
        : {}),
    };
    const common = {
      object: 'v2.iam.api_key',
      type: 'secret_key',
      livemode: isLive(value),
      ip_allowlist: [],
      note: null,
    };
    return { ...common, ...rest, secret_key: secret };
  };
  const handle = (sent: Sent): Answer => {
    const refused = refusal(sent);
    if (refused !== null) return refused;
    const mode = isLive(sent.bearer);
    const ofMode = [...keys.values()].filter(({ value }) => isLive(value) === mode);
    const [, , , , id, action] = sent.path.split('/');
    if (!sent.path.startsWith('/v2/iam/api_keys')) return problem(404, 'not_found', 'Unrecognized request URL');
    if (id === undefined && sent.method === 'GET') {
      const limit = Number(sent.query.get('limit') ?? 20);
      if (limit > 100) return problem(400, 'invalid_fields', 'limit: The maximum page limit is 100');
      const from = Number(sent.query.get('page') ?? 0);
      const size = Math.min(limit, stripe.page);
      const next = from + size < ofMode.length ? `/v2/iam/api_keys?limit=${limit}&page=${from + size}` : null;
      const data = ofMode.slice(from, from + size).map((key) => shown(key, false, null));
      return { status: 200, body: { data, next_page_url: next, previous_page_url: null } };
    }
    if (id === undefined && sent.method === 'POST') {
      const idempotency = String(sent.headers['idempotency-key'] ?? '');
      const text = JSON.stringify(sent.body);
      if (idempotency === '' || (used.has(idempotency) && used.get(idempotency) !== text))
        return problem(
          400,
          'idempotency_error',
          'Keys for idempotent requests can only be used with the same parameters',
        );
      used.set(idempotency, text);
      const { type, name, permissions, public_key: publicKey } = sent.body;
      const pem = publicKey?.pem_key?.data ?? null;
      if (type !== 'secret_key' || !Array.isArray(permissions) || permissions.length === 0)
        return problem(400, 'invalid_fields', 'permissions: must not be empty');
      if (mode && (pem === null || publicKey.pem_key.algorithm !== 'RSA'))
        return problem(400, 'invalid_fields', 'public_key: required in live mode');
      const key = add(`rk_${mode ? 'live' : 'test'}_${randomBytes(24).toString('hex')}`, permissions, name);
      return { status: 200, body: shown(key, true, pem), isNew: true };
    }
    const key = ofMode.find((known) => known.id === id);
    if (key === undefined) return problem(404, 'not_found', `No such API key: ${id}`);
    if (action === 'expire') {
      if (key.status === 'expired') return problem(400, 'already_expired', 'This API key has expired already');
      key.status = 'expired';
    }
    return { status: 200, body: shown(key, false, null) };
  };
  const base = await startHttpFake(handle, () => ({
    ...problem(429, 'rate_limit', 'Too many requests'),
    headers: { 'Retry-After': '0', 'Stripe-Rate-Limited-Reason': 'global-rate' },
  }));
  const stripe: Stripe = Object.assign(base, {
    keys,
    algorithm: 'RSA-OAEP-256' as const,
    page: 100,
    add: (value: string, permissions?: readonly string[]) => add(value, permissions),
    letsIn: (value: string) => [...keys.values()].some((key) => key.value === value && key.status === 'active'),
  });
  return stripe;
}

function refusal({ bearer, headers, method }: Sent): Answer | null {
  if (!Object.values(STRIPE_APP_KEYS).includes(bearer))
    return problem(401, 'invalid_api_key', `Invalid API Key provided: ${bearer}`);
  // Only a preview version of the API has this.
  if (!/^\d{4}-\d\d-\d\d\.preview$/.test(String(headers['stripe-version'] ?? '')))
    return problem(404, 'not_found', 'Unrecognized request URL');
  if (headers['stripe-context'] !== STRIPE_ACCOUNT)
    return problem(403, 'forbidden', `The app is not installed in ${String(headers['stripe-context'])}`);
  if (method === 'POST' && headers['content-type'] !== 'application/json')
    return problem(400, 'invalid_content_type', 'Content-Type must be application/json');
  return null;
}

function problem(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message, type: 'invalid_request_error' } } };
}

function seal(value: string, pem: string, algorithm: Stripe['algorithm']): string {
  const key = randomBytes(32);
  const iv = randomBytes(12);
  const head = Buffer.from(JSON.stringify({ alg: algorithm, enc: 'A256GCM' })).toString('base64url');
  const hash = algorithm === 'RSA-OAEP' ? 'sha1' : 'sha256';
  const inner = publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, key);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(head));
  const content = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return [head, ...[inner, iv, content, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}
