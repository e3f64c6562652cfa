/** The connection to PostgreSQL ends at each message of a revoke: the old role has everything, or is gone and known to be gone. */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { isKnoxError } from '../../src/errors.ts';
import { postgresSource } from '../../src/sources/postgres.ts';
import type { SourceRequest } from '../../src/sources/source.ts';
import { describePostgres, startPostgres } from '../helpers/providers/postgres-server.ts';
import type { PostgresServer } from '../helpers/providers/postgres-server.ts';

/** Passes everything on, until it cuts one connection at one message of a transaction: before the server has it, or before the answer. */
class Cutter {
  at: number | null = null;
  before = true;
  hasCut = false;
  /** In the transaction, so far. */
  messages = 0;
  readonly #server: Server;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
    this.#server = createServer((client) => this.#pass(client));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }

  #pass(client: Socket): void {
    const server = connect(this.#port, '127.0.0.1');
    let message = -1;
    let isMuted = false;
    for (const socket of [client, server]) {
      socket.on('error', () => undefined);
      socket.on('close', () => (client.destroy(), server.destroy()));
    }
    server.on('data', (bytes) => (isMuted ? client.destroy() : client.write(bytes)));
    client.on('data', (bytes) => {
      if (message >= 0 || bytes.includes('BEGIN; ')) message += 1;
      if (message >= 0) this.messages += 1;
      if (message !== this.at || this.hasCut) return void server.write(bytes);
      this.hasCut = true;
      if (this.before) return void client.destroy();
      isMuted = true;
      server.write(bytes);
    });
  }
}

describePostgres('a connection that ends', (installation) => {
  let server: PostgresServer;
  let cutter: Cutter;
  let request: SourceRequest;
  const sql = (...statements: string[]) => server.run(...statements);
  const credential = (role: string) => ({ value: Plaintext.fromText(server.url(role, 'pw-of-role')), handle: null });

  beforeAll(async () => {
    server = await startPostgres(installation);
    cutter = new Cutter(Number(new URL(server.admin).port));
    const admin = new URL(server.admin);
    admin.port = String(await cutter.listen());
    request = {
      secret: 'db_url',
      environment: 'production',
      rotation: null,
      attempt: 'one',
      replacement: credential('app_2'),
      options: new Map([['admin', Plaintext.fromText(admin.href)]]),
      secrets: [],
      services: {
        root: '/',
        fetch,
        environment: {},
        signals: null,
        sleep: async () => undefined,
        now: () => new Date(),
      },
    };
  });
  afterAll(async () => {
    cutter.close();
    await server.stop();
  });

  const state = async () =>
    (
      await sql(
        `SELECT (SELECT tableowner::text FROM pg_tables WHERE tablename = 'mine') AS owner, relacl::text AS acl,
           (SELECT string_agg(rolname || rolcanlogin, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname LIKE 'app%') AS roles,
           (SELECT polroles::regrole[]::text FROM pg_policy) AS policy, (SELECT count(*)::int FROM pg_default_acl) AS defaults
         FROM pg_class WHERE relname = 't1'`,
      )
    )[0]!;

  const setUp = () =>
    sql(
      'CREATE ROLE ro',
      `CREATE ROLE app LOGIN PASSWORD 'pw-of-role'`,
      `CREATE ROLE app_2 LOGIN PASSWORD 'pw-of-role'`,
      'GRANT app TO app_2',
      'CREATE TABLE t1 ()',
      'ALTER TABLE t1 ENABLE ROW LEVEL SECURITY',
      'CREATE POLICY p ON t1 TO app USING (true)',
      'GRANT SELECT ON t1 TO app WITH GRANT OPTION',
      'CREATE TABLE mine ()',
      'ALTER TABLE mine OWNER TO app',
      'ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO ro',
      'SET ROLE app',
      'GRANT SELECT ON t1 TO ro',
    );
  const revoke = async (at: number | null, before = true): Promise<unknown> => {
    Object.assign(cutter, { at, before, hasCut: false, messages: 0 });
    return postgresSource.revoke(request, credential('app')).then(
      () => null,
      (thrown: unknown) => thrown,
    );
  };
  const expectGone = async (): Promise<void> => {
    const after = await state();
    expect(after).toMatchObject({ owner: 'app_2', policy: '{app_2}', defaults: 1, roles: 'app_2true' });
    expect(after['acl']).toContain('ro=r/app_2');
    expect(after['acl']).not.toContain('app=');
  };

  test('at each message, before it and before its answer', async () => {
    await setUp();
    expect(await revoke(null)).toBe(null);
    await expectGone();
    const { messages } = cutter;
    await sql('DROP TABLE t1, mine', 'DROP OWNED BY app_2', 'DROP ROLE app_2', 'DROP ROLE ro');
    await setUp();
    const whole = await state();
    // The end of the transaction among them; what comes after it finds the role gone.
    const places = Array.from({ length: messages }, (_, at) => at).filter((at) => at % 11 === 0 || at > messages - 12);
    const seen: string[] = [];
    for (const at of places) {
      for (const before of [true, false]) {
        const error = await revoke(at, before);
        expect(cutter.hasCut).toBe(true);
        if (error === null) {
          seen.push(before ? 'before' : 'answer');
          break;
        }
        expect(isKnoxError(error)).toBe(true);
        expect(await state()).toEqual(whole);
      }
      if (seen.length > 0) break;
    }
    // Only where the server had been told to end the transaction is it done, and that is found out.
    expect(seen).toEqual(['answer']);
    await expectGone();
    // Gone once is gone for good, and asking again is fine.
    expect(await revoke(null)).toBe(null);
  }, 120_000);
});
