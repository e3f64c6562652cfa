/** A database `d` of its own with the login `app`, and a project that rotates it: for tests of what a second login gets. */
import { makeProject, must } from '../rotation-project.ts';
import type { RotationView } from '../../../src/rotation/describe-rotation.ts';
import type { Project } from '../rotation-project.ts';
import type { PostgresServer } from './postgres-server.ts';

export interface Scene {
  readonly project: Project;
  /** Of a role to the database `d`. */
  readonly url: (role: string, password?: string) => string;
  /** As the superuser, in `d`. */
  readonly sql: (...statements: string[]) => Promise<Record<string, unknown>[]>;
  /** As somebody else. @returns what the last one answers, or what the server says against one */
  readonly as: (url: string, ...statements: string[]) => Promise<Record<string, unknown>[] | string>;
  readonly rotate: (...more: string[]) => Promise<{ exit: number; json: RotationView; code: string | null }>;
  /** What a command says on stderr. */
  readonly said: (...argv: string[]) => Promise<{ exit: number; text: string }>;
  /** The URL that production is on. */
  readonly current: () => Promise<string>;
  readonly roles: () => Promise<unknown[]>;
  readonly remove: () => Promise<void>;
}

/** All that a rotation does but the wait. */
export const THROUGH = ['--skip', 'monitor', '--force', 'too_early', '--reason', 't', '--confirm', 'update-docs'];

/** @param admin who the source acts as; the superuser by default */
export async function makeScene(server: PostgresServer, setUp: readonly string[], admin?: string): Promise<Scene> {
  await server.run('CREATE DATABASE d', `CREATE ROLE app LOGIN PASSWORD 'apppw-1234'`);
  const before = (await server.run('SELECT array_agg(rolname::text) AS names FROM pg_roles'))[0]!['names'] as string[];
  const superuser = server.admin.replace(/[^/]+$/, 'd');
  const url = (role: string, password = 'apppw-1234') => server.url(role, password, 'd');
  const sql = (...statements: string[]) => server.as(superuser, ...statements);
  await sql(...setUp);
  const project = await makeProject({ production: url('app') });
  await must(project.knox(['add', 'adm', '-e', 'production'], admin === undefined ? superuser : url(admin)));
  project.write('app.env', 'DB={{secret:api_key@current}}\n');
  const commands = ['--test-command', 'true', '--deploy-command', 'true'];
  await must(project.knox(['route', 'add', 'app.env', '-e', 'production', ...commands]));
  await must(project.knox(['source', 'set', 'api_key', 'postgres', '--option', 'admin={{secret:adm}}']));
  return {
    project,
    url,
    sql,
    as: (who, ...statements) => server.as(who, ...statements).catch(({ message }: Error) => message),
    rotate: (...more) => project.json(['rotate', 'api_key', '--yes', ...more]),
    async said(...argv) {
      const { exit, stderr } = await project.knox(argv);
      return { exit, text: stderr };
    },
    current: async () => (await project.knox(['get', 'api_key@current', '-e', 'production'])).stdout.toString(),
    roles: async () =>
      (await sql(`SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'app%' ORDER BY 1`)).map(
        ({ rolname }) => rolname,
      ),
    async remove() {
      project.remove();
      const found = await server.run(
        `SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname::text <> ALL ('{${before.filter((name) => name !== 'app').join(',')}}'::text[])`,
      );
      const names = found.map(({ name }) => String(name));
      const databases = await server.run(`SELECT datname FROM pg_database WHERE datname IN ('d', 'e')`);
      await server.run(...databases.map(({ datname }) => `DROP DATABASE ${String(datname)} WITH (FORCE)`));
      await server.run(
        ...names.map((name) => `REASSIGN OWNED BY ${name} TO boss`),
        ...names.map((name) => `DROP OWNED BY ${name} CASCADE`),
        `REVOKE ALL ON TABLESPACE pg_default FROM PUBLIC`,
        ...names.map((name) => `DROP ROLE ${name}`),
      );
    },
  };
}
