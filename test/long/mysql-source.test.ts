/** The example for MySQL's two passwords, against a server that speaks the protocol, with an application that logs in again and again. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'dotenv';
import mysql from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MYSQL_ADMIN_PASSWORD, startMysql } from '../helpers/providers/mysql-server.ts';
import type { MysqlAccount, MysqlServer } from '../helpers/providers/mysql-server.ts';
import { failing as failingWithout } from '../examples/example.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

const FOLDER = fileURLToPath(new URL('../../examples/sources', import.meta.url));
const USER = "app `one`@'é";
const PASSWORD = 'p@ss/w:rd?#%';
const NAME = "`app ``one``@'é`@`%`";

let server: MysqlServer;
let project: Project;
let account: MysqlAccount;

async function setSource(admin = '{{secret:mysql_admin}}', folder = FOLDER): Promise<void> {
  const program = `"${process.execPath}" "${join(folder, 'mysql-dual-password.mjs')}"`;
  const options = [`program=${program}`, `admin=${admin}`].flatMap((one) => ['--option', one]);
  await must(project.knox(['source', 'set', 'api_key', 'command', ...options]));
}

beforeEach(async () => {
  server = await startMysql();
  account = server.add(USER, PASSWORD);
  project = await makeProject({ production: server.url(USER, PASSWORD) });
  await must(project.knox(['add', 'mysql_admin', '-e', 'production'], server.admin));
  project.accepted.has = (url) => server.letsIn(url);
  await setSource();
});
afterEach(async () => {
  project.remove();
  await server.close();
});

const rotate = (...more: string[]) => project.json(['rotate', 'api_key', '--yes', ...more]);
const valueOf = async (name: string) => (await project.knox(['get', name, '-e', 'production'])).stdout.toString();
const alters = () => server.statements.filter((statement) => statement.startsWith('ALTER'));

/** @returns what a run that fails says, after a look for each password in it and in the audit log */
function failing(...argv: string[]): Promise<string> {
  const passwords = () => [PASSWORD, MYSQL_ADMIN_PASSWORD, ...server.generated];
  return failingWithout(project, () => passwords().flatMap((one) => [one, encodeURIComponent(one)]), ...argv);
}
const failingRotation = () => failing('rotate', 'api_key', '--yes', '--until', 'create');

/** Logs in with whatever the file says, again and again. */
function startApplication(file: string) {
  const seen = { logins: 0, failures: [] as string[], urls: new Set<string>(), isOver: false };
  const ended = (async () => {
    while (!seen.isOver) {
      const url = parse(readFileSync(file))['URL']!;
      try {
        const connection = await mysql.createConnection(url);
        await connection.query('SELECT 1');
        await connection.end();
        seen.urls.add(url);
        seen.logins += 1;
      } catch (error) {
        seen.failures.push(String(error));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const stop = async () => {
    seen.isOver = true;
    await ended;
  };
  return { seen, stop };
}

describe('two passwords of a MySQL account', () => {
  test('source test goes through what MySQL can do, and leaves the first password alone', async () => {
    const tried = await project.json<{ actions: { action: string; result: string; detail: string | null }[] }[]>([
      'source',
      'test',
      'api_key',
      '--yes',
    ]);
    expect(
      tried.json[0]!.actions.map(({ action, result, detail }) => `${action} ${result} ${detail ?? ''}`.trim()),
    ).toEqual([
      'test ok',
      'create ok',
      'find unsupported',
      'usage unsupported',
      'disable unsupported',
      'revoke ok',
      'revoke again ok',
    ]);
    expect([tried.exit, server.letsIn(server.url(USER, PASSWORD))]).toEqual([0, true]);
    expect(server.letsIn(server.url(USER, server.generated[0]!))).toBe(false);
    expect([account.retained, account.metadata]).toEqual([null, {}]);
  });

  test('an application that logs in all the time is never refused, and the old password is dead at the end', async () => {
    project.write('app.env', 'URL={{secret:api_key}}\n');
    const probe = [
      '--probe',
      'https://db.example.com/',
      '--header',
      'Authorization: Bearer {{secret:api_key}}',
      '--yes',
    ];
    const deploy = ['--deploy-command', 'cat > live.new && mv live.new live.env'];
    await must(project.knox(['route', 'add', 'app.env', '-e', 'production', ...probe, ...deploy]));
    await must(project.knox(['render', 'app.env', '-e', 'production', '-o', 'live.env']));
    const { seen, stop } = startApplication(join(project.folder, 'live.env'));
    await expect.poll(() => seen.logins).toBeGreaterThan(3);
    const first = await rotate();
    expect([first.exit, first.json.step]).toEqual([0, 'monitor']);
    await expect.poll(() => seen.urls.size).toBe(2);
    project.laterBy(48);
    const done = await rotate('--confirm', 'update-docs');
    const before = seen.logins;
    await expect.poll(() => seen.logins).toBeGreaterThan(before + 3);
    await stop();
    expect([done.exit, done.json.state, seen.failures]).toEqual([0, 'done', []]);
    expect(server.letsIn(server.url(USER, PASSWORD))).toBe(false);
    expect(await valueOf('api_key_v2')).toBe(server.url(USER, server.generated[0]!));
    expect(alters().map((statement) => statement.replace(/"[0-9a-f]{24}"/, '"…"'))).toEqual([
      `ALTER USER ${NAME} IDENTIFIED BY RANDOM PASSWORD RETAIN CURRENT PASSWORD ATTRIBUTE '{"knox":"…"}'`,
      `ALTER USER ${NAME} DISCARD OLD PASSWORD ATTRIBUTE '{"knox":null}'`,
    ]);
    for (const password of [PASSWORD, ...server.generated])
      expect(server.statements.join('\n')).not.toContain(password);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('a rollback takes away the new password, and the first one is let in all the time', async () => {
    await rotate('--until', 'create');
    const back = await project.json(['rotate', 'api_key', '--rollback', '--confirm', 'delete-old']);
    expect([back.exit, back.json.state]).toEqual([0, 'rolled-back']);
    expect(server.letsIn(server.url(USER, PASSWORD))).toBe(true);
    expect(server.letsIn(server.url(USER, server.generated[0]!))).toBe(false);
    expect([account.retained, account.metadata]).toEqual([null, {}]);
    expect((await rotate('--until', 'create')).json.to).toBe('api_key_v3');
  });

  test.each([1, 5])('%i lost answers to create: what was made is replaced, and the first one stays', async (times) => {
    server.faults.lost = times;
    // Five are more than one run tries.
    if (times === 5) expect(await failingRotation()).toContain('PROTOCOL_CONNECTION_LOST');
    const ran = await rotate('--until', 'update-production');
    expect([ran.exit, server.generated.length]).toEqual([0, times + 1]);
    expect(await valueOf('api_key_v2')).toBe(server.url(USER, server.generated.at(-1)!));
    for (const password of [PASSWORD, server.generated.at(-1)!])
      expect(server.letsIn(server.url(USER, password))).toBe(true);
  });

  test('a server that is busy passes', async () => {
    server.faults.busy = 1;
    expect((await rotate('--until', 'create')).exit).toBe(0);
  });

  test('two passwords already: none is thrown away, and it is said what to do', async () => {
    server.run(`ALTER USER ${NAME} IDENTIFIED BY 'made by hand' RETAIN CURRENT PASSWORD`);
    expect(await failingRotation()).toContain(`Where nobody uses that: ALTER USER ${NAME} DISCARD OLD PASSWORD`);
    expect(server.letsIn(server.url(USER, PASSWORD))).toBe(true);
    server.run(`ALTER USER ${NAME} DISCARD OLD PASSWORD`);
    expect(await failingRotation()).toContain('MySQL refuses the value in the vault');
    expect(alters()).toEqual([]);
  });

  test('the only password, and one of two that nobody can tell apart, are not revoked', async () => {
    await rotate('--until', 'create');
    const rollback = ['rotate', 'api_key', '--rollback', '--confirm', 'delete-old'];
    server.run(`ALTER USER ${NAME} DISCARD OLD PASSWORD ATTRIBUTE '{"knox":"another"}'`);
    expect(await failing(...rollback)).toContain('has one password only');
    server.run(`ALTER USER ${NAME} IDENTIFIED BY 'made by hand' RETAIN CURRENT PASSWORD`);
    expect(await failing(...rollback)).toContain('nobody can tell which password');
    expect(server.letsIn(server.url(USER, server.generated[0]!))).toBe(true);
  });

  test('what the admin may not do, or where it is not one, is told', async () => {
    const admins = { other: server.url(USER, PASSWORD), wrong: server.url('root', 'wrong password & more') };
    for (const [name, url] of Object.entries(admins))
      await must(project.knox(['add', `${name}_admin`, '-e', 'production'], url));
    await setSource('{{secret:other_admin}}');
    expect(await failingRotation()).toContain('SELECT command denied to user');
    await setSource('{{secret:wrong_admin}}');
    expect(await failingRotation()).toContain('ER_ACCESS_DENIED_ERROR');
    const elsewhere = await startMysql();
    elsewhere.add(USER, PASSWORD);
    await must(project.knox(['add', 'far_admin', '-e', 'production'], elsewhere.admin));
    await setSource('{{secret:far_admin}}');
    expect(await failingRotation()).toContain('leads to another server');
    await elsewhere.close();
  });

  test('what is no MySQL with two passwords, an account without one, and a wrong answer are told', async () => {
    server.version.text = '10.11.6-MariaDB';
    expect(await failing('source', 'test', 'api_key')).toContain('this is 10.11.6-MariaDB');
    server.version.text = '8.4.0';
    account.plugin = 'auth_socket';
    expect(await failingRotation()).toContain('has no password of its own (auth_socket)');
    account.plugin = 'mysql_native_password';
    server.faults.wrong = 1;
    expect(await failingRotation()).toContain('the answer of MySQL holds no password');
    // The one that was made is replaced.
    expect((await rotate('--until', 'create')).exit).toBe(0);
  });

  test('where mysql2 is missing, it is told how to get it', async () => {
    cpSync(FOLDER, join(project.folder, 'sources'), { recursive: true });
    await setSource('{{secret:mysql_admin}}', './sources');
    expect(await failing('source', 'test', 'api_key')).toContain('run npm install mysql2');
  });
});
