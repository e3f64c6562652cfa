/** Who is told of what happens: webhooks on a real server, and commands. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RotationView } from '../../src/rotation/describe-rotation.ts';
import { faultsOf } from '../helpers/json-documents.ts';
import { addRoutes, makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

interface Post {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { text: string; event: string; rotation?: RotationView };
}

let project: Project;
let server: Server;
let posts: Post[];
/** Statuses of the next answers, the first first; `none` gives no answer, `moved` sends elsewhere. */
let answers: (number | 'none' | 'moved' | 'broken')[];
let url: string;
let told: string;

beforeEach(async () => {
  posts = [];
  answers = [];
  told = '';
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      posts.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) as Post['body'] });
      const answer = answers.shift() ?? 200;
      if (answer === 'none') return;
      if (answer === 'broken') response.destroy();
      else if (answer === 'moved') response.writeHead(302, { Location: '/elsewhere' }).end();
      else response.writeHead(answer).end('nobody reads this');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/T0PSECRET-PATH`;
  project = await makeProject();
  await must(project.knox(['add', 'chat_webhook', '--shared'], url));
});
afterEach(async () => {
  project.remove();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Webhooks are real requests; probes are the project's. */
const line = (inner: typeof fetch) =>
  (async (to: string, options: object) =>
    to.startsWith('http://127.0.0.1') ? fetch(to, options) : inner(to, options)) as unknown as typeof fetch;

async function knox(argv: readonly string[], stdin = '', env: Record<string, string> = {}) {
  const probes = (async (_url: string, options?: { headers?: [string, string][] }) => {
    const key = new Map(options?.headers).get('Authorization')?.replace('Bearer ', '') ?? '';
    return new Response(null, { status: project.accepted.has(key) ? 200 : 401 });
  }) as unknown as typeof fetch;
  const surroundings = {
    fetch: line(probes),
    ...(Object.keys(env).length === 0
      ? {}
      : {
          env: {
            KNOX_KEY_FILE: join(project.folder, 'k.key'),
            XDG_STATE_HOME: `${project.folder}/state`,
            PATH: process.env['PATH'] ?? '',
            ...env,
          },
        }),
  };
  const ran = await project.knox(argv, stdin, surroundings);
  told += ran.stdout.toString() + ran.stderr;
  return ran;
}
const add = async (...more: string[]) =>
  (JSON.parse((await must(knox(['notify', 'add', ...more, '--json']))).stdout.toString()) as { id: string }).id;
const events = () => posts.map(({ body }) => body.event);

async function toProduction(...more: string[]): Promise<void> {
  await addRoutes(project);
  for (const value of Object.values(NEW)) project.accepted.add(value);
  await knox(['rotate', 'api_key', '--yes', '--values-stdin', ...more], JSON.stringify(NEW));
}

/** What is sent is as its schema says. No value and no part of the address may stand in it, nor in what is said or stored in the clear. */
function expectNoSecrets(): void {
  expect(posts.flatMap(({ body }) => faultsOf('notification', body))).toEqual([]);
  const vault = readFileSync(join(project.folder, '.knox/vault.db')).toString('latin1');
  const sent = JSON.stringify(posts.map(({ body }) => body));
  for (const mark of ['T0PSECRET-PATH', ...Object.values(OLD), ...Object.values(NEW)]) {
    for (const text of [sent, told, vault]) expect(text.includes(mark)).toBe(false);
  }
}

describe('a webhook', () => {
  test('is told of each thing that happens to a rotation, once', async () => {
    await add('--webhook-secret', 'chat_webhook');
    await knox(['rotate', 'api_key']);
    expect(events()).toEqual(['needs-person']);
    expect(posts[0]!.path).toBe('/hooks/T0PSECRET-PATH');
    expect(posts[0]!.headers['content-type']).toBe('application/json');
    expect(posts[0]!.body.text).toContain('api_key -> api_key_v2 is waiting for you. Give the new values for');
    expect(posts[0]!.body.rotation).toMatchObject({ base: 'api_key', state: 'waiting', step: 'generate' });
    await knox(['rotate', 'api_key']);
    expect(events()).toEqual(['needs-person']);
    await toProduction();
    expect(events()).toEqual(['needs-person']);
    project.accepted.delete(NEW.production);
    await knox(['rotations', 'continue']);
    await knox(['rotations', 'continue']);
    expect(events()).toEqual(['needs-person', 'failed']);
    project.accepted.add(NEW.production);
    project.laterBy(49);
    await knox(['rotations', 'continue', '--yes']);
    // The old value is alive: nobody has revoked it.
    expect(events().slice(2)).toEqual(['window-over', 'failed']);
    await knox(['rotate', 'api_key', '--yes', '--compromised', '--reason', 'leak']);
    expect(events().slice(4)).toEqual(['incident']);
    for (const value of Object.values(OLD)) project.accepted.delete(value);
    await knox(['rotate', 'api_key', '--yes', '--confirm', 'delete-old,update-docs']);
    expect(events().slice(5)).toEqual(['done']);
    expectNoSecrets();
  });

  test('gets only what it asked for, and a rollback is told', async () => {
    await add('--webhook-secret', 'chat_webhook', '--on', 'rolled-back, done');
    await toProduction();
    await knox(['rotate', 'api_key', '--rollback']);
    expect(events()).toEqual(['rolled-back']);
  });

  test('is tried again after a failure that may pass, a bounded number of times, and never followed elsewhere', async () => {
    const id = await add('--webhook-secret', 'chat_webhook');
    answers = [500, 'broken', 200];
    expect((await knox(['notify', 'test', id])).exit).toBe(0);
    expect(posts).toHaveLength(3);
    answers = [503, 503, 503, 200];
    const failed = await knox(['notify', 'test', id]);
    expect(failed.exit).toBe(1);
    expect(failed.stderr).toContain('status 503, 3 times');
    expect(posts).toHaveLength(6);
    for (const answer of [404, 'moved'] as const) {
      answers = [answer];
      expect((await knox(['notify', 'test', id])).exit).toBe(1);
    }
    expect(posts).toHaveLength(8);
    expect(posts.every(({ path }) => path.startsWith('/hooks/'))).toBe(true);
    expectNoSecrets();
  });

  test('that nobody answers fails nothing: a warning, and an entry in the log', async () => {
    await add('--webhook-secret', 'chat_webhook');
    answers = [404];
    const ran = await knox(['rotate', 'api_key', '--json']);
    expect(ran.exit).toBe(2);
    expect(JSON.parse(ran.stdout.toString())).toMatchObject({ step: 'generate' });
    expect(ran.stderr).toContain('not_told');
    const entries = (await project.json<{ action: string; detail: object }[]>(['audit', '--action', 'notify-failed']))
      .json;
    expect(entries).toMatchObject([
      { detail: { lost: [{ receiver: 'the webhook chat_webhook', event: 'needs-person', why: 'status 404' }] } },
    ]);
    expectNoSecrets();
  });

  test('may come from the environment, and no program that knox starts sees it', async () => {
    await addRoutes(project);
    await must(
      project.knox([
        'route',
        'add',
        'config/staging.yaml',
        '-e',
        'staging',
        '--test-command',
        'echo "hook: $KNOX_WEBHOOK" > seen',
      ]),
    );
    for (const value of Object.values(NEW)) project.accepted.add(value);
    await knox(['rotate', 'api_key', '--yes', '--values-stdin', '--confirm', 'test-staging'], JSON.stringify(NEW), {
      KNOX_WEBHOOK: url,
    });
    expect(project.read('seen')).toBe('hook: \n');
    await knox(['rotate', 'api_key', '--rollback'], '', { KNOX_WEBHOOK: url });
    expect(events()).toEqual(['rolled-back']);
    const listed = await knox(['notify', 'list', '--json'], '', { KNOX_WEBHOOK: url });
    expect(JSON.parse(listed.stdout.toString())).toMatchObject([{ id: 'KNOX_WEBHOOK', kind: 'webhook' }]);
    expectNoSecrets();
  });

  test('whose secret was rotated is told at the new address', async () => {
    const id = await add('--webhook-secret', 'chat_webhook');
    await must(project.knox(['add', 'chat_webhook_v2', '--shared'], `${url}-2`));
    await must(knox(['notify', 'test', id]));
    await must(project.knox(['delete', 'chat_webhook', '--yes', '--force', 'still_used', '--reason', 'x']));
    await must(knox(['notify', 'test', id]));
    expect(posts.map(({ path }) => path)).toEqual(['/hooks/T0PSECRET-PATH-2', '/hooks/T0PSECRET-PATH-2']);
  });
});

test('a command gets it on stdin, without what opens the vault', async () => {
  const id = await add('--command', 'cat > told.json; env > told.env', '--on', 'failed');
  await must(knox(['notify', 'test', id], '', { KNOX_KEY: 'not this one' }));
  expect(JSON.parse(project.read('told.json'))).toMatchObject({ event: 'test' });
  expect(project.read('told.env')).not.toContain('KNOX_KEY');
  const broken = await add('--command', 'echo "no pager" >&2; exit 3');
  const ran = await knox(['notify', 'test', broken]);
  expect(ran.exit).toBe(1);
  expect(ran.stderr).toContain('failed with exit status 3');
  expect(ran.stderr).toContain('no pager');
});

test('an environment that comes later has what was set for all: receivers and sources', async () => {
  const id = await add('--command', 'cat > told.json', '--on', 'needs-person');
  await must(knox(['source', 'set', 'api_key', 'generate', '--option', 'form=hex']));
  await must(knox(['env', 'add', 'qa']));
  await must(knox(['add', 'api_key', '-e', 'qa'], 'old-qa-value'));
  await knox(['rotate', 'api_key', '--yes', '--until', 'generate']);
  expect((await knox(['get', 'api_key', '-e', 'qa'])).exit).toBe(0);
  await knox(['rotate', 'api_key', '--abort']);
  await must(knox(['source', 'remove', 'api_key']));
  await knox(['rotate', 'api_key']);
  expect(JSON.parse(project.read('told.json'))).toMatchObject({ event: 'needs-person' });
  await must(knox(['notify', 'remove', id]));
  expect(JSON.parse((await knox(['notify', 'list', '--json'])).stdout.toString())).toEqual([]);
  expect((await knox(['audit', 'verify'])).exit).toBe(0);
});

test.each([
  [[], 'usage'],
  [['--webhook-secret', 'chat_webhook', '--command', 'x'], 'usage'],
  [['--webhook-secret', 'nothing'], 'secret_not_found'],
  [['--webhook-secret', 'api_key'], 'invalid_value'],
  [['--webhook-secret', 'plain'], 'invalid_value'],
  [['--command', 'curl -H "x: sk_live_4eC39HqLyjWDarjtT1zdp7dc"'], 'invalid_value'],
  [['--command', 'x', '--on', 'everything'], 'usage'],
])('notify add %j is refused: %s', async (argv, code) => {
  await must(project.knox(['add', 'plain', '--shared'], 'http://chat.example.com/hook'));
  expect((await project.json(['notify', 'add', ...argv])).code).toBe(code);
});

test('an id that is not there is not found', async () => {
  for (const verb of ['remove', 'test'])
    expect(await project.json(['notify', verb, 'abc'])).toMatchObject({ exit: 5, code: 'notification_not_found' });
});
