/**
 * A PostgreSQL login as a source: the value is a connection URL. A second role beside the first one has all that the first one has, so that
 * both work side by side; where one cannot, that is said before anything is made (`docs/sources.md`).
 */
import { createHash, randomBytes } from 'node:crypto';
import { Plaintext, revealText } from '../domain/plaintext.ts';
import { errors, isKnoxError } from '../errors.ts';
import { asAdmin, inTransaction, isBusy, isUncertain, name, refusal, saidBy, tryOut } from './postgres/connection.ts';
import type { Admin } from './postgres/connection.ts';
import { refuseHindrances, refuseOwnRole } from './postgres/hindrances.ts';
import { attributesOf, createLike, handOver } from './postgres/role.ts';
import type { Leaving } from './postgres/role.ts';
import { endSessions, sessionsOf } from './postgres/sessions.ts';
import { scramVerifier } from './scram.ts';
import { NothingMade } from './source.ts';
import type { Created, Credential, Source, SourceRequest } from './source.ts';

/** PostgreSQL cuts a longer name. */
const LONGEST_NAME = 63;
/** What was added to the name of the role that the first one was made like. */
const SUFFIX = /_k[0-9a-f]{10}$/;
const WHAT_STANDS = 'remove what is in the way, or use a superuser as admin; see docs/sources.md';

/** @throws source_failed without a part of the value */
function parseUrl({ value }: Credential, secret: string): URL {
  const text = revealText(value) ?? '';
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) {
    const url = new URL(text);
    if (url.username !== '') return url;
  }
  throw errors.source_failed(
    `the value of ${secret} is not a connection URL with a user`,
    'expected postgres://USER:PASSWORD@HOST/DATABASE',
  );
}

function roleOf(credential: Credential, secret: string): string {
  return decodeURIComponent(parseUrl(credential, secret).username);
}

/** As the admin, in the database that the application uses. */
async function beside<T>(request: SourceRequest, old: Credential, work: (admin: Admin) => Promise<T>): Promise<T> {
  const { pathname, username } = parseUrl(old, request.secret);
  const home = decodeURIComponent(pathname.slice(1) || username);
  return asAdmin(request, work, { home });
}

/** The same for the same attempt, so that a role whose making was not heard of is found again. */
function nextRole(from: string, attempt: string | null): string {
  const text = attempt ?? randomBytes(8).toString('hex');
  const suffix = `_k${createHash('sha256').update(text).digest('hex').slice(0, 10)}`;
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

function wantedOf(request: SourceRequest, old: Credential | null) {
  if (old === null) throw errors.source_failed(`${request.secret} has no value to model a second role on`);
  const from = roleOf(old, request.secret);
  return { from, group: groupOf(request), isFollowing: request.following?.has('admin') === true };
}

/** Makes the second role, and tries out what ends the first one, within the transaction that the caller holds. */
async function make(admin: Admin, to: string, verifier: string, old: Credential | null): Promise<void> {
  const { request } = admin;
  const { from, group, isFollowing } = wantedOf(request, old);
  await refuseHindrances(admin, { from, group, isFollowing });
  await createLike(admin, { from, to, verifier, group });
  // Before 16 the new login may, and could only be asked by signing in with it.
  if (isFollowing && !admin.isSuperuser) return;
  const leaving = { role: from, successor: to, heir: group ?? to, isRehearsal: true };
  const error = await tryOut(admin, () => handOver(admin, leaving), false);
  if (error === null) return;
  const { secret, environment, services } = request;
  if (isKnoxError(error)) throw error;
  if (!isBusy(error)) throw refusal(request, `${from} could not be dropped later: ${saidBy(error)}`, WHAT_STANDS);
  services.warn?.(
    'not_tried',
    `what ${from} owns is in use: handing it over was not tried for ${secret} in ${environment}`,
  );
}

export const postgresSource: Source = {
  check: (request, old) => {
    if (request.following?.has('admin') === true) return;
    const admin = revealText(request.options.get('admin')!) ?? '';
    const role = roleOf(old, request.secret);
    if (!URL.canParse(admin) || decodeURIComponent(new URL(admin).username) !== role) return;
    throw errors.usage(
      `the option admin signs in as ${role}, the role that the value of ${request.secret} for ${request.environment} names: it cannot drop itself`,
      `use another admin, or the login that is current: --option admin='{{secret:${request.secret}@current}}'`,
    );
  },
  test: async (request, old) => {
    const { from } = wantedOf(request, old);
    const to = nextRole(from, request.attempt);
    const verifier = scramVerifier(randomBytes(24).toString('base64url'));
    // All that a rotation does, and nothing of it stays.
    await beside(request, old!, (admin) =>
      inTransaction(admin, async () => {
        const error = await tryOut(admin, () => make(admin, to, verifier, old), false);
        if (error !== null) throw error;
      }),
    );
    return 'unlimited';
  },
  create: async (request, old): Promise<Created> => {
    const { from } = wantedOf(request, old);
    const to = nextRole(from, request.attempt);
    const password = randomBytes(24).toString('base64url');
    // Where an attempt made it whose answer was lost, it is whole: nobody knows its password.
    await beside(request, old!, (admin) =>
      inTransaction(admin, () => make(admin, to, scramVerifier(password), old)),
    ).catch((error: unknown) => {
      throw isKnoxError(error) && !isUncertain(error) ? new NothingMade(error) : error;
    });
    return { value: urlFor(old!, request.secret, to, password), handle: to, overlap: 'unlimited', notes: [] };
  },
  // The attempt names the role: making it again finds it.
  find: async () => null,
  usage: async (request, old) => {
    const role = roleOf(old, request.secret);
    const sessions = await beside(request, old, (admin) => sessionsOf(admin, role));
    // A session that is open is a use at this moment.
    return sessions > 0 ? request.services.now().toISOString() : null;
  },
  disable: (request, old) => setLogin(request, old, false),
  enable: (request, old) => setLogin(request, old, true),
  revoke: async (request, old) => {
    const role = roleOf(old, request.secret);
    const successor = request.replacement === null ? null : roleOf(request.replacement, request.secret);
    if (successor === role) return;
    let pid = 0;
    try {
      await beside(request, old, (admin) => {
        ({ pid } = admin);
        return end(admin, role, successor);
      });
    } catch (error) {
      if (!isUncertain(error) || (await beside(request, old, (admin) => isThere(admin, role, pid)))) throw error;
    }
  },
};

/** Whether a role is there, once a connection that was cut off has done what it was at. */
async function isThere(admin: Admin, role: string, pid: number): Promise<boolean> {
  for (let look = 0; look < 50; look++) {
    const { rows } = await admin.client.query('SELECT FROM pg_catalog.pg_stat_activity WHERE pid = $1', [pid]);
    if (rows.length === 0) break;
    await admin.client.query('SELECT pg_sleep(0.1)');
  }
  return (await attributesOf(admin, role)) !== null;
}

async function end(admin: Admin, role: string, successor: string | null): Promise<void> {
  refuseOwnRole(admin, role);
  const known = await attributesOf(admin, role);
  if (known === null) return;
  const next = successor !== null && (await attributesOf(admin, successor)) !== null ? successor : null;
  const leaving: Leaving = { role, successor: next, heir: groupOf(admin.request) ?? next, isRehearsal: false };
  await inTransaction(admin, () => handOver(admin, leaving));
  // One that signed in meanwhile is nobody's now, and may do what everybody may; it need not go on.
  const alive = await inTransaction(admin, () => endSessions(admin, known.oid));
  if (alive === 0) return;
  admin.request.services.warn?.(
    'sessions_live_on',
    `${role} is dropped, but ${alive} of its sessions are still open, without its rights: ${admin.role} may not end them (GRANT pg_signal_backend TO ${name(admin.role)})`,
  );
}

async function setLogin(request: SourceRequest, old: Credential, isAllowed: boolean): Promise<void> {
  const role = roleOf(old, request.secret);
  await beside(request, old, async (admin) => {
    refuseOwnRole(admin, role);
    if (isAllowed && (await attributesOf(admin, role)) === null)
      throw errors.no_way_back(
        `role ${role} no longer exists: it cannot be rolled back to`,
        `continue instead: knox rotate ${request.secret}`,
      );
    await admin.client.query(`ALTER ROLE ${name(role)} ${isAllowed ? 'LOGIN' : 'NOLOGIN'}`);
  });
}
