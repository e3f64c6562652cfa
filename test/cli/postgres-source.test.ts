/** The source for PostgreSQL, against a real server, with an application that keeps querying through the whole rotation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { ADMIN_PASSWORD, describePostgres, startPostgres } from '../helpers/providers/postgres-server.ts';
import type { PostgresServer } from '../helpers/providers/postgres-server.ts';

const ROLE = 'app "one" é';
const PASSWORD = 'p@ss/w:rd?#%';

describePostgres('a rotation of a login', (installation) => {
  let server: PostgresServer;
  let project: Project;
  beforeAll(async () => {
    server = await startPostgres(installation);
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    await server.run(
      'CREATE ROLE readers',
      `CREATE ROLE "app ""one"" é" LOGIN NOINHERIT CREATEDB CONNECTION LIMIT 7 PASSWORD 'p@ss/w:rd?#%'`,
      'GRANT readers TO "app ""one"" é" WITH ADMIN OPTION',
      `ALTER ROLE "app ""one"" é" SET statement_timeout TO '61s'`,
      `ALTER ROLE "app ""one"" é" IN DATABASE postgres SET search_path TO "odd ""schema""", public`,
      'CREATE SCHEMA "odd ""schema"""',
      'CREATE TABLE "odd ""schema""".items (id int, secret text)',
      'INSERT INTO "odd ""schema""".items VALUES (1, null)',
      'GRANT USAGE ON SCHEMA "odd ""schema""" TO "app ""one"" é"',
      'GRANT SELECT (id) ON "odd ""schema""".items TO "app ""one"" é"',
      'GRANT UPDATE ON "odd ""schema""".items TO "app ""one"" é" WITH GRANT OPTION',
    );
    project = await makeProject({ production: server.url(ROLE, PASSWORD) });
    await must(project.knox(['add', 'pg_admin', '-e', 'production'], server.admin));
    await must(project.knox(['source', 'set', 'api_key', 'postgres', '--option', 'admin={{secret:pg_admin}}']));
  });
  afterEach(async () => {
    project.remove();
    const roles = await server.run(`SELECT rolname FROM pg_roles WHERE rolname LIKE 'app%' OR rolname = 'readers'`);
    await server.run(
      'DROP SCHEMA IF EXISTS "odd ""schema""" CASCADE',
      'DROP TABLE IF EXISTS public.own CASCADE',
      ...roles.flatMap(({ rolname }) => {
        const name = `"${String(rolname).replaceAll('"', '""')}"`;
        return [`DROP OWNED BY ${name}`, `DROP ROLE ${name}`];
      }),
    );
  });

  const rotate = (...more: string[]) => project.json(['rotate', 'api_key', '--yes', ...more]);
  const newUrl = async () => (await project.knox(['get', 'api_key_v2', '-e', 'production'])).stdout.toString();
  const rolesNow = async () =>
    (await server.run(`SELECT rolname FROM pg_roles WHERE rolname LIKE 'app%' ORDER BY 1`)).map(
      ({ rolname }) => rolname,
    );

  test('the second role is like the first: attributes, memberships, settings, grants, limit; its password is in no log', async () => {
    const ran = await rotate('--until', 'update-production');
    expect(ran).toMatchObject({ exit: 0, code: null });
    const url = await newUrl();
    const name = decodeURIComponent(new URL(url).username);
    expect(name).toMatch(/^app "one" é_k[0-9a-f]{10}$/);
    const of = (role: string) => `'${role.replaceAll("'", "''")}'`;
    const facts = (role: string) =>
      server.run(
        `SELECT rolcanlogin, rolinherit, rolcreatedb, rolcreaterole, rolconnlimit,
           (SELECT array_agg(roleid::regrole::text || admin_option::text) FROM pg_auth_members
              WHERE member = r.oid AND roleid <> '"app ""one"" é"'::regrole) AS member,
           (SELECT array_agg(setconfig::text ORDER BY setconfig::text) FROM pg_db_role_setting WHERE setrole = r.oid) AS settings,
           has_column_privilege(oid, '"odd ""schema""".items', 'id', 'SELECT') AS id,
           has_column_privilege(oid, '"odd ""schema""".items', 'secret', 'SELECT') AS secret,
           has_table_privilege(oid, '"odd ""schema""".items', 'UPDATE WITH GRANT OPTION') AS update,
           has_schema_privilege(oid, 'odd "schema"', 'USAGE') AS usage
         FROM pg_roles r WHERE rolname = ${of(role)}`,
      );
    expect(await facts(name)).toEqual(await facts(ROLE));
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const shown = await client.query(
      `SELECT current_setting('statement_timeout') AS t, (SELECT count(*) FROM items) AS n`,
    );
    expect(shown.rows).toEqual([{ t: '61s', n: '1' }]);
    await client.end();
    const stored = await server.run(`SELECT rolpassword FROM pg_authid WHERE rolname = ${of(name)}`);
    expect(String(stored[0]!['rolpassword'])).toMatch(/^SCRAM-SHA-256\$4096:/);
    expect(server.log()).toContain('CREATE ROLE "app ""one"" é_k');
    expect(server.log()).not.toContain(new URL(url).password);
  });

  test('an application that queries all the time sees no failed query, and the old login is gone', async () => {
    project.write('app.env', 'URL={{secret:api_key}}\n');
    await must(project.knox(['route', 'add', 'app.env', '-e', 'production', '--deploy-command', 'cat > live.env']));
    await must(project.knox(['render', 'app.env', '-e', 'production', '-o', 'live.env']));
    const seen = { queries: 0, failures: [] as string[], urls: new Set<string>() };
    const run = { isOver: false };
    const application = (async () => {
      let url = '';
      let client: pg.Client | null = null;
      while (!run.isOver) {
        const now = /^URL='?(.*?)'?$/m.exec(readFileSync(join(project.folder, 'live.env'), 'utf8'))?.[1] ?? url;
        try {
          if (now !== url) {
            const next = new pg.Client({ connectionString: now });
            next.on('error', () => undefined);
            await next.connect();
            await client?.end();
            [url, client] = [now, next];
            seen.urls.add(now);
          }
          await client!.query('SELECT count(id) FROM items');
          seen.queries += 1;
        } catch (error) {
          seen.failures.push(String(error));
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      await client?.end();
    })();
    await expect.poll(() => seen.queries).toBeGreaterThan(5);
    expect((await rotate()).json.step).toBe('monitor');
    await expect.poll(() => seen.urls.size).toBe(2);
    project.laterBy(48);
    const done = await rotate('--confirm', 'update-docs');
    const before = seen.queries;
    await expect.poll(() => seen.queries).toBeGreaterThan(before + 5);
    run.isOver = true;
    await application;
    expect([done.exit, done.json.state, seen.failures]).toEqual([0, 'done', []]);
    expect(done.json.steps[8]!.detail).toContain('revoked at its source (postgres)');
    expect(await rolesNow()).toHaveLength(1);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('a session that is still open with the old login is a use: it is waited for', async () => {
    await rotate('--until', 'update-production');
    project.laterBy(48);
    const old = new pg.Client({ connectionString: server.url(ROLE, PASSWORD) });
    old.on('error', () => undefined);
    await old.connect();
    const waits = await rotate();
    expect([waits.json.step, waits.json.needs?.kind]).toEqual(['verify', 'time']);
    await old.end();
    await expect
      .poll(
        async () =>
          (await server.run(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename LIKE 'app%'`))[0]!['n'],
      )
      .toBe(0);
    project.laterBy(48);
    expect((await rotate('--confirm', 'update-docs')).json.state).toBe('done');
  });

  test('what the old role owns goes over to the new one, which can use it before', async () => {
    await server.run(
      'CREATE TABLE public.own (id int)',
      'ALTER TABLE public.own OWNER TO "app ""one"" é"',
      // Before 16 a role inherits from all that it is a member of, or from none.
      ...(installation.version < 16 ? ['ALTER ROLE "app ""one"" é" INHERIT'] : []),
    );
    await rotate('--until', 'update-production');
    const url = await newUrl();
    expect(await server.as(url, 'SELECT count(*)::int AS n FROM public.own')).toEqual([{ n: 0 }]);
    project.laterBy(48);
    expect((await rotate('--confirm', 'update-docs')).json.state).toBe('done');
    const [owner] = await server.run(`SELECT tableowner FROM pg_tables WHERE tablename = 'own'`);
    expect(owner!['tableowner']).toBe(decodeURIComponent(new URL(url).username));
  });

  test('source test goes through every action and leaves no role', async () => {
    const tried = await project.json<{ actions: { action: string; result: string }[] }[]>([
      'source',
      'test',
      'api_key',
      '--yes',
    ]);
    expect([tried.exit, tried.json[0]!.actions.map(({ result }) => result)]).toEqual([
      0,
      ['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok'],
    ]);
    expect(await rolesNow()).toEqual([ROLE]);
  });

  test('what goes wrong is told without a password', async () => {
    await must(project.knox(['add', 'bad_admin', '-e', 'production'], server.url('boss', 'wrong password & more')));
    await must(project.knox(['source', 'set', 'api_key', 'postgres', '--option', 'admin={{secret:bad_admin}}']));
    const ran = await project.knox(['rotate', 'api_key', '--yes']);
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('password authentication failed') });
    for (const value of [ADMIN_PASSWORD, PASSWORD, 'wrong password', encodeURIComponent(PASSWORD)])
      expect(ran.stderr).not.toContain(value);
  });
});
