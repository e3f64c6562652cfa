/**
 * What the fakes of providers have in common: an HTTP server on loopback that can lose an answer, refuse for a while, answer nonsense, or
 * take its time. A provider's own file says what its requests do.
 */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; null where there is none. */
  readonly body: any;
  /** Of `Authorization: Bearer …`; empty where there is none. */
  readonly bearer: string;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** It holds a credential that was just made, or rolled. */
  readonly isNew?: boolean;
}

export interface HttpFake {
  readonly url: string;
  /** Requests in order, such as `POST /keys`. */
  readonly log: string[];
  /** The next so many answers with a new credential are lost on their way. */
  loseAnswers: number;
  /** The next so many requests get what the provider says of too many. */
  limit: number;
  /** The next so many requests get a 503. */
  fail: number;
  /** What the next answers with a new credential look like: a page with status 200, or JSON without what is needed. */
  wrong: ('page' | 'fields')[];
  readonly close: () => Promise<void>;
}

/** @param tooMany the provider's answer to one request too many: to be tried again at once, so that no test waits */
export async function startHttpFake(handle: (sent: Sent) => Answer, tooMany: () => Answer): Promise<HttpFake> {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sent = await readRequest(request);
    fake.log.push(`${sent.method} ${sent.path}`);
    if (fake.fail > 0) {
      fake.fail -= 1;
      send(response, { status: 503, body: '<html><body>503 Service Unavailable</body></html>' });
      return;
    }
    if (fake.limit > 0) {
      fake.limit -= 1;
      send(response, tooMany());
      return;
    }
    const answer = handle(sent);
    if (answer.isNew === true && fake.loseAnswers > 0) {
      fake.loseAnswers -= 1;
      request.socket.destroy();
      return;
    }
    const wrong = answer.isNew === true ? fake.wrong.shift() : undefined;
    if (wrong === 'page') send(response, { status: 200, body: '<!doctype html><title>Sign in</title>' });
    else if (wrong === 'fields') send(response, { ...answer, body: { object: 'something else' } });
    else send(response, answer);
  };
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: HttpFake = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log: [],
    loseAnswers: 0,
    limit: 0,
    fail: 0,
    wrong: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}

async function readRequest(request: IncomingMessage): Promise<Sent> {
  let text = '';
  for await (const part of request) text += String(part);
  const url = new URL(request.url ?? '/', 'http://loopback');
  const { headers, method = 'GET' } = request;
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
    bearer: /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '',
  };
}

/** A text is a page, anything else JSON. */
function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const isPage = typeof body === 'string';
  const type = body === undefined ? {} : { 'Content-Type': isPage ? 'text/html' : 'application/json' };
  response.writeHead(status, { ...type, ...headers });
  response.end(isPage ? body : body === undefined ? undefined : JSON.stringify(body));
}
