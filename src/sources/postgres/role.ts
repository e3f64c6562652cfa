/**
 * A second login role like a first one, and the first one's end. What a role has is read as parts (`inventory.ts`), given, and read again:
 * what is not there then is named, object by object, and nothing is made.
 */
import type { Admin } from './connection.ts';
import { isBusy, name, refusal, saidBy, tryOut } from './connection.ts';
import { grantedBy, grantsByOthers, partsOf } from './inventory.ts';
import type { Part } from './inventory.ts';
import { endSessions } from './sessions.ts';

export interface Attributes {
  readonly oid: string;
  readonly rolcanlogin: boolean;
  readonly rolsuper: boolean;
  readonly rolinherit: boolean;
  readonly rolcreaterole: boolean;
  readonly rolcreatedb: boolean;
  readonly rolreplication: boolean;
  readonly rolbypassrls: boolean;
  readonly rolconnlimit: number;
  /** As the server writes it; null for a password that does not run out. */
  readonly until: string | null;
  readonly isOver: boolean;
}

/** The attributes of a role, or null where there is none of that name. */
export async function attributesOf({ client }: Admin, role: string): Promise<Attributes | null> {
  const { rows } = await client.query<Attributes>(
    `SELECT oid::text AS oid, rolcanlogin, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit,
       rolvaliduntil::text AS until, coalesce(rolvaliduntil <= now(), false) AS "isOver"
     FROM pg_catalog.pg_roles WHERE rolname = $1`,
    [role],
  );
  return rows[0] ?? null;
}

/** What a role owns here or on the whole server, but for what ends with it. */
export async function ownedBy({ client }: Admin, role: string): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(
    `SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS what
     FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
     WHERE r.rolname = $1 AND d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o'
       AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
       AND d.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass) ORDER BY 1`,
    [role],
  );
  return rows.map(({ what }) => what);
}

/** @param verifier what the server stores for the password @param group a role that owns what the application makes, or null */
export async function createLike(
  admin: Admin,
  { from, to, verifier, group }: { from: string; to: string; verifier: string; group: string | null },
): Promise<void> {
  const { client } = admin;
  const like = (await attributesOf(admin, from))!;
  const owned = await ownedBy(admin, from);
  const isNew = (await attributesOf(admin, to)) === null;
  if (isNew) {
    // Before 16 only a role that inherits may use what is another's without asking for it: until that is its own.
    const inherits = like.rolinherit || (owned.length > 0 && admin.version < 160_000);
    const flags = [
      [like.rolsuper, 'SUPERUSER'],
      [!inherits, 'NOINHERIT'],
      [like.rolcreaterole, 'CREATEROLE'],
      [like.rolcreatedb, 'CREATEDB'],
      [like.rolreplication, 'REPLICATION'],
      [like.rolbypassrls, 'BYPASSRLS'],
      [like.rolconnlimit !== -1, `CONNECTION LIMIT ${like.rolconnlimit}`],
      [like.until !== null, `VALID UNTIL ${client.escapeLiteral(like.until ?? '')}`],
    ] as const;
    const words = flags.flatMap(([isSet, word]) => (isSet ? [word] : []));
    await client.query(`CREATE ROLE ${name(to)} LOGIN ${words.join(' ')} PASSWORD ${client.escapeLiteral(verifier)}`);
  } else await client.query(`ALTER ROLE ${name(to)} PASSWORD ${client.escapeLiteral(verifier)}`);
  await giveAll(admin, from, to, group);
  if (group !== null) {
    await client.query(`GRANT ${name(group)} TO ${name(to)}`);
    await client.query(`ALTER ROLE ${name(to)} SET role TO ${client.escapeLiteral(group)}`);
  }
  // What the new one makes the old one may use, so that a rollback finds it.
  const later = admin.version >= 180_000 ? ['LARGE OBJECTS'] : [];
  const share = ['TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES', 'SCHEMAS', ...later].map(
    (things) => `ALTER DEFAULT PRIVILEGES FOR ROLE ${name(to)} GRANT ALL ON ${things} TO ${name(from)}`,
  );
  if (isNew) await withMembership(admin, [to], () => client.query(share.join('; ')));
  // Who owns a thing may do everything with it, and that is in no list of grants: also of what the old one is still to make. A membership
  // goes one way alone, so it comes last: until then an admin that is the old one may have to be a member of the new one.
  const how = admin.version >= 160_000 ? ' WITH INHERIT TRUE, SET TRUE' : '';
  await client.query(`GRANT ${name(from)} TO ${name(to)}${how}`);
}

/** Gives one role what the other has and it has not. @throws source_failed, naming what could not be given */
async function giveAll(admin: Admin, from: string, to: string, group: string | null): Promise<void> {
  // A login that acts as a group does so, whatever the first one did.
  const isMeant = ({ key }: Part): boolean => group === null || !key.startsWith('setting role=');
  const parts = (await partsOf(admin, { role: from, peer: to, target: to })).filter(isMeant);
  const lacking = async (): Promise<Part[]> => {
    const has = new Set((await partsOf(admin, { role: to, peer: from, target: from })).map(({ key }) => key));
    return parts.filter(({ key }) => !has.has(key));
  };
  const own = `membership of ${admin.role}`;
  const isOwn = ({ key }: Part): boolean => key === own || key.startsWith(`${own} (`);
  const wanted = (await lacking()).filter((part) => !isOwn(part));
  const said =
    wanted.length === 0 ? new Map<string, string>() : await withMembership(admin, [to], () => carryOut(admin, wanted));
  // What it is to keep is not a membership for a moment.
  for (const [key, why] of await carryOut(admin, (await lacking()).filter(isOwn))) said.set(key, why);
  const left = await lacking();
  const others = left.length > 0 ? [] : await unknownTo(admin, from, to);
  if (left.length + others.length === 0) return;
  const lines = left.map(({ key, what, owner }) => {
    const why = said.get(key) ?? (owner === undefined || admin.isSuperuser ? null : `it belongs to ${owner}`);
    return why === null ? what : `${what}: ${why}`;
  });
  const owners = [...new Set(left.flatMap(({ owner }) => owner ?? []))].filter((owner) => owner !== admin.role);
  throw refusal(
    admin.request,
    `${admin.role} (option admin) cannot give a second login what ${from} has:\n${[...lines, ...others].join('\n')}`,
    ...(owners.length === 0
      ? ['use a superuser as admin, or revoke that from the login']
      : [`let admin act for the owner: GRANT ${name(owners[0]!)} TO ${name(admin.role)}`]),
  );
}

/** @returns by part, what the server said of those that failed */
async function carryOut(admin: Admin, parts: readonly Part[]): Promise<Map<string, string>> {
  const said = new Map<string, string>();
  const can = parts.filter(({ statement }) => statement !== null);
  for (const { key, statement } of parts)
    if (statement === null) said.set(key, 'only a superuser may read what is in it');
  const statements = [...new Set(can.map((part) => asActor(admin, part)))];
  if (statements.length === 0) return said;
  const run = (text: string) => async (): Promise<void> => void (await admin.client.query(text));
  const error = await tryOut(admin, run(statements.join('; ')));
  if (error === null) return said;
  if (isBusy(error)) throw error;
  // One after the other tells all that fail.
  for (const part of can) {
    const failed = await tryOut(admin, run(asActor(admin, part)));
    if (failed !== null) said.set(part.key, saidBy(failed));
  }
  return said;
}

function asActor({ role }: Admin, { statement, actor }: Part): string {
  return actor === undefined ? statement! : `SET LOCAL ROLE ${name(actor)}; ${statement}; SET LOCAL ROLE ${name(role)}`;
}

/** What the server knows of and `inventory.ts` does not, such as what a later version grants. */
async function unknownTo({ client }: Admin, from: string, to: string): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(
    `WITH held AS (
       SELECT r.rolname, d.dbid, d.classid, d.objid, d.deptype, pg_describe_object(d.classid, d.objid, d.objsubid) AS what
       FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
       WHERE r.rolname IN ($1, $2) AND d.refclassid = 'pg_authid'::regclass
         AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
         -- A membership that it granted; an object of another session's own.
         AND d.classid <> 'pg_auth_members'::regclass
         AND NOT EXISTS (SELECT FROM pg_class c WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relpersistence = 't'))
     SELECT DISTINCT what FROM held one WHERE rolname = $1 AND deptype IN ('a', 'r')
       AND NOT EXISTS (SELECT FROM held other WHERE other.rolname = $2 AND (other.dbid, other.classid, other.objid) = (one.dbid, one.classid, one.objid))
     ORDER BY 1`,
    [from, to],
  );
  return rows.map(({ what }) => what);
}

/**
 * Who may make roles may make himself a member of one, and so act for it; for as long as that is needed.
 * A superuser needs nothing of the kind.
 */
async function withMembership<T>(admin: Admin, roles: readonly string[], work: () => Promise<T>): Promise<T> {
  const { client, isSuperuser, version } = admin;
  const joined: string[] = [];
  for (const role of isSuperuser ? [] : roles) {
    const { rows } = await client.query<{ may: boolean }>(
      `SELECT rolname = current_user OR (pg_has_role(oid, 'USAGE') AND pg_has_role(oid, '${version >= 160_000 ? 'SET' : 'MEMBER'}')) AS may
       FROM pg_roles WHERE rolname = $1`,
      [role],
    );
    if (rows[0]?.may !== false) continue;
    await client.query(
      `GRANT ${name(role)} TO ${name(admin.role)}${version >= 160_000 ? ' WITH INHERIT TRUE, SET TRUE' : ''}`,
    );
    joined.push(role);
  }
  const answer = await work();
  for (const role of joined) {
    // It may be gone by now.
    if ((await attributesOf(admin, role)) !== null)
      await client.query(
        `REVOKE ${name(role)} FROM ${name(admin.role)}${version >= 160_000 ? ' GRANTED BY CURRENT_USER' : ''}`,
      );
  }
  return answer;
}

export interface Leaving {
  readonly role: string;
  /** The login that goes on; null where there is none. */
  readonly successor: string | null;
  /** Gets what the role owns: the successor, or a group. */
  readonly heir: string | null;
  /** Nothing is kept of it: sessions go on. */
  readonly isRehearsal: boolean;
}

/** The role goes, and everybody else has what they had. In one transaction, which the caller holds. */
export async function handOver(admin: Admin, { role, successor, heir, isRehearsal }: Leaving): Promise<void> {
  const { client } = admin;
  const like = (await attributesOf(admin, role))!;
  await client.query(`ALTER ROLE ${name(role)} NOLOGIN`);
  const acting = [role, successor, heir].filter((one, at, all) => one !== null && all.indexOf(one) === at);
  await withMembership(admin, acting as string[], async () => {
    if (!isRehearsal) await endSessions(admin, like.oid);
    if (successor !== null) {
      await giveAll(admin, role, successor, heir === successor ? null : heir);
      // It was given more for as long as the other one owned something.
      if (!like.rolinherit) await client.query(`ALTER ROLE ${name(successor)} NOINHERIT`);
      await must(admin, await grantedBy(admin, { role, peer: successor, target: successor }), successor);
    }
    if (heir !== null) await client.query(`REASSIGN OWNED BY ${name(role)} TO ${name(heir)}`);
    await must(admin, await grantsByOthers(admin, { role, peer: '', target: '' }), role);
    // What is owned would be dropped with the grants: then nothing is dropped, and the server says what stands in the way.
    if ((await ownedBy(admin, role)).length === 0) await client.query(`DROP OWNED BY ${name(role)}`);
    // Whoever is signed in cannot drop himself; who comes after can.
    if (role !== admin.session && role !== admin.role) await client.query(`DROP ROLE ${name(role)}`);
  });
}

async function must(admin: Admin, parts: readonly Part[], target: string): Promise<void> {
  const said = await carryOut(admin, parts);
  if (said.size === 0) return;
  const lines = parts.filter(({ key }) => said.has(key)).map(({ key, what }) => `${what}: ${said.get(key)!}`);
  throw refusal(
    admin.request,
    `${admin.role} (option admin) cannot hand over to ${target}:\n${lines.join('\n')}`,
    'use a superuser as admin, or let admin act for whoever granted that',
  );
}
