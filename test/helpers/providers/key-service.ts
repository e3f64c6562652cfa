/**
 * A service that makes keys, as a source's program sees one: keys are made, listed, disabled, deleted over HTTP, and let in or refused. It
 * can be slow to forget, lose an answer on its way, or fail for a while.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Key {
  readonly id: string;
  readonly value: string;
  readonly attempt: string;
  state: 'active' | 'disabled' | 'deleted';
  lastUsedAt: string | null;
}

export interface KeyService {
  readonly url: string;
  readonly keys: Map<string, Key>;
  /** Requests in order, such as `POST /keys`. */
  readonly log: string[];
  /** The next so many answers to POST are lost on their way: the key is made. */
  loseAnswers: number;
  /** The next so many requests get a 503. */
  fail: number;
  /** So many logins with a deleted key are still let in. */
  lag: number;
  readonly add: (value: string) => Key;
  /** Whether a value is let in. */
  readonly letsIn: (value: string) => boolean;
  readonly close: () => Promise<void>;
}

export async function startKeyService(): Promise<KeyService> {
  const keys = new Map<string, Key>();
  const log: string[] = [];
  let number = 0;
  const make = (value: string, attempt: string): Key => {
    const key: Key = { id: `key-${++number}`, value, attempt, state: 'active', lastUsedAt: null };
    keys.set(key.id, key);
    return key;
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const [, , id] = (request.url ?? '').split('/');
      log.push(`${request.method} ${request.url}`);
      const answer = (status: number, content: unknown = {}): void => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(content));
      };
      if (service.fail > 0) {
        service.fail -= 1;
        answer(503);
        return;
      }
      if (request.headers['authorization'] !== 'Bearer admin-of-the-service') {
        answer(401);
        return;
      }
      if (request.method === 'GET' && id === undefined) {
        answer(
          200,
          [...keys.values()].filter(({ state }) => state !== 'deleted').map(({ value: _value, ...key }) => key),
        );
        return;
      }
      if (request.method === 'POST') {
        const { attempt } = JSON.parse(body) as { attempt: string };
        // The same attempt again gets the same key, as an idempotency key does.
        const key =
          [...keys.values()].find((known) => known.attempt === attempt) ??
          make(`made-${number + 1}-${attempt.slice(0, 8)}-value`, attempt);
        if (service.loseAnswers > 0) {
          service.loseAnswers -= 1;
          response.destroy();
          return;
        }
        answer(201, { id: key.id, value: key.value });
        return;
      }
      const key = keys.get(id ?? '');
      if (key === undefined || key.state === 'deleted') {
        answer(404);
        return;
      }
      if (request.method === 'GET') answer(200, key);
      else if (request.method === 'PATCH') {
        key.state = (JSON.parse(body) as { state: 'active' | 'disabled' }).state;
        answer(200);
      } else {
        key.state = 'deleted';
        answer(204);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: KeyService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    log,
    loseAnswers: 0,
    fail: 0,
    lag: 0,
    add: (value) => make(value, `by-hand-${value}`),
    letsIn(value) {
      const key = [...keys.values()].find((known) => known.value === value);
      if (key?.state === 'deleted' && service.lag > 0) {
        service.lag -= 1;
        return true;
      }
      return key?.state === 'active';
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return service;
}

/** Writes a program for that service, as a person would for a real one. @param leaves out these actions */
export function writeKeyProgram(folder: string, without: readonly string[] = []): string {
  const file = join(folder, 'key-source.mjs');
  writeFileSync(
    file,
    `
import { request } from 'node:http';
const { stdin, stdout, exit } = process;
let text = '';
for await (const part of stdin) text += part;
const { action, attempt, handle, old, options } = JSON.parse(text);
if (${JSON.stringify(without)}.includes(action)) exit(64);
const call = async (method, path, body) => {
  // Not fetch, which takes longer to load than all the rest.
  const response = await new Promise((answered) => {
    const headers = { Authorization: 'Bearer ' + options.admin };
    const failed = () => { console.error('no answer from the service'); exit(3); };
    request(options.url + path, { method, headers, agent: false }, (answer) => {
      let said = '';
      answer.on('data', (part) => (said += part)).on('error', failed).on('end', () => answered({ status: answer.statusCode, said }));
    }).on('error', failed).end(body === undefined ? undefined : JSON.stringify(body));
  });
  if (response.status >= 500) exit(75);
  if (response.status === 401) { console.error('refused with ' + options.admin + ', old ' + old); exit(1); }
  return { status: response.status, body: response.said === '' ? null : JSON.parse(response.said) };
};
const idOf = async () => handle ?? (await call('GET', '/keys')).body.find((key) => key.attempt === 'by-hand-' + old)?.id;
const say = (object) => stdout.write(JSON.stringify(object));
if (action === 'test') { await call('GET', '/keys'); say({ overlap: 'unlimited' }); }
else if (action === 'create') { const { body } = await call('POST', '/keys', { attempt }); say({ value: body.value, handle: body.id }); }
else if (action === 'find') {
  const known = (await call('GET', '/keys')).body.find((key) => key.attempt === attempt);
  if (known === undefined) say({});
  else { const { body } = await call('GET', '/keys/' + known.id); say({ value: body.value, handle: body.id }); }
}
else if (action === 'usage') say({ lastUsedAt: (await call('GET', '/keys/' + (await idOf()))).body.lastUsedAt ?? null });
else if (action === 'disable' || action === 'enable') await call('PATCH', '/keys/' + (await idOf()), { state: action === 'enable' ? 'active' : 'disabled' });
else if (action === 'revoke') await call('DELETE', '/keys/' + (await idOf()));
else exit(64);
`,
  );
  return `"${process.execPath}" key-source.mjs`;
}
