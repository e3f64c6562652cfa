/**
 * SendGrid's API keys, `/v3/api_keys`. From Twilio's OpenAPI description: a value only when it is made, its id in the value, 100 keys at
 * most and 403 beyond, full access where no scopes are sent, errors as `{"errors": [{"field", "message"}]}`, 204 for a deletion, the limit
 * as 429 with `X-RateLimit-Reset`.
 */
import { randomBytes } from 'node:crypto';
import { startHttpFake } from './http-fake.ts';
import type { Answer, HttpFake, Sent } from './http-fake.ts';

export interface SendGridKey {
  readonly api_key_id: string;
  readonly value: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

export interface SendGrid extends HttpFake {
  readonly keys: Map<string, SendGridKey>;
  /** The answer about one key as the documentation shows it, in a list, or as the service gives it. */
  isAsDocumented: boolean;
  /** So many logins with a deleted key are still let in. */
  lag: number;
  readonly add: (value: string, scopes?: readonly string[]) => SendGridKey;
  readonly letsIn: (value: string) => boolean;
}

const MOST_KEYS = 100;
const ADMIN_SCOPES = ['api_keys.create', 'api_keys.read', 'api_keys.delete', 'mail.send', 'stats.read'];
/** By the account: shown with every key, refused where they are asked for. */
const BY_ACCOUNT = ['2fa_required', 'sender_verification_eligible'];

/** A value that could be one: 69 characters. */
export function sendGridValue(label: string): string {
  const pad = (text: string, length: number): string => text.padEnd(length, '_').slice(0, length);
  return `SG.${pad(`id-${label}`, 22)}.${pad(`secret-${label}`, 43)}`;
}
export const SENDGRID_ADMIN_KEY = sendGridValue('admin');

export async function startSendGrid(): Promise<SendGrid> {
  const keys = new Map<string, SendGridKey>();
  const deleted = new Set<string>();
  const add = (value: string, scopes: readonly string[] = ['mail.send'], name = 'by hand'): SendGridKey => {
    const key = { api_key_id: value.split('.')[1]!, value, name, scopes: [...scopes, ...BY_ACCOUNT] };
    keys.set(key.api_key_id, key);
    return key;
  };
  add(SENDGRID_ADMIN_KEY, ADMIN_SCOPES);
  const handle = ({ method, path, bearer, query, body }: Sent): Answer => {
    if (bearer !== SENDGRID_ADMIN_KEY) return problem(401, 'authorization required');
    if (!path.startsWith('/v3/api_keys')) return problem(404, 'resource not found');
    const id = path.split('/')[3];
    if (id === undefined && method === 'GET') {
      const limit = Number(query.get('limit') ?? MOST_KEYS);
      const result = [...keys.values()].slice(0, limit).map(({ api_key_id, name }) => ({ name, api_key_id }));
      return { status: 200, body: { result } };
    }
    if (id === undefined) {
      if (keys.size >= MOST_KEYS) return problem(403, 'maximum number of api keys reached');
      const { name, scopes = ADMIN_SCOPES } = body as { name?: string; scopes?: string[] };
      if (name === undefined || name === '') return problem(400, 'missing required argument', 'name');
      if (scopes.some((scope) => !ADMIN_SCOPES.includes(scope)))
        return problem(400, 'invalid scope requested', 'scopes');
      const value = `SG.${randomBytes(16).toString('base64url')}.${randomBytes(32).toString('base64url')}`;
      const key = add(value, scopes, name);
      return {
        status: 201,
        body: { api_key: value, api_key_id: key.api_key_id, name, scopes: key.scopes },
        isNew: true,
      };
    }
    const key = keys.get(id);
    if (key === undefined) return problem(404, 'unable to find API Key');
    if (method === 'GET') {
      const { value: _value, ...shown } = key;
      return { status: 200, body: sendgrid.isAsDocumented ? { result: [shown] } : shown };
    }
    keys.delete(id);
    deleted.add(key.value);
    return { status: 204 };
  };
  const base = await startHttpFake(handle, () => ({
    ...problem(429, 'too many requests'),
    // In the past: it may be asked again at once.
    headers: {
      'X-RateLimit-Limit': '600',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': String(Math.floor(Date.now() / 1000)),
    },
  }));
  const sendgrid: SendGrid = Object.assign(base, {
    keys,
    isAsDocumented: false,
    lag: 0,
    add: (value: string, scopes?: readonly string[]) => add(value, scopes),
    letsIn(value: string) {
      if (deleted.has(value) && sendgrid.lag > 0) {
        sendgrid.lag -= 1;
        return true;
      }
      return [...keys.values()].some((key) => key.value === value);
    },
  });
  return sendgrid;
}

function problem(status: number, message: string, field: string | null = null): Answer {
  return { status, body: { errors: [{ message, field }] } };
}
