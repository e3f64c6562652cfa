/**
 * How a connection to the server is protected. TLS whose certificate is verified, unless the host is this machine or the URL says otherwise
 * in so many words; and no password in the clear without it, whoever answers and asks for one.
 */
import type { Client, ClientConfig } from 'pg';
import type pgModule from 'pg';
import { isLoopback } from '../../domain/loopback.ts';

type Pg = typeof pgModule;

/** What the server got was refused on this side, and why. */
export class NotSecure extends Error {
  readonly hints: readonly string[];
  constructor(message: string, ...hints: string[]) {
    super(message);
    this.hints = hints;
  }
}

/** What tells that a URL says nothing of TLS: then it is still there when the URL was read. */
const UNSAID = {};

export function clientFor(pg: Pg, url: string, options: Omit<ClientConfig, 'connectionString' | 'ssl'>): Client {
  const connectionString = withoutAliases(url);
  const asked = new pg.Client({ connectionString, ssl: UNSAID });
  const isUnsaid = asked.ssl === (UNSAID as unknown);
  const client = new pg.Client({
    ...options,
    connectionString,
    ...(isUnsaid && !isThisMachine(asked.host) ? { ssl: true } : {}),
  });
  if (!client.ssl) refuseCleartext(client);
  return client;
}

/** pg takes these for `verify-full`, and says so in a warning of its own. */
function withoutAliases(url: string): string {
  const query = url.lastIndexOf('?');
  if (query === -1 || /[?&]uselibpqcompat=/.test(url.slice(query))) return url;
  return (
    url.slice(0, query) +
    url.slice(query).replace(/([?&]sslmode=)(?:allow|prefer|require|verify-ca)(?=&|$)/g, '$1verify-full')
  );
}

/** A socket's folder, or a loopback address. */
function isThisMachine(host: string): boolean {
  return host.startsWith('/') || host === '::1' || isLoopback(host);
}

/** The password is asked for when the server wants one: then it is known how it would be sent. */
function refuseCleartext(client: Client): void {
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  // Before pg's own listener, which is set when the client connects.
  connection.on('authenticationCleartextPassword', () => {
    const refuse = (): never => {
      throw new NotSecure(
        'the server asks for the password in the clear, and the connection has no TLS: it was not sent',
        'have the server use scram-sha-256 (pg_hba.conf), or use TLS: sslmode=verify-full in the URL',
      );
    };
    (client as unknown as { password: () => never }).password = refuse;
  });
}

const AUTHORITY = "give the CA of the server's certificate: sslrootcert=FILE in the URL, or NODE_EXTRA_CA_CERTS";
const HOST = 'use the host name in the certificate of the server';
const WITHOUT = 'TLS is verified by default; to connect without TLS: sslmode=disable in the URL';

/** What to type where TLS is what failed; else nothing. */
export function transportHints(error: unknown): string[] {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return [HOST, WITHOUT];
  if (/^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code)) return [AUTHORITY, WITHOUT];
  return /does not support SSL connections|establishing an SSL connection/.test(message) ? [WITHOUT] : [];
}
