/**
 * A connection as the administering role. Whatever is done runs in a transaction that waits for no lock longer than the server takes to
 * look for deadlocks: an application that is at work is never the one that is ended, knox tries again.
 */
import type { Client } from 'pg';
import { maskText } from '../../domain/mask.ts';
import { revealText } from '../../domain/plaintext.ts';
import { printableLines } from '../../domain/printable.ts';
import { errors, isKnoxError } from '../../errors.ts';
import type { SourceRequest } from '../source.ts';
import { clientFor, NotSecure, transportHints } from './transport.ts';

const CONNECT_MS = 15_000;
/** The server's own default for finding a deadlock is a second. */
const LOCK_WAIT = '800ms';
const PAUSES_MS = [1000, 3000, 10_000, 20_000];
/** No lock, a deadlock, a serialization failure; and what the server says where two change one entry of its catalogue (XX000). */
const PASSING = new Set(['55P03', '40P01', '40001']);

export interface Admin {
  readonly client: Client;
  /** As in `server_version_num`. */
  readonly version: number;
  readonly role: string;
  /** Who signed in: another than `role` where the login is set to act as one. */
  readonly session: string;
  /** The server's process that serves the connection. */
  readonly pid: number;
  readonly isSuperuser: boolean;
  readonly database: string;
  readonly request: SourceRequest;
}

/** What the server said about a statement. */
interface ServerError {
  readonly message?: string;
  readonly code?: string;
  /** Told by the server alone. */
  readonly severity?: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** The connection is gone, and with it what is known of the last statement. */
function isCutOff(error: unknown): boolean {
  const { code, severity } = error as ServerError;
  return !isKnoxError(error) && (severity === undefined || code?.startsWith('57P') === true);
}

export function isBusy(error: unknown): boolean {
  const { code, message } = error as ServerError;
  return PASSING.has(code ?? '') || (code === 'XX000' && message?.includes('concurrently') === true);
}

export function name(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** Which database: the one that is named, or the one that the application uses, where there is one of that name; else the one of the URL. */
interface Where {
  readonly database?: string;
  readonly home?: string;
}

/** @throws source_failed */
export async function asAdmin<T>(
  request: SourceRequest,
  work: (admin: Admin) => Promise<T>,
  { database, home }: Where = {},
): Promise<T> {
  const url = revealText(request.options.get('admin')!) ?? '';
  let admin: Admin | null = null;
  try {
    admin = await signIn(request, database === undefined ? url : urlTo(url, database));
    if (home !== undefined && home !== admin.database && (await mayEnter(admin, home))) {
      const other = await signIn(request, urlTo(url, home)).catch(() => null);
      if (other !== null) await admin.client.end().catch(() => undefined);
      admin = other ?? admin;
    }
    return await work(admin);
  } catch (error) {
    throw isKnoxError(error) ? error : failure(request, error);
  } finally {
    await admin?.client.end().catch(() => undefined);
  }
}

async function signIn(request: SourceRequest, url: string): Promise<Admin> {
  const { default: pg } = await import('pg');
  const client = clientFor(pg, url, { connectionTimeoutMillis: CONNECT_MS, application_name: 'knox' });
  // A connection that breaks is met by the statement that is under way.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Omit<Admin, 'client' | 'request'>>(
      `SELECT current_user::text AS role, session_user::text AS session, current_database()::text AS database,
         pg_backend_pid() AS pid, current_setting('server_version_num')::int AS version,
         (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS "isSuperuser"`,
    );
    return { ...rows[0]!, client, request };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function mayEnter({ client }: Admin, database: string): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM pg_catalog.pg_database WHERE datname = $1 AND datallowconn AND pg_catalog.has_database_privilege(oid, 'CONNECT')`,
    [database],
  );
  return rows.length > 0;
}

function urlTo(admin: string, database: string): string {
  const url = new URL(admin);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** Of a server's error: what it says, and the objects that it says stand in the way. */
export function saidBy(error: unknown): string {
  const { message, code, detail, hint } = error as ServerError;
  const state = code === undefined ? '' : ` (${code})`;
  return [`${message ?? 'no reason given'}${state}`, detail, hint].filter((part) => part !== undefined).join('\n');
}

const UNCERTAIN = new WeakSet<object>();

/** The connection ended before the server could say what became of what it was asked for. */
export function isUncertain(error: unknown): boolean {
  return typeof error === 'object' && error !== null && UNCERTAIN.has(error);
}

function failure(request: SourceRequest, error: unknown) {
  if (error instanceof NotSecure) return refusal(request, error.message, ...error.hints);
  const hints = isBusy(error) ? ['this is temporary: try again'] : transportHints(error);
  const { severity, code } = error as ServerError;
  // What the server says begins on a line of its own: it is shown, and kept nowhere.
  const said = severity === undefined ? '' : `the server refused it${code === undefined ? '' : ` (${code})`}:\n`;
  const told = refusal(
    request,
    said + saidBy(error),
    ...(hints.length === 0 ? ['check the option admin, and see docs/sources.md'] : hints),
  );
  // An SQLSTATE is five characters of the standard's, and says nothing of a value.
  if (/^[0-9A-Z]{5}$/.test(String(code))) told.keeping(`${placeOf(request)}: the server refused it (${String(code)})`);
  if (isCutOff(error)) UNCERTAIN.add(told);
  return told;
}

/** @param said without a value of knox's own; a server may repeat one */
export function refusal(request: SourceRequest, said: string, ...hints: string[]) {
  const own = request.replacement === null ? [] : [{ name: request.secret, value: request.replacement.value }];
  const text = printableLines(maskText(said, [...request.secrets, ...own]));
  const place = placeOf(request);
  return errors.source_failed(`${place}: ${text}`, ...hints).keeping(`${place}, could not do it`);
}

function placeOf({ secret, environment }: SourceRequest): string {
  return `PostgreSQL, for ${secret} in ${environment}`;
}

/** All or nothing. What fails since others are at work is tried again. */
export async function inTransaction<T>(admin: Admin, work: () => Promise<T>): Promise<T> {
  const { client, request } = admin;
  for (let tries = 0; ; tries++) {
    try {
      await client.query(`BEGIN; SET LOCAL search_path TO ''; SET LOCAL lock_timeout TO '${LOCK_WAIT}'`);
      const answer = await work();
      await client.query('COMMIT');
      return answer;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      const pause = isBusy(error) ? PAUSES_MS[tries] : undefined;
      if (pause === undefined) throw error;
      await request.services.sleep(pause);
    }
  }
}

/** What was done in it can be taken back. @returns the error that it ended with, or null */
export async function tryOut(admin: Admin, work: () => Promise<void>, isKept = true): Promise<unknown> {
  const { client } = admin;
  await client.query('SAVEPOINT knox');
  try {
    await work();
    await client.query(isKept ? 'RELEASE SAVEPOINT knox' : 'ROLLBACK TO SAVEPOINT knox; RELEASE SAVEPOINT knox');
    return null;
  } catch (error) {
    if (isCutOff(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT knox; RELEASE SAVEPOINT knox');
    return error;
  }
}
