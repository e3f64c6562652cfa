/** What is looked at before anything is made: whether the admin may do it, and what no second role could have or no server would let go. */
import type { Admin } from './connection.ts';
import { asAdmin, name, refusal } from './connection.ts';
import { partsOf } from './inventory.ts';
import { attributesOf, ownedBy } from './role.ts';
import type { Attributes } from './role.ts';

export interface Wanted {
  readonly from: string;
  readonly group: string | null;
  /** The option admin is the login that is rotated, as it is at each moment: afterwards it is the new one. */
  readonly isFollowing: boolean;
}

/** @throws source_failed, naming what stands in the way */
export async function refuseHindrances(admin: Admin, wanted: Wanted): Promise<void> {
  const { request } = admin;
  const { from } = wanted;
  refuseOwnRole(admin, from, wanted.isFollowing);
  const role = await attributesOf(admin, from);
  if (role === null) throw refusal(request, `role ${from}, which the value of ${request.secret} names, does not exist`);
  if (role.isOver)
    throw refusal(
      request,
      `the password of ${from} expired at ${role.until}; a login like it would be expired too`,
      `ALTER ROLE ${name(from)} VALID UNTIL 'infinity'`,
    );
  await refuseRights(admin, wanted);
  const lines = [
    ...(await elsewhere(admin, from)),
    ...(await rowsByName(admin, wanted, role)),
    ...(await ownedUninherited(admin, wanted, role)),
  ];
  if (lines.length > 0)
    throw refusal(
      request,
      `a second login cannot have all that ${from} has:\n${lines.join('\n')}`,
      'grant that to a group role that the login is a member of, and revoke it from the login',
      'see docs/sources.md for what is copied',
    );
  await refuseUncovered(admin, wanted);
}

/** Whoever disables the role that he is signed in as cannot take it back. @throws source_failed */
export function refuseOwnRole(admin: Admin, role: string, isFollowing = false): void {
  if (isFollowing || (admin.session !== role && admin.role !== role)) return;
  throw refusal(
    admin.request,
    `the option admin signs in as ${role}, the role that the value of ${admin.request.secret} names: it cannot drop itself`,
    `use another admin, or the login that is current: --option admin='{{secret:${admin.request.secret}@current}}'`,
  );
}

/** @throws source_failed with the statements that would give what is missing */
async function refuseRights(
  { client, role, version, isSuperuser, request }: Admin,
  { from, group, isFollowing }: Wanted,
) {
  if (isSuperuser) return;
  const { rows } = await client.query<{ may: boolean; missing: string[] }>(
    `SELECT rolcreaterole AS may, ARRAY(
        SELECT r.rolname::text FROM pg_roles r WHERE (r.rolname = $1 AND NOT $3 OR r.rolname = $2
          OR r.oid IN (SELECT m.roleid FROM pg_auth_members m JOIN pg_roles l ON l.oid = m.member WHERE l.rolname = $1))
        AND NOT pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION') ORDER BY 1) AS missing
     FROM pg_roles WHERE rolname = current_user`,
    [from, group, isFollowing],
  );
  const { may, missing } = rows[0]!;
  const grants = [
    ...(may ? [] : [`ALTER ROLE ${name(role)} CREATEROLE`]),
    // Before 16 CREATEROLE is enough for all that are not superusers.
    ...(version < 160_000 ? [] : missing.map((one) => `GRANT ${name(one)} TO ${name(role)} WITH ADMIN OPTION`)),
  ];
  if (grants.length > 0)
    throw refusal(
      request,
      `${role} (option admin) lacks permissions; missing:\n${grants.join('\n')}`,
      'run that as a superuser, or use a superuser as admin',
    );
  if (isFollowing && version >= 160_000)
    throw refusal(
      request,
      `the new login could not drop ${from}: since PostgreSQL 16 a role administers the roles that it created, not its creator`,
      'use another admin',
    );
}

/** `DROP ROLE` looks at the whole server, and what is granted in another database can only be seen there. */
async function elsewhere(admin: Admin, from: string): Promise<string[]> {
  const { rows } = await admin.client.query<{ database: string; count: number }>(
    `SELECT b.datname AS database, count(*)::int AS count
     FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid JOIN pg_database b ON b.oid = d.dbid
     WHERE r.rolname = $1 AND d.refclassid = 'pg_authid'::regclass AND b.datname <> current_database() GROUP BY 1 ORDER BY 1`,
    [from],
  );
  const lines: string[] = [];
  for (const { database, count } of rows) lines.push(...(await objectsIn(admin, from, database, count)));
  return lines;
}

async function objectsIn({ request }: Admin, from: string, database: string, count: number): Promise<string[]> {
  try {
    return await asAdmin(
      request,
      async ({ client }) => {
        const { rows } = await client.query<{ what: string }>(
          `SELECT CASE d.deptype WHEN 'o' THEN 'owner of ' WHEN 'a' THEN 'privileges for ' WHEN 'r' THEN 'target of ' ELSE '' END
             || pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS what
           FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
           WHERE r.rolname = $1 AND d.refclassid = 'pg_catalog.pg_authid'::regclass
             AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) ORDER BY 1`,
          [from],
        );
        return rows.map(({ what }) => `in database ${database}: ${what}`);
      },
      { database },
    );
  } catch {
    return [`in database ${database}: ${count} ${count === 1 ? 'object' : 'objects'}, which admin cannot see`];
  }
}

/** Policies that ask for the login's name: they would show the new one other rows, or none. */
async function rowsByName(admin: Admin, { from, group }: Wanted, role: Attributes): Promise<string[]> {
  if (role.rolsuper || role.rolbypassrls) return [];
  const actsAs = await groupOf(admin, from);
  const words = actsAs !== null && actsAs === group ? 'SESSION_USER' : 'CURRENT_USER|CURRENT_ROLE|SESSION_USER|USER';
  const { rows } = await admin.client.query<{ what: string }>(
    `SELECT format('policy %I on table %s shows rows by the name of the login', p.polname, p.polrelid::regclass) AS what
     FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid, (SELECT oid FROM pg_roles WHERE rolname = $1) me,
       LATERAL (SELECT concat(pg_get_expr(p.polqual, p.polrelid), ' ', pg_get_expr(p.polwithcheck, p.polrelid))) e (text)
     WHERE c.relrowsecurity AND (c.relforcerowsecurity OR NOT pg_has_role(me.oid, c.relowner, 'USAGE'))
       AND (has_any_column_privilege(me.oid, c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege(me.oid, c.oid, 'DELETE'))
       AND EXISTS (SELECT FROM unnest(p.polroles) r (oid) WHERE CASE r.oid WHEN 0 THEN true ELSE pg_has_role(me.oid, r.oid, 'USAGE') END)
       AND regexp_replace(regexp_replace(e.text, '''[^'']*''', '', 'g'), '"[^"]*"', '', 'g') ~ '\\m(${words})\\M' ORDER BY 1`,
    [from],
  );
  return rows.map(({ what }) => what);
}

/** The role that a login is set to act as, or null. */
async function groupOf({ client }: Admin, login: string): Promise<string | null> {
  const { rows } = await client.query<{ role: string }>(
    `SELECT substr(one, 6) AS role FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) one
     WHERE r.rolname = $1 AND s.setdatabase = 0 AND one LIKE 'role=%'`,
    [login],
  );
  return rows[0]?.role ?? null;
}

/** Before 16 a role inherits from all that it is a member of, or from none: what the old one owns, and not what it had to ask for. */
async function ownedUninherited(admin: Admin, { from }: Wanted, role: Attributes): Promise<string[]> {
  if (admin.version >= 160_000 || role.rolinherit || role.rolsuper) return [];
  const owned = await ownedBy(admin, from);
  const { rows } = await admin.client.query<{ group: string }>(
    `SELECT g.rolname AS group FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
     WHERE r.rolname = $1 ORDER BY 1`,
    [from],
  );
  if (rows.length === 0) return [];
  const groups = rows.map(({ group }) => group).join(', ');
  return owned.map(
    (what) =>
      `owner of ${what}, which a second role could use only if it inherited what ${groups} may do too (${from} is NOINHERIT)`,
  );
}

/** A new login acts as the group, and what was given to the old login by itself does not count there. @throws source_failed */
async function refuseUncovered(admin: Admin, { from, group }: Wanted): Promise<void> {
  if (group === null || (await groupOf(admin, from)) === group) return;
  const { rows } = await admin.client.query<{ role: string }>(
    `SELECT r.rolname AS role FROM pg_roles r, pg_roles g WHERE g.rolname = $1 AND pg_has_role(g.oid, r.oid, 'USAGE')`,
    [group],
  );
  if (rows.length === 0) throw refusal(admin.request, `role ${group}, which the option group names, does not exist`);
  const roles = new Set(rows.map(({ role }) => role));
  const has = new Set([...roles].map((role) => `membership in ${role}`));
  for (const role of roles) {
    const parts = await partsOf(admin, { role, peer: from, target: from });
    for (const { key, isPersonal } of parts) if (isPersonal !== true) has.add(key);
  }
  const parts = await partsOf(admin, { role: from, peer: '', target: group });
  const lines = parts
    .filter(
      ({ key, owner, isPersonal }) =>
        isPersonal !== true && !has.has(key) && !(owner !== undefined && roles.has(owner)),
    )
    // The login keeps the right to act as somebody; acting as the group it needs what it inherits.
    .filter(({ key }) => !key.endsWith(' (set role)') && !key.endsWith(' (admin option)'));
  const owned = await ownedBy(admin, from);
  if (lines.length + owned.length === 0) return;
  throw refusal(
    admin.request,
    `a login that acts as ${group} would lack what ${from} has:\n${[...owned.map((what) => `owner of ${what}`), ...lines.map(({ what }) => what)].join('\n')}`,
    `grant that to the group; for what is owned: REASSIGN OWNED BY ${name(from)} TO ${name(group)}`,
  );
}
