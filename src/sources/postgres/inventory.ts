/**
 * All that a role has and that no object it owns carries: one part for each thing that another role can be given as well. The same list
 * says what to give a second role, whether it has it all, and what is handed over when the first one goes.
 */
import { name } from './connection.ts';
import type { Admin } from './connection.ts';
import { DEFAULT_FOR, grants, ROLES } from './grants.ts';

export interface Part {
  /** The same for two roles that have the same. */
  readonly key: string;
  /** For a person. */
  readonly what: string;
  /** Gives it to `target`; null where this admin has no way to. */
  readonly statement: string | null;
  /** Runs the statement: a role's name; null for the admin. */
  readonly actor?: string;
  /** Of the object, where there is one. */
  readonly owner?: string;
  /** Belongs to the login itself, whatever role it acts as. */
  readonly isPersonal?: true;
}

export interface Of {
  readonly role: string;
  /** The other of the two: what one has of the other is not part. */
  readonly peer: string;
  /** Who is to get it. */
  readonly target: string;
}

interface Row {
  readonly what: string;
  readonly statement: string;
  readonly owner?: string;
}

/** With the grant option that is a part of its own: who has it has the other one too. */
function grantsTo(version: number): string {
  return `WITH ${ROLES}
    SELECT DISTINCT g.what || CASE WHEN o.option THEN ' with grant option' ELSE '' END AS what,
      format('GRANT %s TO %I%s', g.clause, $3::text, CASE WHEN o.option THEN ' WITH GRANT OPTION' ELSE '' END) AS statement,
      pg_get_userbyid(g.owner)::text AS owner
    FROM (${grants(version)}) g, me, peer, (VALUES (false), (true)) o (option)
    WHERE g.grantee = me.oid AND g.owner NOT IN (me.oid, peer.oid) AND (g.grantable OR NOT o.option) ORDER BY 1`;
}

/** What others' new objects will grant to the role. */
const DEFAULTS_TO = `WITH ${ROLES}
  SELECT DISTINCT format('default privileges of %s%s: %s on %s', pg_get_userbyid(d.defaclrole), ' in schema ' || n.nspname, a.privilege_type,
      lower(${DEFAULT_FOR})) || CASE WHEN o.option THEN ' with grant option' ELSE '' END AS what,
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s GRANT %s ON %s TO %I%s', pg_get_userbyid(d.defaclrole), ' IN SCHEMA ' || quote_ident(n.nspname),
      a.privilege_type, ${DEFAULT_FOR}, $3::text, CASE WHEN o.option THEN ' WITH GRANT OPTION' ELSE '' END) AS statement,
    pg_get_userbyid(d.defaclrole)::text AS owner
  FROM me, peer, (VALUES (false), (true)) o (option), pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
  WHERE a.grantee = me.oid AND d.defaclrole NOT IN (me.oid, peer.oid) AND (a.is_grantable OR NOT o.option) ORDER BY 1`;

/** What the role's own new objects will grant, and to whom not: in all schemas the list stands in the place of the built-in one. */
const OWN_DEFAULTS = `WITH ${ROLES}, own AS (
    SELECT ${DEFAULT_FOR} AS things, n.nspname AS schema, a.grantee, a.privilege_type AS privilege, a.is_grantable AS grantable, true AS given
    FROM me, pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a WHERE d.defaclrole = me.oid
  ), built_in AS (
    SELECT ${DEFAULT_FOR} AS things, NULL::name AS schema, a.grantee, a.privilege_type AS privilege, a.is_grantable AS grantable, true AS given
    FROM me, pg_default_acl d, aclexplode(acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, me.oid)) a
    WHERE d.defaclrole = me.oid AND d.defaclnamespace = 0
  ), changed AS (
    (SELECT * FROM own EXCEPT SELECT * FROM built_in)
    UNION ALL
    (SELECT things, schema, grantee, privilege, grantable, false FROM (SELECT * FROM built_in EXCEPT SELECT * FROM own) gone)
  ), named AS (
    SELECT c.*, CASE WHEN grantee = 0 THEN 'PUBLIC' WHEN grantee = me.oid THEN NULL ELSE quote_ident(pg_get_userbyid(grantee)) END AS who
    FROM changed c, me, peer WHERE grantee <> peer.oid
  )
  SELECT format('own default privileges%s: %s %s on %s %s %s', ' in schema ' || schema, CASE WHEN given THEN 'grant' ELSE 'revoke' END, privilege,
      lower(things), CASE WHEN given THEN 'to' ELSE 'from' END, coalesce(who, 'itself')) || CASE WHEN given AND grantable THEN ' with grant option' ELSE '' END AS what,
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s %s %s ON %s %s %s%s', $3::text, ' IN SCHEMA ' || quote_ident(schema),
      CASE WHEN given THEN 'GRANT' ELSE 'REVOKE' END, privilege, things, CASE WHEN given THEN 'TO' ELSE 'FROM' END, coalesce(who, quote_ident($3::text)),
      CASE WHEN given AND grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
  FROM named ORDER BY given, 1`;

const POLICIES = `WITH ${ROLES}
  SELECT format('policy %I on table %s', p.polname, p.polrelid::regclass) AS what,
    format('ALTER POLICY %I ON %s TO %s, %I', p.polname, p.polrelid::regclass,
      (SELECT string_agg(quote_ident(r.rolname), ', ') FROM pg_roles r WHERE r.oid = ANY (p.polroles)), $3::text) AS statement,
    pg_get_userbyid(c.relowner)::text AS owner
  FROM me, peer, pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE me.oid = ANY (p.polroles) AND peer.oid IS NOT NULL ORDER BY 1`;

const COMMENTS = `WITH ${ROLES}
  SELECT 'comment ' || c.description AS what, format('COMMENT ON ROLE %I IS %L', $3::text, c.description) AS statement
  FROM me, peer, pg_shdescription c WHERE c.classoid = 'pg_authid'::regclass AND c.objoid = me.oid
  UNION ALL
  SELECT format('security label of %s: %s', l.provider, l.label), format('SECURITY LABEL FOR %I ON ROLE %I IS %L', l.provider, $3::text, l.label)
  FROM me, peer, pg_shseclabel l WHERE l.classoid = 'pg_authid'::regclass AND l.objoid = me.oid`;

/** What is in a mapping never leaves the server, and stands in no statement that it may log. */
const MAPPINGS = `WITH ${ROLES}
  SELECT format('user mapping for server %s', m.srvname) AS what,
    'DO ' || quote_literal(format($$
      DECLARE given text;
      BEGIN
        SELECT string_agg(format('%%I %%L', split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)), ', ') INTO given
          FROM pg_catalog.pg_user_mapping m, unnest(m.umoptions) one WHERE m.oid = %s;
        EXECUTE format('CREATE USER MAPPING FOR %%I SERVER %%I%%s', %L, %L, ' OPTIONS (' || given || ')');
      EXCEPTION WHEN OTHERS THEN
        RAISE EXCEPTION USING MESSAGE = SQLERRM, ERRCODE = SQLSTATE;
      END $$, m.umid, $3::text, m.srvname)) AS statement
  FROM me, peer, pg_user_mappings m WHERE m.umuser = me.oid ORDER BY 1`;

/** By version: before 16 a membership has one option, and inheriting is a matter of the role. */
function memberships(version: number, isOfOthers: boolean): string {
  const [own, other] = isOfOthers ? ['roleid', 'member'] : ['member', 'roleid'];
  const roles = isOfOthers ? '$3::text, x.name' : 'x.name, $3::text';
  const isModern = version >= 160_000;
  const options = isModern ? 'bool_or(m.inherit_option)::text AS inherit, bool_or(m.set_option)::text AS set' : '';
  // Nobody can give himself the right to administer that he has; who made the role has it anyway.
  const isOwn = isModern && isOfOthers ? 'r.rolname = current_user' : 'false';
  const wish = isModern
    ? `' WITH ' || CASE WHEN x.is_own THEN '' ELSE 'ADMIN ' || x.admin || ', ' END || format('INHERIT %s, SET %s', x.inherit, x.set)`
    : `CASE x.admin WHEN 'true' THEN ' WITH ADMIN OPTION' ELSE '' END`;
  const parts = isModern ? `('', x.inherit), (' (set role)', x.set)` : `('', 'true')`;
  return `WITH ${ROLES}, x AS (
      SELECT r.rolname AS name, ${isOwn} AS is_own, bool_or(m.admin_option)::text AS admin${options === '' ? '' : `, ${options}`}
      FROM me, peer, pg_auth_members m JOIN pg_roles r ON r.oid = m.${other}
      WHERE m.${own} = me.oid AND m.${other} <> peer.oid GROUP BY r.rolname)
    SELECT format('${isOfOthers ? 'membership of %s' : 'membership in %s'}%s', x.name, o.option) AS what,
      format('GRANT %I TO %I', ${roles}) || ${wish} AS statement
    FROM x, LATERAL (VALUES ${parts}, (' (admin option)', CASE WHEN x.is_own THEN 'false' ELSE x.admin END)) o (option, holds)
    WHERE o.holds = 'true' ORDER BY 1`;
}

async function rows(admin: Admin, sql: string, { role, peer, target }: Of): Promise<Row[]> {
  return (await admin.client.query<Row>(sql, [role, peer, target])).rows;
}

/** @returns every part that the role has in this database and in what all databases of the server share */
export async function partsOf(admin: Admin, of: Of): Promise<Part[]> {
  const { version } = admin;
  const parts = async (sql: string, more: Partial<Part> = {}): Promise<Part[]> =>
    (await rows(admin, sql, of)).map(({ what, statement, owner }) => ({
      key: what,
      what,
      statement,
      ...(owner === undefined ? {} : { owner }),
      ...more,
    }));
  return [
    ...(await parts(memberships(version, false))),
    ...(await parts(memberships(version, true), { isPersonal: true })),
    ...(await settings(admin, of)),
    ...(await parts(grantsTo(version))),
    ...(await parts(DEFAULTS_TO)),
    ...(await parts(OWN_DEFAULTS)),
    ...(await parts(POLICIES)),
    // Nobody else may read what is in one.
    ...(await parts(MAPPINGS, admin.isSuperuser ? {} : { statement: null })),
    ...(await parts(COMMENTS, { isPersonal: true })),
  ];
}

/** `ALTER ROLE … SET`, also for one database. */
async function settings({ client }: Admin, { role, target }: Of): Promise<Part[]> {
  const found = await client.query<{ database: string | null; setting: string }>(
    `SELECT d.datname AS database, unnest(s.setconfig) AS setting
     FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
     WHERE r.rolname = $1`,
    [role],
  );
  return found.rows.map(({ database, setting }) => {
    const at = setting.indexOf('=');
    const [key, value] = [setting.slice(0, at), setting.slice(at + 1)];
    const where = database === null ? '' : ` IN DATABASE ${name(database)}`;
    const list = LISTS.has(key) ? elements(value) : [value];
    const text = list.map((one) => client.escapeLiteral(one)).join(', ');
    return {
      key: `setting${where} ${setting}`,
      what: `setting ${key}${database === null ? '' : ` in database ${database}`}`,
      statement: `ALTER ROLE ${name(target)}${where} SET ${key.split('.').map(name).join('.')} TO ${text}`,
      isPersonal: true as const,
    };
  });
}

/** Lists of names, which the server keeps quoted: given as one text they would be one name. */
const LISTS = new Set(['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries']);

function elements(list: string): string[] {
  return [...list.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",]+))\s*(?:,|$)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim(),
  );
}

/** What the role has granted to others by a grant option of its own: it ends with the role, so the other one has to grant it as well. */
export async function grantedBy(admin: Admin, of: Of): Promise<Part[]> {
  const objects = `WITH ${ROLES}
    SELECT DISTINCT format('%s to %s', g.what, who) || CASE WHEN g.grantable THEN ' with grant option' ELSE '' END AS what,
      format('GRANT %s TO %s%s', g.clause, CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(who) END,
        CASE WHEN g.grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
    FROM (${grants(admin.version)}) g, me, peer, LATERAL (SELECT CASE WHEN g.grantee = 0 THEN 'everybody' ELSE pg_get_userbyid(g.grantee)::text END) w (who)
    WHERE g.grantor = me.oid AND g.owner NOT IN (me.oid, peer.oid) AND g.grantee NOT IN (me.oid, peer.oid) AND $3::text IS NOT NULL ORDER BY 1`;
  const roles = `WITH ${ROLES}
    SELECT format('membership of %s in %s', pg_get_userbyid(m.member), pg_get_userbyid(m.roleid)) AS what,
      format('GRANT %I TO %I WITH ADMIN %s, INHERIT %s, SET %s', pg_get_userbyid(m.roleid), pg_get_userbyid(m.member), m.admin_option::text,
        m.inherit_option::text, m.set_option::text) AS statement
    FROM me, peer, pg_auth_members m
    WHERE m.grantor = me.oid AND m.member NOT IN (me.oid, peer.oid) AND m.roleid NOT IN (me.oid, peer.oid) AND $3::text IS NOT NULL ORDER BY 1`;
  // Before 16 who granted a membership is written down and means nothing.
  const found = [
    ...(await rows(admin, objects, of)),
    ...(admin.version >= 160_000 ? await rows(admin, roles, of) : []),
  ];
  return found.map(({ what, statement }) => ({ key: what, what, statement, actor: of.target }));
}

/** Takes back what others than the owner granted: `DROP OWNED` leaves that when a superuser runs it. */
export async function grantsByOthers(admin: Admin, of: Of): Promise<Part[]> {
  const sql = `WITH ${ROLES}
    SELECT g.what, pg_get_userbyid(g.grantor)::text AS owner, format('REVOKE %s FROM %I CASCADE', g.clause, $1::text) AS statement
    FROM (${grants(admin.version)}) g, me, peer
    WHERE g.grantee = me.oid AND g.grantor NOT IN (g.owner, me.oid) AND g.owner <> me.oid AND $3::text IS NOT NULL ORDER BY 1`;
  return (await rows(admin, sql, of)).map(({ what, statement, owner }) => ({
    key: what,
    what: `${what}, granted by ${owner}`,
    statement,
    actor: owner!,
  }));
}
