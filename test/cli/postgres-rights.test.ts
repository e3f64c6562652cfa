/** A second PostgreSQL login has all that the first one has, from the moment it is made and after the first one is gone; else nothing is made. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describePostgres, startPostgres } from '../helpers/providers/postgres-server.ts';
import type { PostgresServer } from '../helpers/providers/postgres-server.ts';
import { makeScene, THROUGH } from '../helpers/providers/postgres-scene.ts';
import type { Scene } from '../helpers/providers/postgres-scene.ts';

describePostgres('what a second login has', (installation) => {
  const { version } = installation;
  let server: PostgresServer;
  let scene: Scene;
  beforeAll(async () => {
    server = await startPostgres(installation);
  });
  afterAll(() => server.stop());
  afterEach(() => scene.remove());

  const set = async (...statements: string[]): Promise<void> => {
    scene = await makeScene(server, statements);
  };

  test('what others granted, in every kind of object, and what they will grant', async () => {
    await set(
      'CREATE ROLE readers',
      'CREATE ROLE migrator LOGIN PASSWORD $$apppw-1234$$',
      'GRANT ALL ON SCHEMA public TO migrator',
      'CREATE SCHEMA own_schema AUTHORIZATION migrator',
      'GRANT USAGE, CREATE ON SCHEMA own_schema TO app',
      'ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA public GRANT SELECT ON TABLES TO app',
      'ALTER DEFAULT PRIVILEGES FOR ROLE migrator GRANT SELECT ON TABLES TO app WITH GRANT OPTION',
      'ALTER DEFAULT PRIVILEGES FOR ROLE migrator GRANT USAGE ON SEQUENCES TO app',
      'ALTER DEFAULT PRIVILEGES FOR ROLE migrator GRANT USAGE ON TYPES TO app',
      'ALTER DEFAULT PRIVILEGES FOR ROLE migrator REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
      'ALTER DEFAULT PRIVILEGES FOR ROLE migrator GRANT EXECUTE ON FUNCTIONS TO app',
      'CREATE TABLE t1 (a int, b int)',
      'INSERT INTO t1 VALUES (1, 1), (2, 2)',
      'GRANT SELECT (a), UPDATE (b) ON t1 TO app',
      'CREATE SEQUENCE s1',
      'GRANT USAGE ON SEQUENCE s1 TO app',
      'CREATE PROCEDURE p1(a int DEFAULT 1) LANGUAGE sql AS $$SELECT 1$$',
      'CREATE FUNCTION f1(VARIADIC a int[]) RETURNS int LANGUAGE sql AS $$SELECT 7$$',
      'REVOKE ALL ON FUNCTION f1 FROM PUBLIC',
      'REVOKE ALL ON PROCEDURE p1 FROM PUBLIC',
      'GRANT EXECUTE ON FUNCTION f1 TO app',
      'GRANT EXECUTE ON PROCEDURE p1 TO app',
      'CREATE DOMAIN d1 AS int',
      'REVOKE ALL ON TYPE d1 FROM PUBLIC',
      'GRANT USAGE ON TYPE d1 TO app',
      'SELECT lo_create(4711)',
      'GRANT SELECT ON LARGE OBJECT 4711 TO app',
      'REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC',
      'GRANT USAGE ON LANGUAGE plpgsql TO app',
      'REVOKE TEMPORARY ON DATABASE d FROM PUBLIC',
      'GRANT TEMPORARY, CREATE ON DATABASE d TO app',
      'GRANT CREATE ON TABLESPACE pg_default TO app',
      'CREATE FOREIGN DATA WRAPPER w',
      'GRANT USAGE ON FOREIGN DATA WRAPPER w TO app',
      'CREATE SERVER s FOREIGN DATA WRAPPER w',
      'GRANT USAGE ON FOREIGN SERVER s TO app WITH GRANT OPTION',
      `CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'u', password 'it''s = a "mapping" secret')`,
      'ALTER ROLE app SET search_path TO $$$user$$, own_schema, public',
      'ALTER ROLE app IN DATABASE d SET work_mem TO $$5MB$$',
      'ALTER ROLE app IN DATABASE d SET temp_tablespaces TO $$$$',
      'ALTER ROLE app SET my.setting TO $$it is = "so", here$$',
      `ALTER ROLE app VALID UNTIL '2099-01-01'`,
      `COMMENT ON ROLE app IS 'the "application''s" login'`,
      ...(version >= 15 ? ['GRANT SET, ALTER SYSTEM ON PARAMETER log_min_messages TO app'] : []),
      ...(version >= 17 ? ['CREATE TABLE t17 ()', 'GRANT MAINTAIN ON t17 TO app'] : []),
    );
    const seen = async (role: string) =>
      (
        await scene.sql(
          `SELECT has_schema_privilege(r, 'own_schema', 'CREATE') AS schema, has_column_privilege(r, 't1', 'a', 'SELECT') AS a,
             has_column_privilege(r, 't1', 'b', 'SELECT') AS b, has_column_privilege(r, 't1', 'b', 'UPDATE') AS write,
             has_sequence_privilege(r, 's1', 'USAGE') AS seq, has_function_privilege(r, 'f1(int[])', 'EXECUTE') AS f,
             has_function_privilege(r, 'p1(int)', 'EXECUTE') AS p, has_type_privilege(r, 'd1', 'USAGE') AS d,
             has_language_privilege(r, 'plpgsql', 'USAGE') AS lang, has_database_privilege(r, 'd', 'TEMPORARY') AS temp,
             has_database_privilege(r, 'd', 'CREATE') AS db, has_tablespace_privilege(r, 'pg_default', 'CREATE') AS space,
             has_foreign_data_wrapper_privilege(r, 'w', 'USAGE') AS w, has_server_privilege(r, 's', 'USAGE WITH GRANT OPTION') AS s,
             ${version >= 15 ? `has_parameter_privilege(r, 'log_min_messages', 'SET, ALTER SYSTEM') AS parameter,` : ''}
             ${version >= 17 ? `has_table_privilege(r, 't17', 'MAINTAIN') AS maintain,` : ''}
             (SELECT umoptions FROM pg_user_mappings WHERE usename = r) AS mapping,
             shobj_description(oid, 'pg_authid') AS comment, rolvaliduntil AS until,
             (SELECT array_agg(setdatabase || ' ' || setconfig::text ORDER BY setdatabase) FROM pg_db_role_setting WHERE setrole = oid) AS settings
           FROM pg_roles, (SELECT '${role}'::name) x (r) WHERE rolname = r`,
        )
      )[0];
    const old = await seen('app');
    expect((await scene.rotate('--until', 'update-production')).exit).toBe(0);
    const url = await scene.current();
    const fresh = decodeURIComponent(new URL(url).username);
    expect(fresh).not.toBe('app');
    expect(await seen(fresh)).toEqual(old);
    await scene.as(
      scene.url('migrator'),
      'CREATE TABLE public.t2 (a int)',
      'CREATE FUNCTION public.f2() RETURNS int LANGUAGE sql AS $$SELECT 2$$',
    );
    const done = await scene.rotate(...THROUGH);
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    expect(await scene.roles()).toEqual([fresh]);
    expect(await seen(fresh)).toEqual(old);
    await scene.as(
      scene.url('migrator'),
      'CREATE TABLE public.t3 (a int)',
      'CREATE SEQUENCE public.s3',
      'CREATE TABLE own_schema.t4 ()',
    );
    expect(
      await scene.as(
        url,
        'SELECT count(*) FROM t2',
        'SELECT count(*) FROM t4',
        'SELECT f2()',
        `SELECT nextval('public.s3')`,
        `SELECT lo_get(4711)`,
        `SELECT (SELECT sum(a) FROM t1)::int AS sum, current_setting('work_mem') AS mem, current_setting('search_path') AS path, current_setting('my.setting') AS own, (SELECT count(*)::int FROM t3) AS n`,
      ),
    ).toEqual([{ sum: 3, mem: '5MB', path: '"$user", own_schema, public', own: 'it is = "so", here', n: 0 }]);
    expect(server.log()).not.toMatch(/^.*statement: (?!CREATE USER MAPPING FOR app ).*a "mapping" secret/m);
    expect((await scene.project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('row security: the new login sees and writes the same rows', async () => {
    await set(
      'CREATE ROLE team',
      'GRANT team TO app',
      'CREATE TABLE t1 (a int)',
      'CREATE TABLE t2 (a int)',
      'CREATE TABLE t3 (a int)',
      'INSERT INTO t1 VALUES (1), (2)',
      'INSERT INTO t2 VALUES (1), (2)',
      'INSERT INTO t3 VALUES (1), (2)',
      ...['t1', 't2', 't3'].flatMap((table) => [
        `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
        `GRANT SELECT, INSERT ON ${table} TO app`,
      ]),
      'CREATE POLICY "p ""1""" ON t1 FOR SELECT TO app, team USING (a > 0)',
      'CREATE POLICY p2 ON t1 FOR INSERT TO app WITH CHECK (a < 10)',
      'CREATE POLICY p ON t2 TO team USING (true)',
      `CREATE POLICY p ON t3 TO PUBLIC USING (a <> 5 AND current_setting('x.y', true) IS DISTINCT FROM 'current_user')`,
    );
    const rows = async (url: string) =>
      scene.as(
        url,
        'INSERT INTO t1 VALUES (9)',
        'DELETE FROM t1 WHERE false',
        'SELECT (SELECT count(*)::int FROM t1) AS one, (SELECT count(*)::int FROM t2) AS two, (SELECT count(*)::int FROM t3) AS three',
      );
    const seen = async (url: string) =>
      scene.as(
        url,
        'SELECT (SELECT count(*)::int FROM t1) AS one, (SELECT count(*)::int FROM t2) AS two, (SELECT count(*)::int FROM t3) AS three',
      );
    await scene.rotate('--until', 'update-production');
    const url = await scene.current();
    expect(await seen(url)).toEqual([{ one: 2, two: 2, three: 2 }]);
    expect(await rows(url)).toContain('permission denied for table t1');
    await scene.as(url, 'INSERT INTO t1 VALUES (8)');
    expect(await scene.as(url, 'INSERT INTO t1 VALUES (11)')).toContain('row-level security');
    expect((await scene.rotate(...THROUGH)).json.state).toBe('done');
    expect(await seen(url)).toEqual([{ one: 4, two: 2, three: 2 }]);
    const [policy] = await scene.sql(`SELECT polroles::regrole[]::text AS roles FROM pg_policy WHERE polname = 'p2'`);
    expect(policy!['roles']).toBe(`{${decodeURIComponent(new URL(url).username)}}`);
  });

  test('rows by the name of the login: no second one is made', async () => {
    await set(
      'CREATE TABLE t1 (owner name)',
      'ALTER TABLE t1 ENABLE ROW LEVEL SECURITY',
      'CREATE POLICY by_name ON t1 USING (owner = current_user)',
      'GRANT SELECT ON t1 TO app',
    );
    for (const argv of [
      ['source', 'test', 'api_key'],
      ['rotate', 'api_key', '--yes'],
    ]) {
      const { exit, text } = await scene.said(...argv);
      expect([exit, text]).toEqual([1, expect.stringContaining('policy by_name on table public.t1')]);
      expect(await scene.roles()).toEqual(['app']);
    }
  });

  test('members of it, what it granted, what its own objects grant and who inherits them', async () => {
    await set(
      'GRANT CREATE ON SCHEMA public TO app',
      `CREATE ROLE worker LOGIN PASSWORD 'apppw-1234' IN ROLE app`,
      `CREATE ROLE ro LOGIN PASSWORD 'apppw-1234'`,
      'CREATE ROLE dba',
      'CREATE ROLE team',
      'GRANT team TO app WITH ADMIN OPTION',
      'CREATE TABLE t1 (a int)',
      'GRANT SELECT ON t1 TO dba WITH GRANT OPTION',
      'CREATE TABLE t2 (a int)',
      'GRANT SELECT ON t2 TO app WITH GRANT OPTION',
      'CREATE TABLE t3 (a int)',
      'GRANT SELECT ON t3 TO team',
      'SET ROLE dba',
      'GRANT SELECT ON t1 TO app WITH GRANT OPTION',
      'SET ROLE app',
      'GRANT SELECT ON t1, t2 TO ro',
      'GRANT team TO ro',
      'CREATE TABLE mine (a int)',
      'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ro',
      'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
      'ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO ro',
    );
    await scene.rotate('--until', 'update-production');
    const url = await scene.current();
    const fresh = decodeURIComponent(new URL(url).username);
    const works = async () => {
      expect(
        await scene.as(url, 'SELECT FROM t1', 'SELECT FROM t2', 'SELECT FROM t3', 'SELECT count(*)::int FROM mine'),
      ).toEqual([{ count: 0 }]);
      expect(
        await scene.as(scene.url('worker'), 'SELECT FROM t1', 'SELECT FROM t2', 'SELECT count(*)::int FROM mine'),
      ).toEqual([{ count: 0 }]);
      expect(
        await scene.as(scene.url('ro'), 'SELECT FROM t1', 'SELECT FROM t3', 'SELECT count(*)::int FROM t2'),
      ).toEqual([{ count: 0 }]);
    };
    await works();
    await scene.as(url, 'CREATE TABLE made (a int)', 'CREATE FUNCTION made() RETURNS int LANGUAGE sql AS $$SELECT 1$$');
    expect(await scene.as(scene.url('ro'), 'SELECT made()', 'SELECT count(*)::int FROM made')).toEqual([{ count: 0 }]);
    expect(await scene.as(scene.url('worker'), 'SELECT made()')).toEqual([{ made: 1 }]);
    const done = await scene.rotate(...THROUGH);
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    expect(await scene.roles()).toEqual([fresh]);
    await works();
    await scene.as(url, 'CREATE TABLE made_later (a int)', 'ALTER TABLE mine ADD COLUMN b int');
    expect(await scene.as(scene.url('ro'), 'SELECT count(*)::int FROM made_later')).toEqual([{ count: 0 }]);
    const [admin] = await scene.sql(
      `SELECT bool_or(admin_option) AS admin FROM pg_auth_members WHERE member = '${fresh}'::regrole`,
    );
    expect(admin).toEqual({ admin: true });
  });

  test('a login that does not inherit uses what the first one owns', async () => {
    await set(
      'ALTER ROLE app NOINHERIT',
      'CREATE TABLE t1 (a int)',
      'ALTER TABLE t1 OWNER TO app',
      'ALTER TABLE t1 ENABLE ROW LEVEL SECURITY',
      'INSERT INTO t1 VALUES (1)',
    );
    if (version >= 16)
      await scene.sql(
        'CREATE ROLE team',
        'GRANT team TO app WITH INHERIT FALSE',
        'CREATE TABLE t2 ()',
        'GRANT SELECT ON t2 TO team',
      );
    await scene.rotate('--until', 'update-production');
    const url = await scene.current();
    expect(await scene.as(url, 'ALTER TABLE t1 ADD COLUMN b int', 'SELECT count(*)::int FROM t1')).toEqual([
      { count: 1 },
    ]);
    expect((await scene.rotate(...THROUGH)).json.state).toBe('done');
    expect(await scene.as(url, 'ALTER TABLE t1 ADD COLUMN c int', 'SELECT count(*)::int FROM t1')).toEqual([
      { count: 1 },
    ]);
    const [role] = await scene.sql(`SELECT rolinherit FROM pg_roles WHERE rolname LIKE 'app%'`);
    expect(role).toEqual({ rolinherit: false });
    if (version >= 16) expect(await scene.as(url, 'SELECT FROM t2')).toContain('permission denied');
  });

  test('objects in another database are named before anything is made', async () => {
    await set('CREATE DATABASE e');
    await server.as(
      server.admin.replace(/[^/]+$/, 'e'),
      'CREATE TABLE far (a int)',
      'GRANT SELECT ON far TO app',
      'CREATE TABLE own ()',
      'ALTER TABLE own OWNER TO app',
    );
    for (const argv of [
      ['source', 'test', 'api_key', '--yes'],
      ['rotate', 'api_key', '--yes'],
    ]) {
      const { exit, text } = await scene.said(...argv);
      expect([exit, text]).toEqual([1, expect.stringContaining('in database e: privileges for table far')]);
      expect(text).toContain('in database e: owner of table own');
      expect(await scene.roles()).toEqual(['app']);
    }
    expect((await scene.project.json(['rotate', 'api_key', '--status'])).json.step).toBe('generate');
  });

  test('a revoke that fails names what stands in the way and changes nothing; a rollback serves', async () => {
    await set(
      'GRANT CREATE ON SCHEMA public TO app',
      'CREATE TABLE t1 (a int)',
      'GRANT SELECT ON t1 TO app',
      'CREATE DATABASE e',
      'SET ROLE app',
      'CREATE TABLE mine (a int)',
    );
    await scene.rotate('--until', 'update-production');
    await server.as(server.admin.replace(/[^/]+$/, 'e'), 'CREATE TABLE far (a int)', 'GRANT SELECT ON far TO app');
    const { exit, text } = await scene.said('rotate', 'api_key', '--yes', ...THROUGH);
    expect([exit, text]).toEqual([1, expect.stringContaining('1 object in database e')]);
    expect(text).toContain('2BP01');
    const fresh = await scene.current();
    expect(await scene.as(fresh, 'SELECT FROM t1', 'SELECT count(*)::int FROM mine')).toEqual([{ count: 0 }]);
    expect((await scene.rotate('--rollback')).exit).toBe(0);
    expect(await scene.current()).toBe(scene.url('app'));
    expect(
      await scene.as(
        scene.url('app'),
        'SELECT FROM t1',
        'ALTER TABLE mine ADD COLUMN b int',
        'SELECT count(*)::int FROM mine',
      ),
    ).toEqual([{ count: 0 }]);
  });

  test('a login that is gone behind knox’s back: no way back, and forward goes on', async () => {
    await set('CREATE TABLE t1 (a int)', 'GRANT SELECT ON t1 TO app');
    await scene.rotate('--quarantine', '2h', '--skip', 'monitor', '--force', 'too_early', '--reason', 't');
    await scene.sql('DROP OWNED BY app', 'DROP ROLE app');
    const url = await scene.current();
    const back = await scene.rotate('--rollback');
    expect([back.exit, back.code, await scene.current()]).toEqual([7, 'no_way_back', url]);
    scene.project.laterBy(3);
    const done = await scene.rotate('--confirm', 'update-docs');
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
  });

  test('what is in use is not tried out, keeps nobody waiting, and is handed over once it is free', async () => {
    await set('CREATE TABLE mine (a int)', 'GRANT SELECT ON mine TO PUBLIC', 'ALTER TABLE mine OWNER TO app');
    await scene.sql(`CREATE ROLE reader LOGIN PASSWORD 'apppw-1234'`);
    const reader = new pg.Client({ connectionString: scene.url('reader') });
    reader.on('error', () => undefined);
    await reader.connect();
    try {
      await reader.query('BEGIN; SELECT count(*) FROM mine');
      const made = await scene.said('rotate', 'api_key', '--yes', '--until', 'update-production');
      expect([made.exit, made.text]).toEqual([0, expect.stringContaining('was not tried')]);
      const url = await scene.current();
      const failed = await scene.said('rotate', 'api_key', '--yes', ...THROUGH);
      expect([failed.exit, failed.text]).toEqual([1, expect.stringContaining('this is temporary: try again')]);
      expect((await scene.roles()).length).toBe(2);
      await reader.query('COMMIT');
      expect((await scene.rotate(...THROUGH)).json.state).toBe('done');
      expect(await scene.as(url, 'ALTER TABLE mine ADD COLUMN b int', 'SELECT count(*)::int FROM mine')).toEqual([
        { count: 0 },
      ]);
    } finally {
      await reader.end();
    }
  });

  test('with a group: what only the login has is named', async () => {
    await set(
      'CREATE ROLE team',
      'CREATE TABLE t1 (a int)',
      'CREATE TABLE t2 (a int)',
      'GRANT SELECT ON t1, t2 TO app',
      'GRANT SELECT ON t1 TO team',
      'CREATE TABLE t3 ()',
      'ALTER TABLE t3 OWNER TO app',
    );
    await scene.project.knox([
      'source',
      'set',
      'api_key',
      'postgres',
      '--option',
      'admin={{secret:adm}}',
      '--option',
      'group=team',
    ]);
    const { exit, text } = await scene.said('rotate', 'api_key', '--yes');
    expect([exit, text]).toEqual([1, expect.stringContaining('SELECT on table public.t2')]);
    expect(text).toContain('owner of table public.t3');
    expect(text).not.toContain('public.t1');
    await scene.sql('GRANT SELECT ON t2 TO team', 'ALTER TABLE t3 OWNER TO team');
    expect((await scene.rotate(...THROUGH)).json.state).toBe('done');
    expect(
      await scene.as(
        await scene.current(),
        'CREATE TEMPORARY TABLE t4 ()',
        'SELECT FROM t1',
        'SELECT FROM t3',
        'SELECT current_user::text AS who',
      ),
    ).toEqual([{ who: 'team' }]);
  });
});
