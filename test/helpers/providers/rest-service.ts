/**
 * A service with keys behind a REST API of the usual form, with and without idempotency keys: what `rest.mjs` is told by its options.
 */
import { randomBytes } from 'node:crypto';
import { startHttpFake } from './http-fake.ts';
import type { Answer, HttpFake, Sent } from './http-fake.ts';

export interface RestKey {
  readonly id: string;
  readonly value: string;
  readonly name: string;
  enabled: boolean;
  last_used_at: string | null;
}

export interface RestService extends HttpFake {
  readonly keys: Map<string, RestKey>;
  readonly add: (value: string) => RestKey;
  readonly letsIn: (value: string) => boolean;
}

export const REST_ADMIN_TOKEN = 'admin-of-the-rest-service';

export async function startRestService(): Promise<RestService> {
  const keys = new Map<string, RestKey>();
  const repeated = new Map<string, RestKey>();
  const add = (value: string, name = 'by hand'): RestKey => {
    const key = { id: `key/${randomBytes(4).toString('hex')}`, value, name, enabled: true, last_used_at: null };
    keys.set(key.id, key);
    return key;
  };
  const handle = ({ method, path, headers, body }: Sent): Answer => {
    if (headers['x-api-key'] !== `Token ${REST_ADMIN_TOKEN}`) return { status: 401, body: { error: 'unauthorized' } };
    const id = decodeURIComponent(path.split('/')[3] ?? '');
    if (id === '' && method === 'GET')
      return { status: 200, body: { data: [...keys.values()].map(({ value: _value, ...key }) => key) } };
    if (id === '') {
      const repeat = String(headers['idempotency-key'] ?? '');
      const key =
        repeated.get(repeat) ?? add(`made-${randomBytes(12).toString('hex')}`, (body as { label: string }).label);
      if (repeat !== '') repeated.set(repeat, key);
      return { status: 201, body: { key: { id: key.id, secret: key.value } }, isNew: true };
    }
    const key = keys.get(id);
    if (key === undefined) return { status: 404, body: { error: 'not found' } };
    if (method === 'GET') return { status: 200, body: { ...key, value: undefined } };
    if (method === 'PATCH') key.enabled = (body as { enabled: boolean }).enabled;
    else keys.delete(id);
    return { status: 204 };
  };
  const base = await startHttpFake(handle, () => ({
    status: 429,
    body: { error: 'slow down' },
    headers: { 'Retry-After': '0' },
  }));
  return Object.assign(base, {
    keys,
    add: (value: string) => add(value),
    letsIn: (value: string) => [...keys.values()].some((key) => key.value === value && key.enabled),
  });
}
