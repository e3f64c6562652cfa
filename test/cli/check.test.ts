/** Everything that `check` finds, in each format, with what is known left out. */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/program.ts';
import { makeProject, must, NEW } from '../helpers/rotation-project.ts';
import { sarifProblems } from '../helpers/sarif.ts';
import type { Project } from '../helpers/rotation-project.ts';

interface Finding {
  code: string;
  severity: string;
  secret: string | null;
  environment: string | null;
  route: string | null;
  message: string;
  hint: string;
  since: string | null;
}

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const check = (...argv: string[]) => project.json<Finding[]>(['check', ...argv]);
async function codes(...argv: string[]): Promise<string[]> {
  return (await check(...argv)).json.map(({ code, secret }) => `${code} ${secret ?? '-'}`);
}
const add = (name: string, environment: string, value = `value of ${name} ${environment}`) =>
  must(project.knox(['add', name, ...(environment === 'shared' ? ['--shared'] : ['-e', environment])], value));
const days = (count: number) => project.laterBy(24 * count);

describe('finds', () => {
  test('what nobody uses after 30 days, but what is meant to lie unused', async () => {
    await add('spare', 'production');
    await must(project.knox(['set', 'spare', '--expect-unused']));
    await must(project.knox(['add', 'region', '-e', 'production', '--kind', 'config'], 'eu-central-1'));
    days(29);
    expect(await codes()).not.toContain('unused api_key');
    await project.knox(['get', 'api_key', '-e', 'staging']);
    days(2);
    expect(await codes()).not.toContain('unused api_key');
    days(29);
    const { json } = await check();
    const found = json.filter(({ code }) => code === 'unused');
    expect(found.map(({ secret }) => secret)).toEqual(['api_key']);
    expect(found[0]).toMatchObject({ severity: 'warning', message: 'api_key was last used 31 days ago' });
  });

  test('what a route names is not said to be one to delete, though knox saw no use of it', async () => {
    project.write('a.env', 'K={{secret:api_key@current}}\n');
    await must(project.knox(['route', 'add', 'a.env', '-e', 'production']));
    await add('spare', 'production');
    days(31);
    const hints = (await check()).json
      .filter(({ code }) => code === 'unused')
      .map(({ secret, hint }) => [secret, hint]);
    expect(hints).toEqual([
      ['api_key', 'if its files are deployed without knox: knox set api_key --expect-unused'],
      ['spare', 'knox delete spare, or if this is intended: knox set spare --expect-unused'],
    ]);
  });

  test('what no route names, whatever version the route says', async () => {
    expect(await codes()).toContain('unrouted api_key');
    project.write('a.env', 'K={{secret:api_key@current}}\n');
    await must(project.knox(['route', 'add', 'a.env', '-e', 'production']));
    expect(await codes()).not.toContain('unrouted api_key');
    await add('api_key_v2', 'production');
    expect(await codes()).not.toContain('unrouted api_key_v2');
  });

  test('names of trials, environments in names, and which strategy most follow', async () => {
    await add('test_key', 'development');
    await add('old_token', 'development');
    await add('latest_key', 'development');
    await add('stripe_production_key', 'production');
    await add('prodMailKey', 'production');
    const { json, exit } = await check();
    const of = (code: string) => json.filter((one) => one.code === code).map(({ secret }) => secret);
    expect(of('test-secret')).toEqual(['old_token', 'test_key']);
    expect(of('legacy-naming')).toEqual(['prodMailKey', 'stripe_production_key']);
    const mixed = json.find(({ code }) => code === 'mixed-naming');
    expect(mixed).toMatchObject({ secret: null, severity: 'info' });
    expect(mixed!.message).toBe(
      '4 secrets are named by service, with a value for each environment; prodMailKey, stripe_production_key are not',
    );
    expect(exit).toBe(0);
  });

  test('one value in two environments, an error where production is one, and a key of another environment', async () => {
    const forced = ['--force', 'same_value,wrong_environment', '--reason', 'test'];
    await must(project.knox(['add', 'twin', '-e', 'development'], 'the same value'));
    await must(project.knox(['add', 'twin', '-e', 'staging', ...forced], 'the same value'));
    await must(project.knox(['add', 'grave', '-e', 'staging'], 'another same value'));
    await must(project.knox(['add', 'grave', '-e', 'production', ...forced], 'another same value'));
    await must(project.knox(['add', 'stripe_key', '-e', 'staging', ...forced], 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'));
    const { json, exit } = await check();
    const same = json.filter(({ code }) => code === 'same-value');
    expect(same.map(({ secret, severity }) => `${secret} ${severity}`).toSorted()).toEqual([
      'grave error',
      'twin warning',
    ]);
    expect(json.find(({ code }) => code === 'wrong-environment')).toMatchObject({
      secret: 'stripe_key',
      environment: 'staging',
      severity: 'error',
    });
    expect(exit).toBe(3);
    expect(JSON.stringify(json)).not.toContain('sk_live');
  });

  test('logins that are refused three times within a day', async () => {
    project.write('p.txt', '{{secret:api_key}}');
    const probe = [
      '--probe',
      'https://pay.example.com/',
      '--header',
      'Authorization: Bearer {{secret:api_key}}',
      '--yes',
    ];
    await must(project.knox(['route', 'add', 'p.txt', '-e', 'production', ...probe]));
    project.accepted.clear();
    for (let count = 0; count < 2; count += 1) await project.knox(['route', 'test', 'p.txt', '-e', 'production']);
    expect(await codes()).not.toContain('auth-failures api_key');
    await project.knox(['route', 'test', 'p.txt', '-e', 'production']);
    const { json, exit } = await check();
    expect(json[0]).toMatchObject({
      code: 'auth-failures',
      secret: 'api_key',
      environment: 'production',
      severity: 'error',
      hint: 'knox route test p.txt -e production, then: knox rotate api_key',
    });
    expect(exit).toBe(3);
    days(2);
    expect(await codes()).not.toContain('auth-failures api_key');
  });

  test('what is due, expires, or is kept beside its newer version for too long', async () => {
    await must(project.knox(['set', 'api_key', '--expires', '2026-01-20']));
    days(1);
    expect(await codes()).toContain('expires-soon api_key');
    days(10);
    expect(await codes()).toContain('expired api_key');
    await add('api_key_v2', 'production');
    days(8);
    expect(await codes()).not.toContain('stale-version api_key');
    days(2);
    expect(await codes()).toContain('stale-version api_key');
    days(90);
    expect(await codes()).toContain('overdue api_key_v2');
  });

  test('a rotation that waits for a person for over a week, however often somebody looks', async () => {
    await project.json(['rotate', 'api_key']);
    days(6);
    expect(await codes()).not.toContain('rotation-stuck api_key');
    await project.json(['rotations', 'continue']);
    days(2);
    await project.json(['rotate', 'api_key']);
    const { json } = await check();
    expect(json.find(({ code }) => code === 'rotation-stuck')).toMatchObject({
      secret: 'api_key',
      severity: 'warning',
      hint: 'knox rotate api_key',
    });
    await project.json(['rotate', 'api_key', '--values-stdin', '--yes'], JSON.stringify(NEW));
    days(20);
    // It waits for the window, and then for a timer: nobody is needed.
    expect(await codes()).not.toContain('rotation-stuck api_key');
  });

  test('files that are gone, broken, or name what is not there', async () => {
    project.write('a.env', 'K={{secret:api_key}}\n');
    await must(project.knox(['route', 'add', 'a.env', '-e', 'production']));
    project.write('a.env', 'K={{secret:api_key}}\nL={{secret:nothing}}\n');
    const unresolved = (await check()).json.find(({ code }) => code === 'unresolved-reference');
    expect(unresolved).toMatchObject({ secret: 'nothing', route: 'a.env', environment: 'production' });
    expect(Object.keys(unresolved!)).toEqual([
      'code',
      'severity',
      'secret',
      'environment',
      'route',
      'message',
      'hint',
      'since',
    ]);
    rmSync(join(project.folder, 'a.env'));
    expect((await check()).json.map(({ code }) => code)).toContain('missing-file');
  });
});

test('every hint is a command, or begins with one', async () => {
  await add('test_key', 'development');
  await add('stripe_production_key', 'production');
  await add('api_key_v2', 'production');
  days(200);
  const { json } = await check();
  expect(json.length).toBeGreaterThan(5);
  for (const { hint } of json) {
    const [command] = /knox [a-z][^,;]*/.exec(hint) ?? [];
    expect(command, hint).toBeDefined();
    const words = command!.trim().split(/ +/).slice(1);
    await expect(parseArguments(words, { stdout: {} as never, now: () => new Date() }), hint).resolves.toBeDefined();
  }
});

test('names choose what is told, a baseline leaves out what is known, and --fail-on decides the exit', async () => {
  await add('test_key', 'development');
  days(100);
  expect((await check('test_key')).json.every(({ secret }) => secret === 'test_key')).toBe(true);
  expect((await check('nothing')).code).toBe('secret_not_found');
  expect((await check()).exit).toBe(3);
  expect((await project.knox(['check', '--fail-on', 'info', 'test_key'])).exit).toBe(3);
  const known = await project.knox(['check', '--json']);
  project.write('known.json', known.stdout.toString());
  const again = await project.knox(['check', '--baseline', 'known.json', '--fail-on', 'info']);
  expect([again.exit, again.stdout.toString()]).toEqual([0, '']);
  expect(again.stderr).toContain('No new problems.');
  await add('dummy_key', 'development');
  expect((await check('--baseline', 'known.json', '--fail-on', 'info')).json.map(({ code }) => code)).toEqual([
    'test-secret',
    'unrouted',
  ]);
  project.write('bad.json', '{}');
  expect((await check('--baseline', 'bad.json')).code).toBe('usage');
  expect((await check('--fail-on', 'fatal')).code).toBe('usage');
  expect((await project.knox(['check', '--format', 'xml'])).exit).toBe(2);
});

describe('other formats', () => {
  beforeEach(async () => {
    project.write('conf/a b.env', '# one\nK={{secret:api_key}}\n');
    await must(project.knox(['route', 'add', 'conf/a b.env', '-e', 'production']));
    project.write('conf/a b.env', '# one\nK={{secret:api_key}}\n\n  L={{secret:gone,key}}\n');
  });

  test('github: annotations on the right file and line', async () => {
    const { stdout } = await project.knox(['check', '--format', 'github']);
    const line = stdout
      .toString()
      .split('\n')
      .find((one) => one.includes('template-invalid'));
    expect(line).toMatch(/^::error title=template-invalid,file=conf\/a b\.env,line=4,col=\d+::/);
  });

  test('sarif: a rule for each code, a place for each file', async () => {
    const { stdout } = await project.knox(['check', '--format', 'sarif']);
    const { version, runs } = JSON.parse(stdout.toString()) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; level: string; locations?: object[] }[];
      }[];
    };
    expect(version).toBe('2.1.0');
    expect(sarifProblems(stdout.toString())).toEqual([]);
    const [run] = runs;
    const rules = run!.tool.driver.rules.map(({ id }) => id);
    expect(new Set(run!.results.map(({ ruleId }) => ruleId))).toEqual(new Set(rules));
    expect(run!.results.find(({ ruleId }) => ruleId === 'template-invalid')).toMatchObject({
      level: 'error',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'conf/a%20b.env' }, region: { startLine: 4 } } }],
    });
  });
});

test('--webhook tells who asked for checks, and fails where nobody was told', async () => {
  const bodies: { event: string; text: string; findings: Finding[] }[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      bodies.push(JSON.parse(text) as (typeof bodies)[0]);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const told = (argv: string[]) => project.knox(argv, '', { fetch });
  try {
    expect((await told(['check', '--webhook'])).exit).toBe(2);
    await add('hook', 'shared', `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
    await must(told(['notify', 'add', '--webhook-secret', 'hook', '--on', 'check']));
    expect((await told(['check', '--webhook'])).exit).toBe(0);
    expect(bodies[0]).toMatchObject({ event: 'check' });
    expect(bodies[0]!.findings.map(({ code }) => code)).toContain('unrouted');
    status = 404;
    const failed = await told(['check', '--webhook']);
    expect(failed.exit).toBe(1);
    expect(failed.stdout.toString()).toContain('unrouted');
    await told(['rotate', 'api_key']);
    expect(bodies).toHaveLength(2);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
