import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RouteView } from '../../src/commands/routes/route-views.ts';
import { makeProject, must, OLD, PROBE } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { isRunning } from '../helpers/is-running.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
  project.write('a.env', 'K={{secret:api_key}}\n');
});
afterEach(() => project.remove());

const add = (...argv: string[]) => project.json<RouteView[]>(['route', 'add', ...argv]);

describe('route add', () => {
  test('shows what it registered, and registering again changes it', async () => {
    const first = await add('a.env', '-e', 'staging,production', '--test-command', 'true');
    expect([
      first.exit,
      first.json[0]!.secrets,
      first.json[0]!.environments.map(({ environment }) => environment),
    ]).toEqual([0, ['api_key'], ['staging', 'production']]);
    const again = await add('a.env', '-e', 'staging', '--deploy-command', 'deploy it');
    expect(again.json[0]!.environments[0]).toEqual({
      environment: 'staging',
      probe: null,
      method: null,
      headers: [],
      expect: null,
      testCommand: 'true',
      deployCommand: 'deploy it',
    });
    expect((await project.json<RouteView[]>(['route', 'list'])).json).toHaveLength(1);
  });

  test('what is not given stays as it was, and an empty text takes it away', async () => {
    const probe = ['--probe', PROBE, '--header', 'X-Key: {{secret:api_key}}', '--yes'];
    await add('a.env', '-e', 'staging', '--test-command', 'true', '--timeout', '5m', ...probe);
    const only = async (...argv: string[]) => (await add('a.env', '-e', 'staging', ...argv)).json[0]!.environments[0]!;
    // No --yes: the pair of secret and host was accepted.
    expect(await only('--expect', '204')).toMatchObject({
      probe: PROBE,
      headers: ['X-Key: {{secret:api_key}}'],
      expect: '204',
      testCommand: 'true',
    });
    expect(await only('--test-command', '')).toMatchObject({ probe: PROBE, testCommand: null });
    expect(await only('--header', '')).toMatchObject({ probe: PROBE, headers: [], expect: '204' });
    expect(await only('--probe', '')).toMatchObject({ probe: null, method: null, headers: [], expect: null });
  });

  test('a file that names no secret is told of, and where it holds a value in the clear', async () => {
    project.write('plain.json', `{\n  "k": "${OLD.staging}",\n  "u": "x"\n}\n`);
    const { stdout, stderr } = await must(project.knox(['route', 'add', 'plain.json', 'a.env', '-e', 'staging']));
    expect(stderr).toBe(
      'warning: plain.json uses no secret: write {{secret:NAME}}\n' +
        'warning: plain.json:2 has the value of api_key in the clear: use {{secret:api_key}} there\n',
    );
    expect(stdout.toString()).toBe('Registered plain.json, a.env for staging.\n');
    project.write('a.env', `K={{secret:api_key}}\nOLD="${OLD.production}"\n`);
    expect((await must(project.knox(['route', 'add', 'a.env', '-e', 'staging']))).stderr).toBe(
      'warning: a.env:2 has the value of api_key in the clear: use {{secret:api_key}} there\n',
    );
  });

  test('no secret decides to which host a probe goes, however the address is written', async () => {
    const placeholder = '{{secret:api_key}}';
    for (const address of [
      `https://${placeholder}/`,
      `https:/${placeholder}/`,
      `https:${placeholder}/x`,
      `https:///${placeholder}/x`,
      `https://pay.example.com:${placeholder}/`,
      `https://${placeholder}.example.com/`,
      `https://pay.example.com\\${placeholder}/`,
      `https://me:${placeholder}@pay.example.com/`,
      ` https://pay.example.com/${placeholder}`,
      `ht\ntps://pay.example.com/${placeholder}`,
    ]) {
      const ran = await project.knox(['route', 'add', 'a.env', '-e', 'staging', '--probe', address, '--yes']);
      expect([address, ran.exit]).toEqual([address, 2]);
      expect(ran.stderr).not.toContain(OLD.staging);
    }
    expect((await project.json(['route', 'list'])).json).toEqual([]);
  });

  test('settings that would only fail later are refused now', async () => {
    project.write('list.json', '["{{secret:api_key}}"]');
    project.write('name.json', '{"a b": "{{secret:api_key}}"}');
    const probe = ['--probe', PROBE, '--yes'];
    const cases: [string[], string][] = [
      [['a.env', '--test-command', 'true', '--timeout', '30d'], 'usage'],
      [['a.env', '--test-command', 'true', '--timeout', '0s'], 'usage'],
      [['a.env', ...probe, '--method', 'CONNECT'], 'usage'],
      [['a.env', ...probe, '--expect', '700'], 'usage'],
      [['a.env', '--header', 'X-Key: {{secret:api_key}}'], 'usage'],
      [['list.json', ...probe, '--headers-from-route'], 'template_invalid'],
      [['name.json', ...probe, '--headers-from-route'], 'template_invalid'],
    ];
    for (const [argv, code] of cases) {
      const ran = await add(...argv, '-e', 'staging');
      expect([argv.join(' '), ran.exit, ran.code]).toEqual([argv.join(' '), 2, code]);
    }
  });

  test('any name that a file can have is a route, and takes one line of each report', async () => {
    const names = [
      'two words.env',
      'new\nline.env',
      '-dash.env',
      'caf\u00e9.env',
      'cafe\u0301.env',
      `${'n'.repeat(251)}.env`,
    ];
    for (const name of names) project.write(name, 'K={{secret:api_key}}\n');
    expect((await add(...names.map((name) => `./${name}`), '-e', 'staging')).exit).toBe(0);
    const { json } = await project.json<RouteView[]>(['route', 'list']);
    expect(json.map(({ path }) => path).toSorted()).toEqual(names.toSorted());
    for (const name of names) project.write(name, 'K={{secret:nothing}}\n');
    for (const argv of [
      ['route', 'list'],
      ['route', 'check'],
    ]) {
      const lines = (await project.knox(argv)).stdout.toString().trimEnd().split('\n');
      expect([argv[1], lines.length]).toEqual([argv[1], names.length]);
    }
    const rendered = await project.knox(['render', 'new\nline.env', '-e', 'staging']);
    expect(rendered.stderr.split('\n')[0]).toContain('new\\nline.env:1:3: ');
  });

  test('what cannot be a route says so at once', async () => {
    mkdirSync(join(project.folder, 'folder'));
    execFileSync('mkfifo', [join(project.folder, 'pipe')]);
    symlinkSync('nowhere', join(project.folder, 'dangling'));
    symlinkSync('loop', join(project.folder, 'loop'));
    const outside = mkdtempSync(join(tmpdir(), 'knox-out-'));
    writeFileSync(join(outside, 'o.txt'), '{{secret:api_key}}');
    symlinkSync(join(outside, 'o.txt'), join(project.folder, 'out'));
    project.write('utf16.txt', '');
    writeFileSync(join(project.folder, 'utf16.txt'), Buffer.from('\uFEFF{{secret:api_key}}', 'utf16le'));
    project.write('lost.txt', '{{secret:api_kee}}');
    const cases: [string[], number, string][] = [
      [['folder'], 2, 'usage'],
      [['pipe'], 2, 'usage'],
      [['dangling'], 1, 'io'],
      [['loop'], 1, 'io'],
      [['out'], 1, 'io'],
      [[join(outside, 'o.txt')], 2, 'usage'],
      [['utf16.txt'], 2, 'template_invalid'],
      [['lost.txt'], 5, 'secret_not_found'],
      [['nothing.txt'], 1, 'io'],
      [['@ci'], 2, 'usage'],
      [['@ci', '--template', '{{secret:api_key}}'], 2, 'usage'],
      [['a.env', '--probe', 'ftp://x'], 2, 'usage'],
      [['a.env', '--probe', 'http://pay.example.com/'], 2, 'invalid_value'],
      [['a.env', '--probe', 'https://{{secret:api_key}}/'], 2, 'invalid_value'],
      [['a.env', '--probe', 'https://me:sk_live_4eC39HqLyjWDarjtT1zdp7dc@pay.example.com/'], 2, 'invalid_value'],
      [['a.env', '--header', 'Authorization: Bearer sk_live_4eC39HqLyjWDarjtT1zdp7dc'], 2, 'invalid_value'],
      [['a.env', '--deploy-command', 'push sk_live_4eC39HqLyjWDarjtT1zdp7dc'], 2, 'invalid_value'],
      [['a.env', '--header', 'no colon'], 2, 'usage'],
      [['a.env', '--probe', PROBE, '--header', 'A: {{secret:api_key}}'], 2, 'needs_terminal'],
    ];
    for (const [argv, exit, code] of cases) {
      const ran = await add(...argv, '-e', 'staging');
      expect([argv.join(' '), ran.exit, ran.code]).toEqual([argv.join(' '), exit, code]);
    }
    rmSync(outside, { recursive: true });
    expect((await project.json(['route', 'list'])).json).toEqual([]);
  });

  test('a link and its target are one route', async () => {
    symlinkSync('a.env', join(project.folder, 'link.env'));
    await add('a.env', '-e', 'staging');
    await add('./link.env', '-e', 'production');
    const { json } = await project.json<RouteView[]>(['route', 'list']);
    expect(json.map(({ path, environments }) => [path, environments.length])).toEqual([['a.env', 2]]);
    expect((await project.json<RouteView>(['route', 'show', 'link.env'])).json.path).toBe('a.env');
    expect((await project.knox(['route', 'check', 'link.env'])).exit).toBe(0);
    expect((await project.knox(['render', 'link.env', '-e', 'staging', '--strict'])).exit).toBe(0);
    expect((await project.knox(['route', 'remove', 'link.env'])).exit).toBe(0);
  });

  test('each secret and the host that will get it is shown, and a new pair needs a yes', async () => {
    const argv = [
      'route',
      'add',
      'a.env',
      '-e',
      'staging',
      '--probe',
      PROBE,
      '--header',
      'Authorization: Bearer {{secret:api_key}}',
    ];
    const ran = await project.knox([...argv, '--yes']);
    expect(ran.stderr).toContain('api_key is sent to pay.example.com');
    expect((await project.knox(argv)).exit).toBe(0);
    const moved = argv.map((word) => word.replace('pay.example.com', 'evil.example.com'));
    expect((await project.knox(moved)).exit).toBe(2);
  });

  test('an inline route keeps its text in the vault and is listed as @LABEL', async () => {
    const ran = await add(
      '@ci',
      '--template',
      'T={{secret:api_key}}',
      '-e',
      'production',
      '--deploy-command',
      'cat > ci.txt',
    );
    expect([ran.exit, ran.json[0]!.path, ran.json[0]!.secrets]).toEqual([0, '@ci', ['api_key']]);
    const values =
      '{"development":"new-development-1","staging":"new-staging-value","production":"new-production-value"}';
    const rotated = await project.json(
      ['rotate', 'api_key', '--values-stdin', '--yes', '--until', 'update-production'],
      values,
    );
    expect(rotated.exit).toBe(0);
    expect(project.read('ci.txt')).toBe('T=new-production-value');
    expect((await project.json<RouteView>(['route', 'show', '@ci'])).json.secrets).toEqual(['api_key_v2']);
    await project.json(['rotate', 'api_key', '--rollback']);
    expect(project.read('ci.txt')).toBe(`T=${OLD.production}`);
  });
});

describe('route show, remove, check', () => {
  test('a route is found from any folder, and a name that is close is offered', async () => {
    mkdirSync(join(project.folder, 'sub'));
    await add('a.env', '-e', 'staging,production');
    const shown = await project.knox(['route', 'show', '../a.env', '--json'], '', { cwd: join(project.folder, 'sub') });
    expect(JSON.parse(shown.stdout.toString())).toMatchObject({ path: 'a.env' });
    const wrong = await project.knox(['route', 'show', 'b.env']);
    expect(wrong).toMatchObject({ exit: 5, stderr: expect.stringContaining('a.env') });
    const removed = await project.json<RouteView>(['route', 'remove', 'a.env', '-e', 'staging']);
    expect(removed.json.environments.map(({ environment }) => environment)).toEqual(['staging']);
    expect((await project.json(['route', 'remove', 'a.env', '-e', 'staging'])).code).toBe('route_not_found');
    expect((await project.json(['route', 'remove', 'a.env'])).exit).toBe(0);
    expect(project.read('a.env')).toBe('K={{secret:api_key}}\n');
  });

  test('check finds what would fail later: each code, its severity, and exit 3 from --fail-on up', async () => {
    const codes = async (...argv: string[]) => {
      const ran = await project.json<{ code: string }[]>(['route', 'check', ...argv]);
      return [ran.exit, ran.json.map(({ code }) => code)];
    };
    await add('a.env', '-e', 'staging');
    expect(await codes()).toEqual([0, []]);
    await must(project.knox(['add', 'half', '-e', 'production'], 'half-value'));
    project.write('a.env', 'K={{secret:api_key}}\nL={{secret:half}}\nM={{secret:none}}\nN={{secret:a b}}\n');
    expect(await codes()).toEqual([3, ['template-invalid', 'missing-value', 'new-reference', 'unresolved-reference']]);
    expect(await codes('-e', 'production')).toEqual([0, []]);
    renameSync(join(project.folder, 'a.env'), join(project.folder, 'b.env'));
    expect(await codes('a.env')).toEqual([3, ['missing-file']]);
    project.write('a.env', 'K={{secret:api_key}}\n');
    await project.json(['rotate', 'api_key', '--generate', '--yes', '--until', 'update-staging']);
    project.write('a.env', 'K={{secret:api_key}}\n');
    expect(await codes()).toEqual([0, ['new-reference', 'route-outdated']]);
    expect((await codes('--fail-on', 'warning'))[0]).toBe(3);
  });

  test('check sees what a probe sends, and that a newer version is current without a rotation', async () => {
    await must(project.knox(['add', 'probing', '-e', 'staging'], 'probing-value'));
    const header = ['--header', 'X-Key: {{secret:probing}}'];
    await must(project.knox(['route', 'add', 'a.env', '-e', 'staging', '--probe', PROBE, ...header, '--yes']));
    const force = ['--force', 'still_referenced,still_used', '--reason', 'a test'];
    await must(project.knox(['delete', 'probing', '--yes', ...force]));
    await must(project.knox(['add', 'api_key_v2', '-e', 'staging'], 'added-by-hand'));
    const found = await project.json<{ code: string; secret: string; message: string }[]>(['route', 'check']);
    expect([found.exit, found.json.map(({ code, secret }) => [code, secret])]).toEqual([
      3,
      [
        ['route-outdated', 'api_key'],
        ['unresolved-reference', 'probing'],
      ],
    ]);
    expect(found.json[0]!.message).toContain('staging is on api_key_v2');
  });
});

describe('route test', () => {
  test('sends the probe and runs the test command, records the use, and a refused key is an authentication failure', async () => {
    await must(
      project.knox([
        'route',
        'add',
        'a.env',
        '-e',
        'staging',
        '--probe',
        PROBE,
        '--header',
        'Authorization: Bearer {{secret:api_key}}',
        '--test-command',
        'grep -q old-staging',
        '--yes',
      ]),
    );
    const passed = await project.json<{ probe: string; testCommand: boolean }>([
      'route',
      'test',
      'a.env',
      '-e',
      'staging',
    ]);
    expect([passed.exit, passed.json]).toEqual([
      0,
      { path: 'a.env', environment: 'staging', probe: '200 OK', testCommand: true },
    ]);
    expect(project.requests).toEqual([{ url: PROBE, key: OLD.staging, status: 200 }]);
    project.accepted.clear();
    const refused = await project.json(['route', 'test', 'a.env', '-e', 'staging']);
    expect(refused).toMatchObject({ exit: 1, code: 'probe_failed' });
    const log = (await project.json<{ action: string }[]>(['audit', '--limit', '2'])).json.map(({ action }) => action);
    expect(log).toEqual(['use', 'auth-failure']);
    expect((await project.json(['route', 'test', 'a.env', '-e', 'production'])).code).toBe('route_not_found');
  });

  test('a secret that was put into the file later is not sent to the host of the probe', async () => {
    project.write('h.json', '{"Authorization": "Bearer {{secret:api_key}}"}');
    await must(
      project.knox(['route', 'add', 'h.json', '-e', 'staging', '--probe', PROBE, '--headers-from-route', '--yes']),
    );
    expect((await project.json(['route', 'test', 'h.json', '-e', 'staging'])).exit).toBe(0);
    await must(project.knox(['add', 'other', '-e', 'staging'], 'another-value'));
    project.write('h.json', '{"Authorization": "Bearer {{secret:api_key}}", "X": "{{secret:other}}"}');
    const before = project.requests.length;
    expect((await project.json(['route', 'test', 'h.json', '-e', 'staging'])).code).toBe('untested');
    expect(project.requests).toHaveLength(before);
  });

  test('a test command that hangs is ended, with all that it started', async () => {
    await must(
      project.knox([
        'route',
        'add',
        'a.env',
        '-e',
        'staging',
        '--timeout',
        '1s',
        '--test-command',
        'sleep 600 & echo $! > pid; wait',
      ]),
    );
    const ran = await project.knox(['route', 'test', 'a.env', '-e', 'staging']);
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('timed out after 1 second') });
    const pid = Number(project.read('pid'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});
