/** Telling receivers: each has its time, and none costs another one's. */
import { expect, test } from 'vitest';
import { deliver } from '../../src/notices/deliver.ts';
import type { DeliveryServices } from '../../src/notices/deliver.ts';
import type { Notice } from '../../src/notices/notice.ts';

const notices: Notice[] = [
  { event: 'failed', text: 'one' },
  { event: 'done', text: 'two' },
];

test('a receiver that never answers has its time once for all, and the others are told', async () => {
  const took: string[] = [];
  const services: DeliveryServices = {
    root: '/',
    environment: {},
    signals: null,
    sleep: async () => undefined,
    fetch: (async (url: string, { body, signal }: { body: string; signal: AbortSignal }) => {
      if (url.includes('quick')) {
        took.push((JSON.parse(body) as Notice).text);
        return new Response(null, { status: 204 });
      }
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    }) as unknown as typeof fetch,
  };
  const lost = await deliver(
    [
      { name: 'slow', to: { kind: 'webhook', url: 'https://slow.example' }, notices },
      { name: 'quick', to: { kind: 'webhook', url: 'https://quick.example' }, notices },
    ],
    services,
    0.2,
  );
  expect(took).toEqual(['one', 'two']);
  expect(lost).toEqual([
    { name: 'slow', notice: notices[0], why: 'timed out' },
    { name: 'slow', notice: notices[1], why: 'timed out after 0.2 seconds' },
  ]);
});
