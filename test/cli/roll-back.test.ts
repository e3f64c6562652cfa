/** A rollback goes as far as it can, says what is left wherever somebody looks, and is gone on with until nothing is. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/findings/finding.ts';
import type { RotationView } from '../../src/rotation/describe-rotation.ts';
import { makeProject, must, NEW, OLD, trustFrom } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { runKnox } from '../helpers/run-knox.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const BACK = ['rotate', 'api_key', '--rollback', '--reason', 'a test'];
const live = (file: string) => project.read(`live/${file}`);
const say = async (...argv: string[]) => (await project.knox(argv)).stdout.toString();
const remove = (path: string) => rmSync(join(project.folder, path));

/** `a.env`, `b.env` and `c.env` for development and production, each deployed into `live`; a deploy fails while `fail-NAME` is there. */
async function moved(): Promise<void> {
  mkdirSync(join(project.folder, 'live'));
  for (const name of ['a', 'b', 'c']) {
    project.write(`${name}.env`, 'K={{secret:api_key}}\n');
    const deploy = `test ! -e fail-${name} && cat > live/${name}-$KNOX_ENVIRONMENT && echo "$KNOX_ATTEMPT" >> live/attempts`;
    await must(
      project.knox(['route', 'add', `${name}.env`, '-e', 'development,production', '--deploy-command', deploy]),
    );
  }
  const ran = await project.json(
    ['rotate', 'api_key', '--values-stdin', '--yes', '--keep', 'staging', '--confirm', 'test-staging'],
    JSON.stringify({ development: NEW.development, production: NEW.production }),
  );
  if (ran.json.step !== 'monitor') throw new Error(`the rotation stopped: ${ran.json.next}`);
}

describe('what keeps a part of it', () => {
  test('a deploy command that fails is told by every command that shows rotations, and by none as watching', async () => {
    await moved();
    project.write('fail-a', '');
    const failed = await project.json(BACK);
    expect([failed.exit, failed.code, failed.json.state, failed.json.needs]).toEqual([
      1,
      'hook_failed',
      'rolling-back',
      { kind: 'fix', step: 'monitor', until: null, environments: ['development', 'production'] },
    ]);
    expect(failed.json.next).toMatch(
      /^The rollback is not finished: a\.env \(development, production\): its deploy command failed with exit status 1\. Fix that, then: /,
    );
    // What could be deployed was.
    expect([live('b-production'), live('c-development')]).toEqual([
      `K='${OLD.production}'\n`,
      `K='${OLD.development}'\n`,
    ]);
    const all = [
      (await project.json(['rotate', 'api_key', '--status'])).json,
      (await project.json(['rotate', 'api_key', '--checklist'])).json,
      (await project.json<RotationView[]>(['rotations'])).json[0]!,
      (await project.json<{ rotations: RotationView[] }>(['status'])).json.rotations[0]!,
    ];
    for (const view of all) {
      expect([view.state, view.needs?.kind, view.next]).toEqual(['rolling-back', 'fix', failed.json.next]);
      expect(view.steps.map(({ state }) => state)).not.toContain('current');
      expect(view.routes.map(({ rewritten }) => rewritten)).toEqual([false, false, false]);
    }
    const found = await project.json<Finding[]>(['check', 'api_key']);
    expect(found.exit).toBe(3);
    expect(found.json.find(({ code }) => code === 'rolling-back')).toMatchObject({
      severity: 'error',
      secret: 'api_key',
      since: '2026-01-10T12:00:00.000Z',
      hint: 'knox rotate api_key',
    });
    for (const argv of [['rotate', 'api_key', '--status'], ['rotations'], ['status'], ['check']]) {
      const text = await say(...argv);
      expect(text, argv.join(' ')).toMatch(/rolling-back/);
      expect(text, argv.join(' ')).toContain('a.env (development, production)');
      expect(text, argv.join(' ')).not.toMatch(/Watch production|is watched/);
    }
    expect(await say('rotate', 'api_key', '--checklist')).toMatch(/^Next: The rollback is not finished: a\.env/m);

    const stopped = await project.json<RotationView[]>(['rotations', 'continue']);
    expect([stopped.exit, stopped.json[0]!.state]).toEqual([1, 'rolling-back']);
    remove('fail-a');
    const ended = await project.json<RotationView[]>(['rotations', 'continue']);
    expect([ended.exit, ended.json[0]!.state, ended.json[0]!.needs]).toEqual([0, 'rolled-back', null]);
    expect([live('a-production'), live('a-development')]).toEqual([
      `K='${OLD.production}'\n`,
      `K='${OLD.development}'\n`,
    ]);
    expect((await project.json<Finding[]>(['check'])).json.map(({ code }) => code)).not.toContain('rolling-back');
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('a file that is gone, one that names what is not there, and a command that fails keep nothing else', async () => {
    await moved();
    project.write('d.env', 'K={{secret:api_key}}\n');
    remove('b.env');
    project.write('c.env', `${project.read('c.env')}X={{secret:nosuch}}\n`);
    const failed = await project.knox([...BACK, '--json']);
    expect(failed.exit).toBe(1);
    const { error } = JSON.parse(failed.stderr.split('\n').find((line) => line.startsWith('{"error"'))!) as {
      error: { code: string; message: string; hints: string[] };
    };
    expect(error.code).toBe('incomplete');
    expect(error.message.split('\n').slice(1)).toEqual([
      '  b.env (development, production): it is missing',
      '  c.env (development, production): c.env:2:3: there is no secret nosuch',
    ]);
    expect(error.hints).toContain('restore it, or: knox route remove b.env');
    expect(error.hints.at(-1)).toBe('then: knox rotate api_key');
    expect(failed.stderr).not.toContain('nothing was written');
    expect(project.read('a.env')).toBe('K={{secret:api_key}}\n');
    expect(project.read('c.env')).toBe('K={{secret:api_key}}\nX={{secret:nosuch}}\n');
    expect([live('a-production'), live('a-development')]).toEqual([
      `K='${OLD.production}'\n`,
      `K='${OLD.development}'\n`,
    ]);
    const deployed = live('attempts').split('\n');

    // The file comes back with the new name in it, as from another branch.
    project.write('b.env', '# again\nK={{secret:api_key_v2}}\n');
    project.write('c.env', 'K={{secret:api_key}}\n');
    const ran = await project.json(['rotate', 'api_key']);
    expect([ran.exit, ran.json.state]).toEqual([0, 'rolled-back']);
    expect(project.read('b.env')).toBe('# again\nK={{secret:api_key}}\n');
    expect(live('b-production')).toBe(`# again\nK='${OLD.production}'\n`);
    // What was deployed before was not deployed again.
    expect(live('attempts').split('\n')).toHaveLength(deployed.length + 4);
  });

  test('a file that never comes back is forgotten by a word', async () => {
    await moved();
    remove('b.env');
    expect((await project.json(BACK)).json.needs).toMatchObject({
      kind: 'fix',
      environments: ['development', 'production'],
    });
    await must(project.knox(['route', 'remove', 'b.env']));
    const ran = await project.json(BACK);
    expect([ran.exit, ran.json.state]).toEqual([0, 'rolled-back']);
  });

  test('cut off, it says so; nothing else is begun before it is finished', async () => {
    await moved();
    project.write('fail-a', '');
    await project.json(BACK);
    for (const [argv, exit, code] of [
      [['rotate', 'api_key', '--abort'], 7, 'no_way_back'],
      [['rotate', 'api_key', '--compromised', '--reason', 'leaked'], 6, 'rotation_in_progress'],
      [['delete', 'api_key_v2', '--yes'], 6, 'rotation_in_progress'],
    ] as const) {
      const ran = await project.json(argv);
      expect([argv.join(' '), ran.exit, ran.code]).toEqual([argv.join(' '), exit, code]);
    }
    const again = await project.knox(['rotate', 'api_key', '--values-stdin'], JSON.stringify(NEW));
    expect(again.exit).toBe(1);
    expect(again.stderr).toContain('the values given are ignored');
  });

  test('evidence tells it as it stands, and as it stood before', async () => {
    await moved();
    project.laterBy(1);
    project.write('fail-a', '');
    await project.json(BACK);
    const told = async (...argv: string[]) => {
      const { json } = await project.json<{ secrets: { name: string; rotations: RotationView[] }[] }>([
        'evidence',
        ...argv,
      ]);
      return json.secrets.find(({ rotations }) => rotations.length > 0)!.rotations[0]!;
    };
    expect(await told()).toMatchObject({ state: 'rolling-back', needs: { kind: 'fix' } });
    expect(await told('--until', '2026-01-10T12:30:00Z')).toMatchObject({ state: 'waiting', needs: { kind: 'time' } });
    project.laterBy(2);
    remove('fail-a');
    await project.json(['rotate', 'api_key']);
    expect(await told()).toMatchObject({ state: 'rolled-back', endReason: 'a test' });
    expect(await told('--until', '2026-01-10T14:00:00Z')).toMatchObject({
      state: 'rolling-back',
      needs: { kind: 'fix' },
      next: 'At the end of the period it was being rolled back.',
    });
  });

  test('whoever is told of failures is told of this one, once', async () => {
    await moved();
    await must(project.knox(['notify', 'add', '--command', 'cat >> told.json', '--yes']));
    project.write('fail-a', '');
    await project.json(BACK);
    await project.json(['rotations', 'continue']);
    remove('fail-a');
    await project.json(['rotations', 'continue']);
    const told = project.read('told.json').trim().split('\n');
    const events = told.map((line) => JSON.parse(line) as { event: string; text: string });
    expect(events.map(({ event }) => event)).toEqual(['failed', 'rolled-back']);
    expect(events[0]!.text).toContain('The rollback is not finished: a.env (development, production)');
  });

  test('a deploy command is run for the rollback under another attempt than for the way there', async () => {
    await moved();
    const before = new Set(
      live('attempts')
        .split('\n')
        .filter((line) => line !== ''),
    );
    await must(project.knox(BACK));
    const after = live('attempts')
      .split('\n')
      .filter((line) => line !== '');
    expect(after).toHaveLength(12);
    expect(after.slice(6).filter((attempt) => before.has(attempt))).toEqual([]);
  });
});

test('what was deployed and has lost its route or its command since is named: it has to be deployed by hand', async () => {
  await moved();
  await must(project.knox(['route', 'remove', 'a.env']));
  await must(project.knox(['route', 'remove', 'b.env', '-e', 'production']));
  await must(project.knox(['route', 'add', 'b.env', '-e', 'production']));
  const ran = await project.knox(BACK);
  expect(ran.exit).toBe(0);
  const said = ran.stderr.split('\n').filter((line) => line.includes('yourself, with the old name'));
  expect(said.toSorted()).toEqual([
    'warning: a.env was deployed for development with the new value and is no longer registered: deploy it again yourself, with the old name',
    'warning: a.env was deployed for production with the new value and is no longer registered: deploy it again yourself, with the old name',
    'warning: b.env has no deploy command: deploy it again for production yourself, with the old name',
  ]);
  expect([live('a-production'), live('b-development')]).toEqual([
    `K='${NEW.production}'\n`,
    `K='${OLD.development}'\n`,
  ]);
});

describe('several projects', () => {
  const VALUES = JSON.stringify({ production: 'new-prod-value-1' });
  const folderOf = (name: string) => join(project.folder, name);
  const read = (path: string) => readFileSync(join(project.folder, path), 'utf8');

  function inProject(name: string, argv: readonly string[], stdin = '') {
    const env = { KNOX_KEY_FILE: join(project.folder, 'k.key'), PATH: process.env['PATH'] ?? '' };
    return runKnox(
      folderOf(name),
      argv,
      stdin,
      { ...env, XDG_STATE_HOME: `${project.folder}/state` },
      { now: () => project.now },
    );
  }
  async function json<T = RotationView>(name: string, argv: readonly string[], stdin = '') {
    const ran = await inProject(name, [...argv, '--json'], stdin);
    return { exit: ran.exit, stderr: ran.stderr, json: JSON.parse(ran.stdout.toString()) as T };
  }

  beforeEach(async () => {
    await must(project.knox(['add', 'k', '-e', 'production'], 'old-prod-value-1'));
    for (const name of ['web', 'api']) {
      mkdirSync(join(folderOf(name), '.knox'), { recursive: true });
      const config = { vault: join(project.folder, '.knox/vault.db'), project: name };
      writeFileSync(join(folderOf(name), '.knox/config.json'), JSON.stringify(config));
      writeFileSync(join(folderOf(name), 'app.txt'), 'k={{secret:k}}\n');
      await trustFrom(project, folderOf(name));
      await must(
        inProject(name, ['route', 'add', 'app.txt', '-e', 'production', '--deploy-command', 'cat > deployed.txt']),
      );
    }
    await inProject('web', ['rotate', 'k', '--values-stdin', '--yes'], VALUES);
    await must(inProject('api', ['rotate', 'k', '--yes']));
  });

  test.each([
    ['--rollback', ['rotate', 'k', '--rollback']],
    ['the next rotate', ['rotate', 'k']],
    ['a timer', ['rotations', 'continue']],
  ])('a rollback stays open until it ran in each of them: %s', async (_name, argv) => {
    expect(read('api/deployed.txt')).toBe('k=new-prod-value-1\n');
    const first = await json('web', ['rotate', 'k', '--rollback', '--reason', 'x', '--yes']);
    expect(first.stderr).toContain('"the rollback of k is not finished"');
    expect([first.exit, first.json.state, first.json.needs]).toEqual([
      2,
      'rolling-back',
      { kind: 'project', step: 'monitor', until: null, environments: ['production'] },
    ]);
    expect(first.json.next).toBe('The rollback is not finished in the project "api": run knox rotate k there');
    expect([read('web/app.txt'), read('web/deployed.txt')]).toEqual(['k={{secret:k}}\n', 'k=old-prod-value-1\n']);
    expect(read('api/app.txt')).toBe('k={{secret:k_v2}}\n');
    // Until then its file means what production is on.
    const rendered = await inProject('api', ['render', 'app.txt', '-e', 'production']);
    expect(rendered.stdout.toString()).toBe('k=old-prod-value-1\n');
    const found = await json<Finding[]>('api', ['check', '--fail-on', 'error']);
    expect(found.json.find(({ code }) => code === 'rolling-back')?.message).toContain('"api"');
    const second = await inProject('api', argv);
    expect(second.exit).toBe(0);
    expect([read('api/app.txt'), read('api/deployed.txt')]).toEqual(['k={{secret:k}}\n', 'k=old-prod-value-1\n']);
    const ended = await json('web', ['rotate', 'k', '--status']);
    expect([ended.json.state, ended.json.needs]).toEqual(['rolled-back', null]);
  });

  test('a project that has not run it has nothing to take back', async () => {
    await inProject('web', ['rotate', 'k', '--rollback']);
    await must(inProject('api', ['rotate', 'k']));
    await inProject(
      'web',
      ['rotate', 'k', '--values-stdin', '--yes'],
      JSON.stringify({ production: 'third-prod-value' }),
    );
    const ran = await json('web', ['rotate', 'k', '--rollback']);
    expect([ran.exit, ran.json.state, ran.json.to]).toEqual([0, 'rolled-back', 'k_v3']);
    expect([read('web/app.txt'), read('api/app.txt')]).toEqual(['k={{secret:k}}\n', 'k={{secret:k}}\n']);
  });

  test('a route that is forgotten there needs nothing any more', async () => {
    await inProject('web', ['rotate', 'k', '--rollback']);
    await must(inProject('api', ['route', 'remove', 'app.txt']));
    expect((await json('web', ['rotate', 'k'])).json.state).toBe('rolled-back');
    expect(existsSync(join(project.folder, 'api/app.txt'))).toBe(true);
  });
});

describe('orders that exclude each other', () => {
  const EXCLUSIVE = ['--status', '--checklist', '--rollback', '--abort', '--due', '--exposed'];
  const FORWARD = [
    ['--value-file', 'production=k.key'],
    ['--values-stdin'],
    ['--generate'],
    ['--keep', 'staging'],
    ['--window', '48h'],
    ['--quarantine', '1h'],
    ['--between', '09:00-16:00'],
    ['--on', 'mon-thu'],
    ['--confirm', 'verify'],
    ['--skip', 'monitor'],
    ['--until', 'create'],
    ['--compromised'],
    ['--revoke-first'],
  ];

  test('each pair is exit 2, and nothing is done', async () => {
    await project.json(['rotate', 'api_key', '--generate', '--yes', '--until', 'create']);
    const before = await project.json<object[]>(['audit']);
    const pairs = [
      ...EXCLUSIVE.flatMap((one, at) => EXCLUSIVE.slice(at + 1).map((other) => [one, other])),
      ...['--status', '--checklist'].flatMap((one) => FORWARD.map((more) => [one, ...more])),
      ...['--rollback', '--abort'].flatMap((one) =>
        FORWARD.filter(([option]) => option !== '--confirm').map((more) => [one, ...more]),
      ),
      ...['--due', '--exposed'].flatMap((one) => FORWARD.slice(0, 2).map((more) => [one, ...more])),
      ['--rollback', '--confirm', 'delete-old,verify'],
      ['--abort', '--confirm', 'update-docs'],
      ['--compromised', '--window', '48h'],
      ['--compromised', '--on', 'mon'],
      ['--generate', '--value-file', 'production=k.key'],
    ];
    const wrong: string[] = [];
    for (const pair of pairs) {
      const names = pair.some((word) => word === '--due' || word === '--exposed') ? [] : ['api_key'];
      const ran = await project.json(['rotate', ...names, ...pair, '--reason', 'x'], JSON.stringify(NEW));
      if (ran.exit !== 2 || ran.code !== 'usage' || ran.json !== null) wrong.push(`${pair.join(' ')}: ${ran.exit}`);
    }
    expect(wrong).toEqual([]);
    expect((await project.json<object[]>(['audit'])).json).toHaveLength(before.json.length);
  });

  test('secrets that were not rotated together are not taken back together', async () => {
    await must(project.knox(['add', 'other', '-e', 'production'], 'other-old-value'));
    await project.json(['rotate', 'api_key', '--generate', '--yes', '--until', 'create']);
    await project.json(['rotate', 'other', '--generate', '--yes', '--until', 'create']);
    for (const order of ['--status', '--rollback', '--abort'])
      expect((await project.json(['rotate', 'api_key', 'other', order])).code).toBe('usage');
  });
});
