/** Who administers a PostgreSQL login: what is missing is named before anything is made, and nobody ends the role that he is signed in as. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { must } from '../helpers/rotation-project.ts';
import { describePostgres, startPostgres } from '../helpers/providers/postgres-server.ts';
import type { PostgresServer } from '../helpers/providers/postgres-server.ts';
import { makeScene, THROUGH } from '../helpers/providers/postgres-scene.ts';
import type { Scene } from '../helpers/providers/postgres-scene.ts';

describePostgres('who administers a login', (installation) => {
  const { version } = installation;
  let server: PostgresServer;
  let scene: Scene;
  beforeAll(async () => {
    server = await startPostgres(installation);
  });
  afterAll(() => server.stop());
  afterEach(() => scene.remove());

  const GROUPED = ['CREATE ROLE team', 'GRANT team TO app', 'CREATE TABLE t1 (a int)', 'GRANT SELECT ON t1 TO team'];
  const ADMIN = `CREATE ROLE adm LOGIN CREATEROLE PASSWORD 'apppw-1234'`;
  const setAdmin = (text: string) =>
    scene.project.knox(['source', 'set', 'api_key', 'postgres', '--option', `admin=${text}`]);

  test('CREATEROLE is enough for a login that has its rights by a group; from 16 on over roles that it administers', async () => {
    scene = await makeScene(server, [...GROUPED, ADMIN], 'adm');
    if (version >= 16) {
      for (const argv of [
        ['source', 'test', 'api_key', '--yes'],
        ['rotate', 'api_key', '--yes'],
      ]) {
        const { exit, text } = await scene.said(...argv);
        expect([exit, text]).toEqual([1, expect.stringContaining('GRANT "app" TO "adm" WITH ADMIN OPTION')]);
        expect(text).toContain('GRANT "team" TO "adm" WITH ADMIN OPTION');
        expect(await scene.roles()).toEqual(['app']);
      }
      await scene.sql('GRANT "app" TO "adm" WITH ADMIN OPTION', 'GRANT "team" TO "adm" WITH ADMIN OPTION');
    }
    const tried = await scene.project.json<{ actions: { result: string }[] }[]>(['source', 'test', 'api_key', '--yes']);
    expect([tried.exit, new Set(tried.json[0]!.actions.map(({ result }) => result))]).toEqual([0, new Set(['ok'])]);
    expect(await scene.roles()).toEqual(['app']);
    // Whoever has stolen the password is signed in.
    const stolen = new pg.Client({ connectionString: scene.url('app') });
    stolen.on('error', () => undefined);
    await stolen.connect();
    const ended = new Promise((resolve) => stolen.once('end', resolve));
    const done = await scene.rotate('--compromised', '--reason', 'leak', '--confirm', 'update-docs');
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    await ended;
    const url = await scene.current();
    expect(await scene.roles()).toEqual([decodeURIComponent(new URL(url).username)]);
    expect(await scene.as(url, 'SELECT count(*)::int FROM t1')).toEqual([{ count: 0 }]);
    // And once more, with the role that knox has made.
    expect((await scene.rotate(...THROUGH)).json.state).toBe('done');
    expect(await scene.as(await scene.current(), 'SELECT count(*)::int FROM t1')).toEqual([{ count: 0 }]);
    const [left] = await scene.sql(
      `SELECT count(*)::int FROM pg_auth_members m WHERE m.member = 'adm'::regrole AND m.roleid::regrole::text LIKE 'app%'`,
    );
    // Before 16 it keeps no membership; from then on the one that whoever makes a role has, and the one it was given.
    expect(left!['count']).toBe(version < 16 ? 0 : 2);
  });

  test('what it may not grant is named, object by object, and works once it may', async () => {
    scene = await makeScene(
      server,
      [
        ADMIN,
        'GRANT app TO adm WITH ADMIN OPTION',
        'CREATE ROLE migrator',
        'CREATE TABLE t1 (a int)',
        'CREATE TABLE t2 (a int)',
        'ALTER TABLE t1 OWNER TO migrator',
        'ALTER TABLE t2 OWNER TO migrator',
        'GRANT SELECT ON t1, t2 TO app',
        'GRANT SELECT ON t2 TO adm WITH GRANT OPTION',
        'ALTER DEFAULT PRIVILEGES FOR ROLE migrator GRANT SELECT ON TABLES TO app',
        'ALTER TABLE t1 ENABLE ROW LEVEL SECURITY',
        'CREATE POLICY p ON t1 TO app USING (true)',
        'CREATE FOREIGN DATA WRAPPER w',
        'CREATE SERVER s FOREIGN DATA WRAPPER w',
        'CREATE USER MAPPING FOR app SERVER s',
      ],
      'adm',
    );
    for (const argv of [
      ['source', 'test', 'api_key', '--yes'],
      ['rotate', 'api_key', '--yes'],
    ]) {
      const { exit, text } = await scene.said(...argv);
      expect(exit).toBe(1);
      for (const what of [
        'SELECT on table public.t1',
        'default privileges of migrator: SELECT on tables',
        'policy p on table public.t1',
        'user mapping for server s',
      ])
        expect(text).toContain(what);
      expect(text).toContain('GRANT "migrator" TO "adm"');
      expect(await scene.roles()).toEqual(['app']);
    }
    await scene.sql('GRANT "migrator" TO "adm"', 'DROP USER MAPPING FOR app SERVER s');
    const done = await scene.rotate(...THROUGH);
    expect([done.exit, done.json.state]).toEqual([0, 'done']);
    expect(await scene.as(await scene.current(), 'SELECT FROM t1', 'SELECT count(*)::int FROM t2')).toEqual([
      { count: 0 },
    ]);
  });

  test('an admin that names another database works in the one that the application uses', async () => {
    scene = await makeScene(server, [
      'CREATE TABLE t1 (a int)',
      'GRANT SELECT ON t1 TO app',
      'CREATE SCHEMA s AUTHORIZATION app',
    ]);
    await must(scene.project.knox(['add', 'elsewhere', '-e', 'production'], server.admin));
    await must(setAdmin('{{secret:elsewhere}}'));
    expect((await scene.said('source', 'test', 'api_key', '--yes')).exit).toBe(0);
    expect((await scene.rotate(...THROUGH)).json.state).toBe('done');
    expect(await scene.as(await scene.current(), 'CREATE TABLE s.t2 ()', 'SELECT count(*)::int FROM t1')).toEqual([
      { count: 0 },
    ]);
    expect((await scene.roles()).length).toBe(1);
  });

  test('no CREATEROLE: said before anything is made', async () => {
    scene = await makeScene(server, [...GROUPED, `CREATE ROLE adm LOGIN PASSWORD 'apppw-1234'`], 'adm');
    const { exit, text } = await scene.said('source', 'test', 'api_key');
    expect([exit, text]).toEqual([1, expect.stringContaining('ALTER ROLE "adm" CREATEROLE')]);
  });

  test('an admin that is the login itself is refused before step 2, both named', async () => {
    scene = await makeScene(server, ['ALTER ROLE app SUPERUSER']);
    await must(
      scene.project.knox(['add', 'same', '-e', 'production'], scene.url('app').replace('127.0.0.1', 'localhost')),
    );
    const refused = await setAdmin('{{secret:same}}');
    expect(refused).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/admin signs in as app, .* api_key for production/),
    });
    expect(refused.stderr).toContain('{{secret:api_key@current}}');
    // The value that the name has later is seen where it is used.
    await must(setAdmin('{{secret:later}}'));
    await must(scene.project.knox(['add', 'later', '-e', 'production'], scene.url('app')));
    for (const argv of [
      ['source', 'test', 'api_key', '--yes'],
      ['rotate', 'api_key', '--yes'],
    ]) {
      const { exit, text } = await scene.said(...argv);
      expect([exit, text]).toEqual([
        1,
        expect.stringContaining('signs in as app, the role that the value of api_key names'),
      ]);
      expect(await scene.roles()).toEqual(['app']);
    }
  });

  test('the login as it is at each moment ends the one before, and is let in again by a rollback', async () => {
    scene = await makeScene(server, [
      'ALTER ROLE app SUPERUSER',
      'CREATE TABLE mine ()',
      'ALTER TABLE mine OWNER TO app',
    ]);
    await must(setAdmin('{{secret:api_key@current}}'));
    scene.project.write('app.env', 'DB={{secret:api_key@current}}\n');
    await scene.rotate('--quarantine', '2h', '--skip', 'monitor', '--force', 'too_early', '--reason', 't');
    expect((await scene.project.json(['rotate', 'api_key', '--status'])).json.step).toBe('delete-old');
    const login = async () => (await scene.sql(`SELECT rolcanlogin FROM pg_roles WHERE rolname = 'app'`))[0];
    expect(await login()).toEqual({ rolcanlogin: false });
    expect((await scene.rotate('--rollback', '--confirm', 'delete-old')).exit).toBe(0);
    expect([await login(), await scene.roles()]).toEqual([{ rolcanlogin: true }, ['app']]);
    for (let round = 0; round < 2; round++) expect((await scene.rotate(...THROUGH)).json.state).toBe('done');
    expect(await scene.roles()).toEqual([decodeURIComponent(new URL(await scene.current()).username)]);
  });

  test('a login with CREATEROLE that is its own admin: from 16 on it could not end the one before', async () => {
    scene = await makeScene(server, ['ALTER ROLE app CREATEROLE']);
    await must(setAdmin('{{secret:api_key@current}}'));
    const ran = await scene.rotate(...THROUGH);
    if (version >= 16) expect([ran.exit, await scene.roles()]).toEqual([1, ['app']]);
    else expect([ran.exit, ran.json.state, (await scene.roles()).length]).toEqual([0, 'done', 1]);
  });
});
