/** The statements that make a second login role like a first one, and take the first one away. Every name is quoted by the library. */
import type { Client } from 'pg';

interface Attributes {
  readonly rolsuper: boolean;
  readonly rolinherit: boolean;
  readonly rolcreaterole: boolean;
  readonly rolcreatedb: boolean;
  readonly rolreplication: boolean;
  readonly rolbypassrls: boolean;
  readonly rolconnlimit: number;
}

type Name = (name: string) => string;

/** The attributes of a role, or null where there is none of that name. */
export async function attributesOf(client: Client, role: string): Promise<Attributes | null> {
  const { rows } = await client.query<Attributes>(
    `SELECT rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit
     FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  return rows[0] ?? null;
}

/** @param verifier what the server stores for the password @param group a role that owns what the application makes, or null */
export async function createLike(
  client: Client,
  { from, to, verifier, group }: { from: string; to: string; verifier: string; group: string | null },
): Promise<void> {
  const name: Name = (text) => client.escapeIdentifier(text);
  const like = (await attributesOf(client, from))!;
  const flags = [
    [like.rolsuper, 'SUPERUSER'],
    [like.rolinherit, 'INHERIT'],
    [like.rolcreaterole, 'CREATEROLE'],
    [like.rolcreatedb, 'CREATEDB'],
    [like.rolreplication, 'REPLICATION'],
    [like.rolbypassrls, 'BYPASSRLS'],
  ] as const;
  const words = flags.flatMap(([isSet, word]) => (isSet ? [word] : word === 'INHERIT' ? ['NOINHERIT'] : []));
  await client.query(
    `CREATE ROLE ${name(to)} LOGIN ${words.join(' ')} CONNECTION LIMIT ${like.rolconnlimit} PASSWORD ${client.escapeLiteral(verifier)}`,
  );
  await copyMemberships(client, name, from, to);
  await copySettings(client, name, from, to);
  await copyGrants(client, name, from, to);
  if (group !== null) {
    await client.query(`GRANT ${name(group)} TO ${name(to)}`);
    await client.query(`ALTER ROLE ${name(to)} SET role TO ${client.escapeLiteral(group)}`);
  } else if (await ownsAnything(client, from)) {
    // Who owns a thing may do everything with it, and that is in no list of grants.
    await client.query(`GRANT ${name(from)} TO ${name(to)}`);
  }
}

async function copyMemberships(client: Client, name: Name, from: string, to: string): Promise<void> {
  const { rows } = await client.query<{ group: string; admin: boolean }>(
    `SELECT g.rolname AS group, bool_or(m.admin_option) AS admin
     FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
     WHERE r.rolname = $1 GROUP BY g.rolname ORDER BY 1`,
    [from],
  );
  for (const { group, admin } of rows)
    await client.query(`GRANT ${name(group)} TO ${name(to)}${admin ? ' WITH ADMIN OPTION' : ''}`);
}

/** `ALTER ROLE … SET`, also for one database. The server writes a setting as it reads it, lists quoted. */
async function copySettings(client: Client, name: Name, from: string, to: string): Promise<void> {
  const { rows } = await client.query<{ database: string | null; setting: string }>(
    `SELECT d.datname AS database, unnest(s.setconfig) AS setting
     FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
     WHERE r.rolname = $1`,
    [from],
  );
  for (const { database, setting } of rows) {
    const at = setting.indexOf('=');
    const [key, value] = [setting.slice(0, at), setting.slice(at + 1)];
    const where = database === null ? '' : ` IN DATABASE ${name(database)}`;
    // search_path and its like are lists of names: quoted as one text they would be one name.
    const list = LISTS.has(key) ? value : client.escapeLiteral(value);
    await client.query(`ALTER ROLE ${name(to)}${where} SET ${key.split('.').map(name).join('.')} TO ${list}`);
  }
}

const LISTS = new Set(['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries']);

/** What was granted to the role itself, in the database at hand. */
const GRANTS = `
  SELECT format('%s %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass) AS object,
         a.privilege_type AS privilege, a.is_grantable AS grantable, NULL AS columns
  FROM pg_class c, aclexplode(c.relacl) a WHERE c.relowner <> a.grantee AND a.grantee = $1::regrole
  UNION ALL
  SELECT format('TABLE %s', t.attrelid::regclass), a.privilege_type, a.is_grantable, quote_ident(t.attname)
  FROM pg_attribute t, aclexplode(t.attacl) a WHERE a.grantee = $1::regrole
  UNION ALL
  SELECT format('SCHEMA %s', n.oid::regnamespace), a.privilege_type, a.is_grantable, NULL
  FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspowner <> a.grantee AND a.grantee = $1::regrole
  UNION ALL
  SELECT format('DATABASE %I', d.datname), a.privilege_type, a.is_grantable, NULL
  FROM pg_database d, aclexplode(d.datacl) a WHERE d.datdba <> a.grantee AND a.grantee = $1::regrole
  UNION ALL
  SELECT format('ROUTINE %s', p.oid::regprocedure), a.privilege_type, a.is_grantable, NULL
  FROM pg_proc p, aclexplode(p.proacl) a WHERE p.proowner <> a.grantee AND a.grantee = $1::regrole
  UNION ALL
  SELECT format('TYPE %s', t.oid::regtype), a.privilege_type, a.is_grantable, NULL
  FROM pg_type t, aclexplode(t.typacl) a WHERE t.typowner <> a.grantee AND a.grantee = $1::regrole
  UNION ALL
  SELECT format('LANGUAGE %I', l.lanname), a.privilege_type, a.is_grantable, NULL
  FROM pg_language l, aclexplode(l.lanacl) a WHERE l.lanowner <> a.grantee AND a.grantee = $1::regrole
  UNION ALL
  SELECT format('FOREIGN SERVER %I', s.srvname), a.privilege_type, a.is_grantable, NULL
  FROM pg_foreign_server s, aclexplode(s.srvacl) a WHERE s.srvowner <> a.grantee AND a.grantee = $1::regrole`;

async function copyGrants(client: Client, name: Name, from: string, to: string): Promise<void> {
  const { rows } = await client.query<{
    object: string;
    privilege: string;
    grantable: boolean;
    columns: string | null;
  }>(GRANTS, [name(from)]);
  for (const { object, privilege, grantable, columns } of rows) {
    const what = columns === null ? privilege : `${privilege} (${columns})`;
    // Objects come quoted from the server.
    await client.query(`GRANT ${what} ON ${object} TO ${name(to)}${grantable ? ' WITH GRANT OPTION' : ''}`);
  }
}

async function ownsAnything(client: Client, role: string): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
     WHERE r.rolname = $1 AND d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' LIMIT 1`,
    [role],
  );
  return rows.length > 0;
}

/** Sessions of a role that are open now. */
export async function sessionsOf(client: Client, role: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    'SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()',
    [role],
  );
  return Number(rows[0]!.count);
}

/** Ends a role's sessions, hands what it owns to another one, and drops it. */
export async function dropRole(client: Client, role: string, heir: string | null): Promise<void> {
  const name: Name = (text) => client.escapeIdentifier(text);
  await client.query(`ALTER ROLE ${name(role)} NOLOGIN`);
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
  if (heir !== null && (await attributesOf(client, heir)) !== null)
    await client.query(`REASSIGN OWNED BY ${name(role)} TO ${name(heir)}`);
  // What is owned would be dropped with the grants: then nothing is dropped, and the server says what stands in the way.
  if (!(await ownsAnything(client, role))) await client.query(`DROP OWNED BY ${name(role)}`);
  await client.query(`DROP ROLE ${name(role)}`);
}
