/** `route test` against a real server on loopback: what is sent, what is recorded, and what never leaves. */
import { chmodSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runBuilt } from '../helpers/built-program.ts';
import { makeProject, must, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
let address: string;
/** Closes the server and its connections. */
let stop: () => void;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const seen: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];

beforeEach(async () => {
  project = await makeProject();
  project.write('a.env', 'K={{secret:api_key}}\n');
  seen.length = 0;
  answer = (_request, response) => void response.end('fine');
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => {
  stop();
  project.remove();
});

const HEADER = ['--header', 'Authorization: Bearer {{secret:api_key}}'];
const add = (...options: string[]) =>
  must(project.knox(['route', 'add', 'a.env', '-e', 'staging', ...options, '--yes']));
const tryRoute = (...options: string[]) =>
  project.knox(['route', 'test', 'a.env', '-e', 'staging', ...options], '', { fetch });
const codeOf = async () => {
  const { stderr } = await tryRoute('--json');
  const line = stderr.split('\n').find((text) => text.startsWith('{"error"')) ?? '{"error":{"code":"none"}}';
  return (JSON.parse(line) as { error: { code: string } }).error.code;
};
const log = async () =>
  (await project.json<{ action: string; secret: string | null; route: string | null; detail: object }[]>(['audit']))
    .json;

test('the request is as registered, with the value of that environment alone, and its use is recorded before it is sent', async () => {
  let actions: string[] = [];
  const answerLate = async (response: ServerResponse) => {
    actions = (await log()).map(({ action }) => action);
    response.end();
  };
  answer = (_request, response) => void answerLate(response);
  await add('--probe', `${address}/v1/me?key={{secret:api_key|url}}`, '--method', 'post', ...HEADER);
  const ran = await tryRoute();
  expect([ran.exit, ran.stdout.toString()]).toEqual([0, 'a.env passes for staging.\n']);
  expect(ran.stderr).toContain('Probe of a.env for staging: 200 OK');
  expect(seen).toMatchObject([
    {
      method: 'POST',
      url: `/v1/me?key=${OLD.staging}`,
      headers: { authorization: `Bearer ${OLD.staging}` },
    },
  ]);
  expect(actions.at(-1)).toBe('use');
  expect((await log()).at(-1)!.detail).toMatchObject({
    uses: [{ secret: 'api_key', environment: 'staging', consumer: 'a.env' }],
  });
});

test('the headers of a route that is a JSON object are sent as they are', async () => {
  project.write('h.json', '{"Authorization": "Bearer {{secret:api_key}}", "X-Fixed": "1"}');
  await must(
    project.knox(['route', 'add', 'h.json', '-e', 'staging', '--probe', address, '--headers-from-route', '--yes']),
  );
  expect((await project.knox(['route', 'test', 'h.json', '-e', 'staging'], '', { fetch })).exit).toBe(0);
  expect(seen[0]!.headers).toMatchObject({ authorization: `Bearer ${OLD.staging}`, 'x-fixed': '1' });
});

test('no redirect is followed: it counts as the status that it is', async () => {
  answer = (_request, response) => response.writeHead(302, { location: `${address}/elsewhere` }).end();
  await add('--probe', `${address}/first`, ...HEADER);
  expect((await tryRoute()).exit).toBe(0);
  await add('--probe', `${address}/first`, ...HEADER, '--expect', '200-299');
  const failed = await tryRoute();
  expect(failed).toMatchObject({ exit: 1, stderr: expect.stringContaining('302 Found') });
  expect(seen.map(({ url }) => url)).toEqual(['/first', '/first']);
});

test.each([401, 403])(
  '%d is an authentication failure of what was sent, and nothing the server says is repeated',
  async (status) => {
    answer = ({ headers }, response) => {
      response.statusMessage = `not ${headers.authorization}`;
      response.writeHead(status, { 'x-echo': headers.authorization }).end(headers.authorization);
    };
    await add('--probe', address, ...HEADER, '--test-command', 'touch tested');
    const ran = await tryRoute();
    expect(ran.exit).toBe(1);
    expect(ran.stderr).not.toContain(OLD.staging);
    expect(ran.stderr).toContain('knox rotate api_key\n');
    expect((await log()).at(-1)).toMatchObject({ action: 'auth-failure', route: 'a.env' });
    expect(await codeOf()).toBe('probe_failed');
    expect(() => project.read('tested')).toThrow(/ENOENT/);
  },
);

test('a status that is expected is no failure, whichever it is', async () => {
  answer = (_request, response) => response.writeHead(401).end();
  await add('--probe', address, ...HEADER, '--expect', '401');
  expect((await tryRoute()).exit).toBe(0);
  expect((await log()).map(({ action }) => action)).not.toContain('auth-failure');
});

test('an answer without end is not waited for', async () => {
  answer = (_request, response) => {
    response.writeHead(200);
    response.write('x'.repeat(1000));
  };
  await add('--probe', address);
  expect((await tryRoute()).exit).toBe(0);
});

test('nobody there: it says so', async () => {
  stop();
  await add('--probe', address, ...HEADER);
  const ran = await tryRoute();
  expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('connection refused') });
  expect(ran.stderr).not.toContain(OLD.staging);
});

test('a value that would end its header is not sent, neither when it is registered nor when it comes later', async () => {
  await must(project.knox(['add', 'plain', '-e', 'staging'], 'plain-value-1'));
  await add('--probe', address, '--header', 'X-Key: {{secret:plain@current}}');
  await must(project.knox(['add', 'plain_v2', '-e', 'staging'], 'first\nX-Injected: yes'));
  expect([await codeOf(), seen.length]).toEqual(['invalid_value', 0]);
  const again = ['route', 'add', 'a.env', '-e', 'staging', '--probe', address, '--yes'];
  expect((await project.json([...again, '--header', 'X-Key: {{secret:plain_v2}}'])).code).toBe('invalid_value');
});

test('the test command comes after the probe, sees no key of the vault, and its failure is told without the value', async () => {
  await add('--probe', address, '--test-command', 'env > variables; cat; exit 3');
  const ran = await tryRoute();
  expect([ran.exit, seen.length]).toEqual([1, 1]);
  expect(ran.stderr).toContain("K='[knox:api_key]'");
  expect(ran.stderr).not.toContain(OLD.staging);
  expect(project.read('variables')).not.toContain('KNOX_KEY');
  expect(project.read('variables')).toContain('KNOX_ROUTE=a.env');
  expect(await codeOf()).toBe('hook_failed');
});

test('a route with neither is wrong usage, and no value is given out for it', async () => {
  await add();
  expect(await codeOf()).toBe('usage');
  expect((await log()).map(({ action }) => action)).not.toContain('use');
});

test('a vault that may only be read is tested all the same, with a warning that nothing was recorded', async () => {
  await add('--probe', address, ...HEADER);
  const vault = `${project.folder}/.knox`;
  const run = (more: Record<string, string> = {}) =>
    runBuilt(['route', 'test', 'a.env', '-e', 'staging'], {
      cwd: project.folder,
      env: { HOME: undefined, XDG_STATE_HOME: undefined, ...more },
      // The superuser may write everywhere: that is another user's part then.
      ...(process.getuid?.() === 0 ? { uid: 65_534 } : {}),
    });
  for (const [path, mode] of [
    [project.folder, 0o755],
    [`${project.folder}/k.key`, 0o644],
    [vault, 0o555],
    [`${vault}/vault.db`, 0o444],
  ] as const)
    chmodSync(path, mode);
  try {
    const passed = await run();
    expect([passed.exit, passed.stderr.match(/not recorded/g)?.length, seen.length]).toEqual([0, 1, 1]);
    answer = (_request, response) => response.writeHead(401).end();
    const refused = await run();
    expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining('401 Unauthorized') });
    expect((await run({ KNOX_REQUIRE_AUDIT: '1' })).exit).toBe(1);
    expect(seen).toHaveLength(2);
  } finally {
    chmodSync(vault, 0o755);
  }
});

test('a vault that this machine has never seen sends nothing and runs nothing', async () => {
  await add('--probe', address, ...HEADER, '--test-command', 'touch tested');
  // A key file without the vault's identity, and no memory of it.
  project.write('bare.key', project.read('k.key').replace(/^.*knox_vault_1_.*\n?/m, ''));
  const ran = await project.knox(['route', 'test', 'a.env', '-e', 'staging', '--key-file', 'bare.key'], '', {
    fetch,
    env: { XDG_STATE_HOME: `${project.folder}/empty`, PATH: process.env['PATH'] },
  });
  expect([ran.exit, seen.length]).toEqual([7, 0]);
  expect(() => project.read('tested')).toThrow(/ENOENT/);
});
