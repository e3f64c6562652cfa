/**
 * Everything that can be granted: the object as `GRANT` names it, who owns it, and what its list says. Only lists that name the role are
 * read, which the server's own record of dependencies tells: a database may hold a million objects. Names come quoted from the server.
 */

/** Begins a query: the role ($1), the other one ($2), and what names the role in its list. $3 is who is to get something. */
export const ROLES = `
  me AS (SELECT oid FROM pg_roles WHERE rolname = $1),
  peer AS (SELECT coalesce((SELECT oid FROM pg_roles WHERE rolname = $2), 0) AS oid),
  held AS (SELECT d.classid, d.objid, d.objsubid FROM pg_shdepend d, me WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = me.oid
    AND d.deptype = 'a' AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())))`;

interface Kind {
  readonly catalogue: string;
  readonly kind: string;
  readonly name: string;
  readonly owner: string;
  readonly list: string;
  /** Other than an object of its own. */
  readonly columns?: string;
  readonly from?: string;
}

const KINDS: readonly Kind[] = [
  {
    catalogue: 'pg_class',
    kind: `CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END`,
    name: 'c.oid::regclass::text',
    owner: 'c.relowner',
    list: 'c.relacl',
  },
  {
    catalogue: 'pg_class',
    kind: `'TABLE'`,
    name: 'c.oid::regclass::text',
    owner: 'c.relowner',
    list: 't.attacl',
    columns: 'quote_ident(t.attname)',
    from: 'JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum = h.objsubid',
  },
  of('pg_namespace', 'SCHEMA', 'quote_ident(c.nspname)', 'nsp'),
  of('pg_database', 'DATABASE', 'quote_ident(c.datname)', 'dat', 'dba'),
  of('pg_tablespace', 'TABLESPACE', 'quote_ident(c.spcname)', 'spc'),
  of('pg_proc', 'ROUTINE', 'c.oid::regprocedure::text', 'pro'),
  of('pg_type', 'TYPE', 'c.oid::regtype::text', 'typ'),
  of('pg_language', 'LANGUAGE', 'quote_ident(c.lanname)', 'lan'),
  of('pg_foreign_data_wrapper', 'FOREIGN DATA WRAPPER', 'quote_ident(c.fdwname)', 'fdw'),
  of('pg_foreign_server', 'FOREIGN SERVER', 'quote_ident(c.srvname)', 'srv'),
  of('pg_largeobject_metadata', 'LARGE OBJECT', 'c.oid::text', 'lom'),
];

/** Of the server itself: nobody's own, so that its first superuser counts as the owner. */
const PARAMETER: Kind = {
  catalogue: 'pg_parameter_acl',
  kind: `'PARAMETER'`,
  name: 'c.parname',
  owner: '10::oid',
  list: 'c.paracl',
};

function of(catalogue: string, kind: string, name: string, prefix: string, owner = 'owner'): Kind {
  return { catalogue, kind: `'${kind}'`, name, owner: `c.${prefix}${owner}`, list: `c.${prefix}acl` };
}

/** The record of a large object names its data. */
const RECORDED_AS: Readonly<Record<string, string>> = { pg_largeobject_metadata: 'pg_largeobject' };

function listsOf({ catalogue, kind, name, owner, list, columns, from }: Kind): string {
  return `SELECT ${kind} AS kind, ${name} AS name, ${columns ?? 'NULL'} AS columns, ${owner} AS owner, ${list} AS list
    FROM held h JOIN ${catalogue} c ON c.oid = h.objid ${from ?? ''}
    WHERE h.classid = '${RECORDED_AS[catalogue] ?? catalogue}'::regclass AND h.objsubid ${columns === undefined ? '=' : '<>'} 0`;
}

/** Rows of one privilege each, in a query that begins with `ROLES`: owner, grantor, grantee (0: everybody), grantable, and the words for it. */
export function grants(version: number): string {
  const lists = [...KINDS, ...(version >= 150_000 ? [PARAMETER] : [])].map(listsOf).join('\n  UNION ALL\n  ');
  return `
    SELECT o.owner, a.grantor, a.grantee, a.is_grantable AS grantable,
           format('%s%s on %s %s', a.privilege_type, ' (' || o.columns || ')', lower(o.kind), o.name) AS what,
           format('%s%s ON %s %s', a.privilege_type, ' (' || o.columns || ')', o.kind, o.name) AS clause
    FROM (${lists}) o, aclexplode(o.list) a`;
}

/** What default privileges are for, by `defaclobjtype`. */
export const DEFAULT_FOR = `
  CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
    WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END`;
