#!/usr/bin/env node
/**
 * A MySQL account with two passwords (MySQL 8.0.21 or newer, not MariaDB) as a source for knox. Needs the package mysql2 beside it:
 * npm install mysql2
 *
 *   knox source set db_url command --option program='node ./mysql-dual-password.mjs' --option admin='{{secret:db_admin_url}}'
 *
 * The value is a URL, mysql://USER:PASSWORD@HOST:3306/DATABASE; what is special in a part of it is percent-encoded.
 *
 * Options:
 *   admin  the URL of an account on the same server that has CREATE USER and may SELECT from mysql.user
 *   ca     a file with the certificate that the server's is checked by, where that is not a public one
 *
 * TLS: wanted for every host but this one, and the certificate is checked. `?ssl-mode=` in a URL: required (encrypted, not checked),
 * verify_ca, verify_identity (the default), disabled. A client needs TLS, or the server's public key, for its first login after a change.
 *
 * create gives the account a new password that the server makes itself (RANDOM PASSWORD), and keeps the old one beside it (RETAIN CURRENT
 * PASSWORD): so none stands in a statement, a log or the statement history. A third one would throw away the older one: where there are
 * two already, it refuses. In the same statement it writes an attribute of the account, {"knox": "…"}, which says for which rotation the
 * password was made: so one whose answer was lost is replaced, while the old one stays.
 *
 * revoke takes away the older one (DISCARD OLD PASSWORD). When a rotation is rolled back it takes away the newer one: the older one is
 * first made the account's own again, by the hash that the server holds of it. Nobody should alter the account by hand in between.
 *
 * What MySQL cannot do: disable one of two passwords, or say which one a session came in with (no `usage`; a look at when it was last
 * used has to come from the application). Sessions that are open stay open. After a lost answer nothing can be found (no `find`).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Failure, PassingFailure, option, serve } from './lib/protocol.mjs';

/** Plugins with a password in the account itself: others cannot have two. */
const PLUGINS = ['caching_sha2_password', 'sha256_password', 'mysql_native_password'];
const PASSING =
  /^(ECONN\w+|ETIMEDOUT|EPIPE|EAI_AGAIN|PROTOCOL_CONNECTION_LOST|PROTOCOL_SEQUENCE_TIMEOUT|ER_CON_COUNT_ERROR|ER_TOO_MANY_USER_CONNECTIONS|ER_USER_LIMIT_REACHED|ER_SERVER_SHUTDOWN|ER_LOCK_WAIT_TIMEOUT|ER_LOCK_DEADLOCK)$/;
const NOT_LET_IN = 'ER_ACCESS_DENIED_ERROR';
const CONNECT_MS = 15_000;

function parseUrl(text, what) {
  if (/^mysql2?:\/\//.test(text ?? '') && URL.canParse(text)) {
    const url = new URL(text);
    if (url.username !== '' && url.hostname !== '') return url;
  }
  throw new Failure(`${what} is not a URL such as mysql://USER:PASSWORD@HOST/DATABASE`);
}

const isHere = (host) => /^(localhost|127\.0\.0\.1|\[::1\])$/.test(host);

function tlsFor(url, { ca }) {
  const mode =
    url.searchParams.get('ssl-mode')?.toLowerCase() ?? (isHere(url.hostname) ? 'disabled' : 'verify_identity');
  if (mode === 'disabled') return undefined;
  if (!['required', 'verify_ca', 'verify_identity'].includes(mode)) throw new Failure(`what is ssl-mode=${mode}?`);
  const trusted = ca === undefined ? {} : { ca: readFileSync(ca) };
  return { ...trusted, rejectUnauthorized: mode !== 'required', verifyIdentity: mode === 'verify_identity' };
}

/** Whoever copies this file has to install the package. */
async function loadMysql() {
  try {
    return (await import('mysql2/promise')).default;
  } catch {
    throw new Failure('the package mysql2 is missing: run npm install mysql2 in the folder of this program');
  }
}

/** What MySQL says names the account, not a password. */
function failureOf(error, what) {
  if (error instanceof Failure || error instanceof PassingFailure) return error;
  const code = error.code ?? error.name;
  if (PASSING.test(code)) return new PassingFailure(`no answer from MySQL to ${what} (${code})`);
  // A statement that was not understood is quoted, and may hold a hash.
  const said = error.sqlMessage === undefined || code === 'ER_PARSE_ERROR' ? '' : `: ${error.sqlMessage}`;
  return Object.assign(new Failure(`MySQL, asked by ${what}${said} (${code})`), { code });
}

async function connected(request, url, what, work) {
  const mysql = await loadMysql();
  let connection;
  try {
    connection = await mysql.createConnection({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || 3306),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)) || undefined,
      ssl: tlsFor(url, request.options),
      connectTimeout: CONNECT_MS,
    });
    // A connection that breaks is met by the statement that is under way.
    connection.on('error', () => undefined);
    const rows = async (statement, values) => (await connection.query(statement, values))[0];
    return await work(rows, mysql);
  } catch (error) {
    throw failureOf(error, what);
  } finally {
    connection?.destroy();
  }
}

/** Which account lets in who comes with this URL, and on which server; null where the password is refused. */
async function accountOf(request, text, what) {
  const url = parseUrl(text, what);
  const look = 'SELECT CURRENT_USER() AS account, @@server_uuid AS server';
  try {
    const [{ account, server }] = await connected(request, url, what, (rows) => rows(look));
    // A user's name may hold an @, a host cannot.
    const at = account.lastIndexOf('@');
    return { user: account.slice(0, at), host: account.slice(at + 1), server };
  } catch (error) {
    if (error.code === NOT_LET_IN) return null;
    throw error;
  }
}

/** Says which rotation made the account's own password. Without a rotation, it is a trial. */
function markOf({ rotation, attempt, secret, environment }) {
  const place = JSON.stringify([rotation ?? attempt, secret, environment]);
  return createHash('sha256').update(place).digest('hex').slice(0, 24);
}

/** Runs work as the admin, with what the server holds about the account. */
async function asAdmin(request, account, work) {
  const url = parseUrl(option(request, 'admin'), 'the option admin');
  return connected(request, url, 'the option admin', async (rows, mysql) => {
    // So that quoting means what it is meant to, and the password is long.
    await rows("SET SESSION sql_mode = '', generated_random_password_length = 32");
    const [{ version, server }] = await rows('SELECT VERSION() AS version, @@server_uuid AS server');
    const [, ...parts] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
    const number = parts.reduce((sum, part) => sum * 1000 + Number(part), 0);
    if (/mariadb/i.test(version) || number < 8_000_021)
      throw new Failure(`two passwords need MySQL 8.0.21, this is ${version}`);
    if (account === null) return rows('SELECT User_attributes FROM mysql.user LIMIT 1');
    if (account.server !== server) throw new Failure('the option admin leads to another server than the value');
    const { user, host } = account;
    const look = 'SELECT plugin, authentication_string, User_attributes FROM mysql.user WHERE User = ? AND Host = ?';
    const [row] = await rows(look, [user, host]);
    const held =
      typeof row?.User_attributes === 'string' ? JSON.parse(row.User_attributes) : (row?.User_attributes ?? {});
    const older = held.additional_password || null;
    const name = `${mysql.escapeId(user, true)}@${mysql.escapeId(host, true)}`;
    if (!PLUGINS.includes(row?.plugin))
      throw new Failure(`${name} has no password of its own (${row?.plugin}): it cannot have two`);
    const state = {
      name,
      plugin: row.plugin,
      own: row.authentication_string,
      older,
      mark: held.metadata?.knox ?? null,
    };
    // A hash in hex, in an attribute: nothing to escape.
    const alter = (how, mark) => rows(`ALTER USER ${name} ${how} ATTRIBUTE '${JSON.stringify({ knox: mark })}'`);
    return work(state, alter);
  });
}

async function create(request) {
  const account = await accountOf(request, request.old, 'the value in the vault');
  if (account === null) throw new Failure('MySQL refuses the value in the vault: the account has another password');
  const mark = markOf(request);
  const password = await asAdmin(request, account, async ({ name, own, older, mark: known }, alter) => {
    const hasTwo = older !== null && older !== own;
    if (hasTwo && known !== mark)
      throw new Failure(
        `${name} has two passwords already, and a third would throw away the older one. Where nobody uses that: ALTER USER ${name} DISCARD OLD PASSWORD`,
      );
    // Two already, made for this rotation: the newer one's answer was lost. It is replaced, and the older one stays.
    const made = await alter(`IDENTIFIED BY RANDOM PASSWORD${hasTwo ? '' : ' RETAIN CURRENT PASSWORD'}`, mark);
    return made?.[0]?.['generated password'];
  });
  if (typeof password !== 'string' || password === '') throw new Failure('the answer of MySQL holds no password');
  const url = parseUrl(request.old, 'the value in the vault');
  url.password = encodeURIComponent(password);
  if ((await accountOf(request, url.href, 'the new value')) === null)
    throw new PassingFailure('MySQL refuses the new value');
  return { value: url.href, handle: mark, overlap: 'unlimited' };
}

async function revoke(request) {
  const account = await accountOf(request, request.old, 'the value to be revoked');
  if (account === null) return;
  await asAdmin(request, account, async ({ name, plugin, older, mark }, alter) => {
    if (older === null)
      throw new Failure(`${name} has one password only, this one: without another it cannot be revoked`);
    if (mark === null || (mark !== request.handle && mark !== markOf(request)))
      throw new Failure(
        `nobody can tell which password of ${name} is the newer one, since it was not made in this rotation. If it is the one to stay: ALTER USER ${name} DISCARD OLD PASSWORD`,
      );
    // The one to be revoked is the newer one, as in a rollback.
    if (mark === request.handle)
      await alter(`IDENTIFIED WITH '${plugin}' AS 0x${Buffer.from(older).toString('hex')}`, null);
    await alter('DISCARD OLD PASSWORD', null);
  });
  if ((await accountOf(request, request.old, 'the value to be revoked')) !== null)
    throw new Failure('MySQL still lets in the value that was revoked');
}

await serve({
  test: async (request) => {
    await asAdmin(request, null);
    return { overlap: 'unlimited' };
  },
  create,
  revoke: async (request) => void (await revoke(request)),
});
