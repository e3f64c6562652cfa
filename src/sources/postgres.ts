/**
 * A PostgreSQL login as a source: the value is a connection URL. A second role beside the first one, with its memberships, settings, grants
 * and limit, so that both work side by side (`docs/sources.md`).
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { maskText } from '../domain/mask.ts';
import { Plaintext, revealText } from '../domain/plaintext.ts';
import { errors, isKnoxError } from '../errors.ts';
import { attributesOf, createLike, dropRole, sessionsOf } from './postgres-role.ts';
import { scramVerifier } from './scram.ts';
import type { Created, Credential, Source, SourceRequest } from './source.ts';

/** PostgreSQL cuts a longer name. */
const LONGEST_NAME = 63;
/** What was added to the name of the role that the first one was made like. */
const SUFFIX = /_k[0-9a-f]{10}$/;
const CONNECT_MS = 15_000;

/** Runs statements as the administering role. @throws source_failed */
async function asAdmin<T>(request: SourceRequest, work: (client: Client) => Promise<T>): Promise<T> {
  const url = revealText(request.options.get('admin')!) ?? '';
  const { default: pg } = await import('pg');
  let client: Client | null = null;
  try {
    client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, application_name: 'knox' });
    // A connection that breaks is met by the statement that is under way.
    client.on('error', () => undefined);
    await client.connect();
    return await work(client);
  } catch (error) {
    if (isKnoxError(error)) throw error;
    const { message, code } = error as { message?: string; code?: string };
    const own = request.replacement === null ? [] : [{ name: request.secret, value: request.replacement.value }];
    const said = maskText(message ?? 'no reason given', [...request.secrets, ...own]);
    throw errors.source_failed(
      `PostgreSQL, for ${request.secret} in ${request.environment}: ${said}${code === undefined ? '' : ` (${code})`}`,
      'look at the option admin, and at what docs/sources.md says of owned objects',
    );
  } finally {
    await client?.end().catch(() => undefined);
  }
}

/** @throws source_failed without a part of the value */
function parseUrl({ value }: Credential, secret: string): URL {
  const text = revealText(value) ?? '';
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) {
    const url = new URL(text);
    if (url.username !== '') return url;
  }
  throw errors.source_failed(
    `the value of ${secret} is no connection URL with a user`,
    'it looks like postgres://USER:PASSWORD@HOST/DATABASE',
  );
}

function roleOf(credential: Credential, secret: string): string {
  return decodeURIComponent(parseUrl(credential, secret).username);
}

/** The same for the same attempt, so that a role whose making was not heard of is found again. */
function nextRole(from: string, attempt: string): string {
  const suffix = `_k${createHash('sha256').update(attempt).digest('hex').slice(0, 10)}`;
  let base = from.replace(SUFFIX, '');
  while (Buffer.byteLength(base + suffix) > LONGEST_NAME) base = [...base].slice(0, -1).join('');
  return base + suffix;
}

function urlFor(old: Credential, secret: string, role: string, password: string): Plaintext {
  const url = parseUrl(old, secret);
  url.username = encodeURIComponent(role);
  url.password = password;
  return Plaintext.fromText(url.href);
}

function groupOf({ options }: SourceRequest): string | null {
  const group = options.get('group');
  return group === undefined ? null : revealText(group);
}

async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

export const postgresSource: Source = {
  test: async (request) => {
    await asAdmin(request, async (client) => {
      const { rows } = await client.query<{ can: boolean }>(
        'SELECT rolsuper OR rolcreaterole AS can FROM pg_roles WHERE rolname = current_user',
      );
      if (rows[0]?.can !== true)
        throw errors.source_failed('the role of the option admin may not make roles', 'give it CREATEROLE');
    });
    return 'unlimited';
  },
  create: async (request, old): Promise<Created> => {
    if (old === null)
      throw errors.source_failed(`${request.secret} has no value that a second role could be made like`);
    const from = roleOf(old, request.secret);
    const to = nextRole(from, request.attempt ?? randomBytes(8).toString('hex'));
    const password = randomBytes(24).toString('base64url');
    await asAdmin(request, async (client) => {
      if ((await attributesOf(client, from)) === null)
        throw errors.source_failed(`PostgreSQL has no role ${from}, which the value of ${request.secret} names`);
      const verifier = scramVerifier(password);
      if ((await attributesOf(client, to)) === null)
        await inTransaction(client, () => createLike(client, { from, to, verifier, group: groupOf(request) }));
      // Made by an attempt whose answer was lost: whole, since it was one transaction. Nobody knows its password.
      else await client.query(`ALTER ROLE ${client.escapeIdentifier(to)} PASSWORD ${client.escapeLiteral(verifier)}`);
    });
    return { value: urlFor(old, request.secret, to, password), handle: to, overlap: 'unlimited', notes: [] };
  },
  // The attempt names the role: making it again finds it.
  find: async () => null,
  usage: async (request, old) => {
    const role = roleOf(old, request.secret);
    const sessions = await asAdmin(request, (client) => sessionsOf(client, role));
    // A session that is open is a use at this moment.
    return sessions > 0 ? request.services.now().toISOString() : null;
  },
  disable: (request, old) => setLogin(request, old, false),
  enable: (request, old) => setLogin(request, old, true),
  revoke: async (request, old) => {
    const role = roleOf(old, request.secret);
    const heir =
      groupOf(request) ?? (request.replacement === null ? null : roleOf(request.replacement, request.secret));
    await asAdmin(request, async (client) => {
      if ((await attributesOf(client, role)) === null) return;
      await dropRole(client, role, heir);
    });
  },
};

async function setLogin(request: SourceRequest, old: Credential, isAllowed: boolean): Promise<void> {
  const role = roleOf(old, request.secret);
  await asAdmin(request, (client) =>
    client.query(`ALTER ROLE ${client.escapeIdentifier(role)} ${isAllowed ? 'LOGIN' : 'NOLOGIN'}`),
  );
}
