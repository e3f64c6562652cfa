/** A small payment service on loopback, for the demonstration: it accepts only the keys that it has issued. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface DemoService {
  readonly url: string;
  /** Makes a key, as a provider's page would. @param mode `live` or `test` */
  makeKey(mode: 'live' | 'test'): string;
  revoke(key: string): void;
  /** The status that a request with this key gets. */
  ask(key: string): Promise<number>;
  close(): Promise<void>;
}

export async function startService(fetcher: typeof fetch): Promise<DemoService> {
  const keys = new Set<string>();
  const server = createServer((request, response) => {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    response.statusCode = given !== undefined && keys.has(given) ? 200 : 401;
    response.end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/account`;
  return {
    url,
    makeKey(mode) {
      const key = `sk_${mode}_${randomBytes(18).toString('hex')}`;
      keys.add(key);
      return key;
    },
    revoke: (key) => void keys.delete(key),
    async ask(key) {
      const response = await fetcher(url, { headers: { Authorization: `Bearer ${key}` } });
      await response.body?.cancel();
      return response.status;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
