/** A PostgreSQL of its own on loopback, made anew, with a superuser whose password is asked for. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe } from 'vitest';
import { describeNeeding } from '../needing.ts';
import { postgresInstallations } from '../programs.ts';
import type { PostgresInstallation } from '../programs.ts';

export const ADMIN_PASSWORD = 'admin of the database & more';

export interface PostgresServer {
  /** Of a role, with its password, to a database. */
  readonly url: (role: string, password: string, database?: string) => string;
  readonly admin: string;
  /** Runs statements as the superuser. */
  readonly run: (...statements: string[]) => Promise<Record<string, unknown>[]>;
  /** Runs statements as whoever the URL names. */
  readonly as: (url: string, ...statements: string[]) => Promise<Record<string, unknown>[]>;
  /** Everything that the server has logged, each statement among it. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** Tests that run with every version that is here. */
export function describePostgres(name: string, run: (installation: PostgresInstallation) => void): void {
  const installations = postgresInstallations();
  for (const installation of installations)
    describe(`PostgreSQL ${installation.version}: ${name}`, () => {
      run(installation);
    });
  if (installations.length === 0) describeNeeding(['postgresql'], name, () => run({ version: 0, folder: '' }));
}

async function runAs(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows as Record<string, unknown>[];
    return rows;
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function startPostgres({ folder }: PostgresInstallation): Promise<PostgresServer> {
  const program = (name: string) => (folder === '' ? name : join(folder, name));
  const base = mkdtempSync(join(tmpdir(), 'knox-postgres-'));
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if ('uid' in user) chownSync(base, 65_534, 65_534);
  writeFileSync(join(base, 'password'), ADMIN_PASSWORD, { mode: 0o644 });
  const data = join(base, 'data');
  execFileSync(
    program('initdb'),
    ['-D', data, '-U', 'boss', '--auth=scram-sha-256', `--pwfile=${join(base, 'password')}`, '-E', 'UTF8', '--no-sync'],
    { ...user, cwd: base, stdio: 'pipe' },
  );
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    log_statement: 'all',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(program('postgres'), ['-D', data, ...options], {
    ...user,
    cwd: base,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.includes('database system is ready')) resolve();
    });
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)));
  });
  const url = (role: string, password: string, database = 'postgres') =>
    `postgres://${encodeURIComponent(role)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  const admin = url('boss', ADMIN_PASSWORD);
  return {
    url,
    admin,
    run: (...statements) => runAs(admin, ...statements),
    as: runAs,
    log: () => said,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(base, { recursive: true, force: true });
    },
  };
}
