/** Somebody on the network answers in the place of a database server that the `postgres` source connects to: he wants the password of its administrator. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { testNeeding } from '../helpers/needing.ts';

const PASSWORD = 'adm1n-PASSWORD-77';
/** This machine, by a spelling that no rule takes for it: what is said of it is said of any other host. */
const ELSEWHERE = '127.1';
const SSL_REQUEST = '04d2162f';

interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Speaks enough of the protocol to ask for a password in the clear. */
class FakeServer {
  /** What it was sent, in the clear or within TLS. */
  readonly got: Buffer[] = [];
  readonly #server: Server;
  readonly #certificate: Certificate | null;

  constructor(certificate: Certificate | null = null) {
    this.#certificate = certificate;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  get text(): string {
    return Buffer.concat(this.got).toString('latin1');
  }

  close(): void {
    this.#server.close();
  }

  #serve(socket: Socket): void {
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => {
      this.got.push(first);
      if (first.subarray(4, 8).toString('hex') !== SSL_REQUEST) return this.#ask(socket);
      if (this.#certificate === null) return void socket.end('N');
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, ...this.#certificate });
      secure.on('error', () => undefined);
      secure.once('data', (startup: Buffer) => {
        this.got.push(startup);
        this.#ask(secure);
      });
    });
  }

  #ask(socket: Socket): void {
    socket.on('data', (part: Buffer) => {
      this.got.push(part);
      const fields = `SFATAL\0VFATAL\0C28000\0Mlogin with password ${PASSWORD} refused\0\0`;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(4 + fields.length);
      socket.end(Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)]));
    });
    // AuthenticationCleartextPassword.
    socket.write(Buffer.from('520000000800000003', 'hex'));
  }
}

let project: Project;
let server: FakeServer;
beforeEach(async () => {
  project = await makeProject({ production: 'postgres://app:application-password@db.example.com/app' });
});
afterEach(() => {
  server.close();
  project.remove();
});

async function tried(fake: FakeServer, host: string, query = '') {
  server = fake;
  const port = await server.listen();
  await must(
    project.knox(['add', 'pg_admin', '-e', 'production'], `postgres://dbadmin:${PASSWORD}@${host}:${port}/app${query}`),
  );
  await must(project.knox(['source', 'set', 'api_key', 'postgres', '--option', 'admin={{secret:pg_admin}}']));
  const ran = await project.knox(['source', 'test', 'api_key', '--json']);
  expect(ran.exit, ran.stderr).toBe(1);
  expect(ran.stderr + ran.stdout.toString()).not.toContain(PASSWORD);
  return ran.stderr;
}

test('another host is asked for TLS, and gets nothing where it has none', async () => {
  const said = await tried(new FakeServer(), ELSEWHERE);
  expect(server.text).toBe(Buffer.from(`00000008${SSL_REQUEST}`, 'hex').toString('latin1'));
  expect(said).toContain('sslmode=disable');
});

test.each(['?sslmode=prefer', '?sslmode=require', '?application_name=x', '?ssl=true'])(
  'so it is with %s in the URL',
  async (query) => {
    await tried(new FakeServer(), ELSEWHERE, query);
    expect(server.text).toBe(Buffer.from(`00000008${SSL_REQUEST}`, 'hex').toString('latin1'));
  },
);

test.each([
  ['where the URL does without TLS', ELSEWHERE, '?sslmode=disable'],
  ['on this machine, where TLS is not needed', '127.0.0.1', ''],
])('no password goes out in the clear %s', async (_name, host, query) => {
  const said = await tried(new FakeServer(), host, query);
  expect(server.text).toContain('dbadmin');
  expect(server.text).not.toContain(PASSWORD);
  expect(said).toContain('asks for the password in the clear');
});

testNeeding(['openssl'], 'a certificate that nobody vouches for gets no name and no password', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'knox-tls-'));
  try {
    const [key, cert] = [join(folder, 'k.pem'), join(folder, 'c.pem')];
    const subject = ['-subj', `/CN=${ELSEWHERE}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
    execFileSync('openssl', [...made, ...subject], { stdio: 'ignore' });
    const certificate = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    const said = await tried(new FakeServer(certificate), ELSEWHERE);
    expect(server.got).toHaveLength(1);
    expect(said).toContain('sslrootcert=FILE');
    server.close();
    // Once its authority is named, it is the server that is meant.
    await must(
      project.knox(['delete', 'pg_admin', '--yes', '--force', 'still_referenced,still_used', '--reason', 'x']),
    );
    await tried(new FakeServer(certificate), '127.0.0.1', `?sslmode=verify-full&sslrootcert=${cert}`);
    expect(server.text).toContain(PASSWORD);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
