/** One request to a provider of OAuth tokens: what is certain about a failed one is what decides whether it may be sent again. */
import { errors } from '../errors.ts';
import type { SourceServices } from './source.ts';

const TIMEOUT_MS = 30_000;
/** What ends knox ends the request. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The connection was never made. */
const UNSENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];

/** The request was never sent. */
export class NotSent extends Error {}

/** The provider said no: nothing was made, and nothing used up. */
export class Refused extends Error {
  /** As RFC 6749, section 5.2, names it; else the status. */
  readonly code: string;
  readonly hints: readonly string[];
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
    // The code is what the provider wrote: it may be `constructor`.
    this.hints = Object.hasOwn(HINTS, code) ? [HINTS[code]!] : [];
  }
}

const HINTS: Readonly<Record<string, string>> = {
  invalid_client: 'check the options client_id and client_secret',
  invalid_grant:
    'the refresh token was used, was revoked or has expired: sign in again and give the new one with --value-file ENV=FILE',
  invalid_scope: 'check the option scope',
  429: 'this is temporary: try again later',
};

export function isRefusedClient(error: unknown): boolean {
  return error instanceof Refused && error.code === 'invalid_client';
}

interface RequestOptions {
  readonly signal: AbortSignal;
}

/** @throws NotSent, Refused, and an Error where nobody knows what became of it; messages may repeat what was sent */
export async function askServer<T>(
  { fetch, signals }: SourceServices,
  send: (options: RequestOptions) => Promise<Response>,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { allowInsecureRequests, customFetch } = await import('oauth4webapi');
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  for (const signal of ENDING) signals?.on(signal, stop);
  const signal = AbortSignal.any([interrupt.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    // Whoever calls has seen to it that an address without TLS is this machine.
    return await read(await send({ signal, [allowInsecureRequests]: true, [customFetch]: fetch }));
  } catch (error) {
    if (error instanceof Refused) throw error;
    if (interrupt.signal.aborted) throw errors.cancelled('cancelled while asking the provider');
    throw lost(error as Error);
  } finally {
    for (const name of ENDING) signals?.off(name, stop);
  }
}

function lost(error: Error): Error {
  const { code } = (error.cause ?? {}) as { code?: string };
  if (code !== undefined && UNSENT.includes(code)) return new NotSent(`no connection (${code})`);
  if (error.name === 'TimeoutError') return new Error('no answer within 30 seconds', { cause: error });
  return new Error(code === undefined ? error.message : `the answer was lost (${code})`, { cause: error });
}
