import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RotationView } from '../../src/rotation/describe-rotation.ts';
import { addRoutes, makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const newValues = JSON.stringify(NEW);
const start = (...more: string[]) => project.json(['rotate', 'api_key', '--values-stdin', '--yes', ...more], newValues);
const states = ({ steps }: RotationView) => steps.map(({ state }) => state);
const value = async (name: string, environment: string) =>
  (await project.knox(['get', name, '-e', environment])).stdout.toString();

describe('a whole rotation', () => {
  test('goes from the first step to the last, over days, and ends with the old value proved dead and deleted', async () => {
    await addRoutes(project);
    for (const key of Object.values(NEW)) project.accepted.add(key);
    const first = await start();
    expect([first.exit, first.json.state, first.json.step, first.json.needs?.kind]).toEqual([
      0,
      'waiting',
      'monitor',
      'time',
    ]);
    expect(first.json.waitUntil).toBe('2026-01-12T12:00:00.000Z');
    expect(project.read('config/app.env')).toBe('# both\nAPI_KEY={{secret:api_key_v2}}\nOTHER=1\n');
    expect(project.read('config/staging.yaml')).toBe('\uFEFFkey: "{{secret:api_key_v2}}"\r\nlast: 1');
    expect(project.read('live-production.env')).toBe(`# both\nAPI_KEY='${NEW.production}'\nOTHER=1\n`);
    expect(project.read('tested.yaml')).toBe(`\uFEFFkey: "${NEW.staging}"\r\nlast: 1`);
    expect(project.read('deployed.log')).toBe(
      'config/app.env staging\nconfig/app.env production\nconfig/prod.json production\n',
    );

    project.laterBy(47);
    expect((await project.json(['rotate', 'api_key'])).json.step).toBe('monitor');
    project.laterBy(1);
    const alive = await project.json(['rotate', 'api_key']);
    expect([alive.exit, alive.code, alive.json.state, alive.json.step, alive.json.needs?.kind]).toEqual([
      1,
      'probe_failed',
      'failed',
      'delete-old',
      'fix',
    ]);
    expect(await value('api_key', 'production')).toBe(OLD.production);

    // That use was the test's own: it is seen, and named.
    const used = await project.json(['rotate', 'api_key']);
    expect(used).toMatchObject({ exit: 7, code: 'still_used' });
    for (const key of Object.values(OLD)) project.accepted.delete(key);
    // Nothing could ask whether development's is dead.
    const asked = await project.json(['rotate', 'api_key', '--force', 'still_used', '--reason', 'the test looked']);
    expect([asked.exit, asked.code, asked.json.needs]).toEqual([
      2,
      'needs_terminal',
      { kind: 'confirm', step: 'delete-old', until: null, environments: ['development'] },
    ]);
    const forced = ['--force', 'still_used', '--reason', 'the test looked', '--confirm', 'delete-old,update-docs'];
    const last = await project.json(['rotate', 'api_key', ...forced]);
    expect([last.exit, last.json.state, last.json.step, last.json.needs]).toEqual([0, 'done', null, null]);
    expect(states(last.json)).toEqual(Array.from({ length: 11 }, () => 'done'));
    expect(last.json.steps[8]!.detail).toContain('401');
    expect((await project.json(['get', 'api_key', '-e', 'production'])).code).toBe('secret_not_found');
    expect(await value('api_key_v2', 'production')).toBe(NEW.production);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
    const record = project.read('docs/rotations/api_key_v2.md');
    expect(record).toContain('| 11 | Schedule the next rotation | done |');
  });

  test('asks nothing twice: run again at each step, it changes nothing that is done', async () => {
    await addRoutes(project);
    for (const key of Object.values(NEW)) project.accepted.add(key);
    const ids = ['document', 'generate', 'create', 'update-staging', 'test-staging', 'update-production'];
    for (const [index, id] of ids.entries()) {
      const ran = await (index < 2
        ? start('--until', id)
        : project.json(['rotate', 'api_key', '--until', id, '--yes']));
      expect([id, ran.exit, ran.json.state, ran.json.step]).toEqual([id, 0, 'active', [...ids, 'monitor'][index + 1]]);
    }
    expect(project.read('deployed.log').split('\n')).toHaveLength(4);
    expect(await value('api_key_v2', 'staging')).toBe(NEW.staging);
  });

  test('a shared secret moves @current for each environment at its own step', async () => {
    await must(project.knox(['add', 'token', '--shared'], 'old-shared-token'));
    project.write('t.txt', '{{secret:token@current}}');
    await must(project.knox(['route', 'add', 't.txt', '-e', 'staging,production', '--test-command', 'true']));
    const until = await project.json(
      ['rotate', 'token', '--values-stdin', '--yes', '--until', 'test-staging'],
      '{"shared":"new-shared-token"}',
    );
    expect(until.json.to).toBe('token_v2');
    expect(project.read('t.txt')).toBe('{{secret:token@current}}');
    const rendered = async (environment: string) =>
      (await project.knox(['render', 't.txt', '-e', environment])).stdout.toString();
    expect([await rendered('staging'), await rendered('production')]).toEqual(['new-shared-token', 'old-shared-token']);
    await project.json(['rotate', 'token', '--yes', '--confirm', 'update-production', '--until', 'update-production']);
    expect(await rendered('production')).toBe('new-shared-token');
  });

  test('two secrets are one rotation: each step for both, by whichever name it is taken up', async () => {
    await must(project.knox(['add', 'ACCESS_ID', '-e', 'production'], 'id-old-0001'));
    await must(project.knox(['add', 'ACCESS_SECRET', '-e', 'production'], 'secret-old-0001'));
    project.write('aws.env', 'ID={{secret:ACCESS_ID}}\nSECRET={{secret:ACCESS_SECRET}}\n');
    await must(project.knox(['route', 'add', 'aws.env', '-e', 'production', '--deploy-command', 'true']));
    const values = '{"ACCESS_ID":{"production":"id-new-0001"},"ACCESS_SECRET":{"production":"secret-new-0001"}}';
    const ran = await project.json(['rotate', 'ACCESS_ID', 'ACCESS_SECRET', '--values-stdin', '--yes'], values);
    expect([ran.exit, ran.json.step, ran.json.secrets.map(({ to }) => to)]).toEqual([
      0,
      'monitor',
      ['ACCESS_ID_V2', 'ACCESS_SECRET_V2'],
    ]);
    expect(states(ran.json).slice(3, 5)).toEqual(['skipped', 'skipped']);
    expect(project.read('aws.env')).toBe('ID={{secret:ACCESS_ID_V2}}\nSECRET={{secret:ACCESS_SECRET_V2}}\n');
    // As everything says that tells of it: status, check, next.
    project.laterBy(49);
    const { json } = await project.json(['rotate', 'ACCESS_SECRET', '--confirm', 'delete-old']);
    expect([json.id, json.step, json.secrets]).toEqual([ran.json.id, 'update-docs', ran.json.secrets]);
    const names = (await project.json<{ name: string }[]>(['list'])).json.map(({ name }) => name);
    expect(names).toEqual(['ACCESS_ID_V2', 'ACCESS_SECRET_V2', 'api_key']);
    const ended = await project.json(['rotate', 'ACCESS_ID_V2', '--confirm', 'update-docs']);
    expect([ended.exit, ended.json.state]).toEqual([0, 'done']);
  });

  test('one that is rotated alone is not taken into the rotation of another', async () => {
    for (const name of ['one', 'two']) await must(project.knox(['add', name, '-e', 'production'], `${name}-old-0001`));
    await project.json(['rotate', 'one', '--until', 'document']);
    for (const names of [
      ['one', 'two'],
      ['two', 'one'],
    ])
      expect((await project.json(['rotate', ...names])).code).toBe('rotation_in_progress');
    expect((await project.json(['rotate', 'two', '--status'])).code).toBe('rotation_not_found');
  });
});

describe('what production sees before step 6', () => {
  test('a file rewritten for staging too still renders the old value for production, with a note; anywhere else the new version is unreleased', async () => {
    await addRoutes(project);
    for (const key of Object.values(NEW)) project.accepted.add(key);
    await start('--until', 'test-staging');
    const rendered = await project.knox(['render', 'config/app.env', '-e', 'production']);
    expect(rendered.stdout.toString()).toContain(OLD.production);
    expect(rendered.stderr).toContain('yet: using api_key');
    project.write('else.txt', '{{secret:api_key_v2}}');
    for (const argv of [
      ['get', 'api_key_v2', '-e', 'production'],
      ['render', 'else.txt', '-e', 'production'],
    ])
      expect((await project.json(argv)).code).toBe('unreleased');
    expect(await value('api_key_v2', 'staging')).toBe(NEW.staging);
    expect(await value('api_key@current', 'production')).toBe(OLD.production);
    expect(await value('api_key@current', 'staging')).toBe(NEW.staging);
    expect(await value('api_key@previous', 'staging')).toBe(OLD.staging);
  });
});

describe('without anybody to ask', () => {
  test('a file in Latin-1 is rewritten and taken back byte for byte', async () => {
    const latin = (name: string) => Buffer.from(`# caf\xe9 \xa7\r\nk={{secret:${name}}}\r\n`, 'latin1');
    const file = join(project.folder, 'a.properties');
    writeFileSync(file, latin('api_key'));
    await must(project.knox(['route', 'add', 'a.properties', '-e', 'development,staging']));
    await project.knox(
      ['rotate', 'api_key', '--values-stdin', '--yes', '--until', 'update-staging'],
      JSON.stringify(NEW),
    );
    expect(readFileSync(file)).toEqual(latin('api_key_v2'));
    await project.knox(['rotate', 'api_key', '--rollback', '--reason', 'x', '--yes']);
    expect(readFileSync(file)).toEqual(latin('api_key'));
  });

  test.each([
    ['generate', ['rotate', 'api_key'], '', 'values'],
    ['update-staging', ['rotate', 'api_key', '--values-stdin'], newValues, 'confirm'],
  ])('stops at %s with exit 2 and the whole object', async (step, argv, stdin, kind) => {
    await addRoutes(project);
    for (const key of Object.values(NEW)) project.accepted.add(key);
    const ran = await project.json(argv, stdin);
    expect([ran.exit, ran.code, ran.json.step, ran.json.needs?.kind, ran.json.state]).toEqual([
      2,
      'needs_terminal',
      step,
      kind,
      'waiting',
    ]);
  });

  test('what only a person knows is not answered by --yes, and is by --confirm', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    await must(project.knox(['route', 'add', 'a.txt', '-e', 'staging,production']));
    const staging = await start();
    expect([staging.exit, staging.json.step]).toEqual([2, 'test-staging']);
    const production = await project.json(['rotate', 'api_key', '--yes', '--confirm', 'test-staging']);
    expect([production.exit, production.json.step, production.json.needs?.environments]).toEqual([
      2,
      'update-production',
      ['production'],
    ]);
    const watched = await project.json(['rotate', 'api_key', '--confirm', 'update-production']);
    expect([watched.exit, watched.json.step]).toEqual([0, 'monitor']);
    project.laterBy(49);
    const old = await project.json(['rotate', 'api_key', '--yes']);
    expect([old.exit, old.json.step, old.json.needs?.kind]).toEqual([2, 'delete-old', 'confirm']);
    expect((await project.json(['rotate', 'api_key', '--confirm', 'delete-old,update-docs'])).json.state).toBe('done');
  });

  test('generated values need no word: the record says unproven', async () => {
    await project.json(['rotate', 'api_key', '--generate', '40', '--yes']);
    project.laterBy(48);
    const ran = await project.json(['rotate', 'api_key', '--yes', '--confirm', 'update-docs']);
    expect([ran.json.state, ran.json.steps[8]!.detail]).toEqual(['done', expect.stringContaining('unproven')]);
    expect(await value('api_key_v2', 'production')).toMatch(/^[A-Za-z0-9]{40}$/);
  });

  test('values by file, kept ones, and the errors of each', async () => {
    project.write('new.key', 'from-a-file\n');
    const bad: [string[], string, number, string][] = [
      [['--value-file', 'nowhere=new.key'], '', 2, 'usage'],
      [['--value-file', 'staging'], '', 2, 'usage'],
      [['--keep', 'development,staging,production'], '', 2, 'usage'],
      [['--values-stdin'], 'not json', 2, 'invalid_value'],
      [['--values-stdin'], '{"staging":1}', 2, 'invalid_value'],
      [['--values-stdin'], `{"staging":"${OLD.production}"}`, 7, 'same_value'],
      [['--values-stdin'], '{"staging":""}', 2, 'invalid_value'],
      [['--confirm', 'create'], '', 2, 'usage'],
      [['--skip', 'create', '--reason', 'x'], '', 2, 'usage'],
      [['--skip', 'verify'], '', 2, 'usage'],
      [['--window', '1h'], '', 7, 'too_early'],
      [['--window', '31d'], '', 2, 'usage'],
      [['--reason', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'], '', 2, 'invalid_value'],
    ];
    for (const [argv, stdin, exit, code] of bad) {
      const ran = await project.json(['rotate', 'api_key', '--yes', ...argv], stdin);
      expect([argv.join(' '), ran.exit, ran.code]).toEqual([argv.join(' '), exit, code]);
    }
    const ran = await project.json([
      'rotate',
      'api_key',
      '--yes',
      '--keep',
      'development,staging',
      '--value-file',
      'production=new.key',
    ]);
    expect([ran.exit, ran.json.step]).toEqual([0, 'monitor']);
    expect(await value('api_key_v2', 'production')).toBe('from-a-file\n');
    expect(await value('api_key_v2', 'staging')).toBe(OLD.staging);
  });
});

describe('going back', () => {
  test.each(['document', 'generate', 'create'])(
    '--abort after %s leaves nothing behind but a withdrawn version',
    async (step) => {
      await addRoutes(project);
      for (const key of Object.values(NEW)) project.accepted.add(key);
      await start('--until', step);
      const ran = await project.json(['rotate', 'api_key', '--abort']);
      expect([ran.exit, ran.json.state]).toEqual([0, 'aborted']);
      expect(project.read('config/app.env')).toContain('{{secret:api_key}}');
      expect(await value('api_key', 'production')).toBe(OLD.production);
      expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
      const again = await start('--until', 'create');
      expect(again.json.to).toBe(step === 'create' ? 'api_key_v3' : 'api_key_v2');
    },
  );

  test.each(['update-staging', 'test-staging', 'update-production'])(
    '--rollback after %s puts every file back byte for byte and deploys again',
    async (step) => {
      await addRoutes(project);
      for (const key of Object.values(NEW)) project.accepted.add(key);
      const files = ['config/app.env', 'config/staging.yaml', 'config/prod.json'];
      const before = files.map(project.read);
      const began = await start('--until', step);
      expect(began.exit).toBe(0);
      expect((await project.json(['rotate', 'api_key', '--abort'])).code).toBe('no_way_back');
      const ran = await project.json(['rotate', 'api_key', '--rollback', '--reason', 'it was wrong']);
      expect([ran.exit, ran.json.state]).toEqual([0, 'rolled-back']);
      expect(files.map(project.read)).toEqual(before);
      expect(project.read('live-staging.env')).toContain(OLD.staging);
      expect(await value('api_key@current', 'production')).toBe(OLD.production);
      const shown = (await project.json<{ state: string }[]>(['list'])).json;
      expect(shown.map(({ state }) => state)).toEqual(['live', 'withdrawn']);
      expect((await project.json(['rotate', 'api_key', '--rollback'])).code).toBe('no_way_back');
      expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
      expect((await start('--until', 'create')).json.to).toBe('api_key_v3');
    },
  );

  test('after the old value was deleted there is no way back', async () => {
    await project.json(['rotate', 'api_key', '--generate', '--yes']);
    project.laterBy(48);
    await project.json(['rotate', 'api_key', '--yes']);
    expect((await project.json(['rotate', 'api_key', '--rollback'])).code).toBe('no_way_back');
  });

  test('what a deploy command failed with is followed by how to go on', async () => {
    project.write('p.env', 'K={{secret:api_key}}\n');
    await must(project.knox(['route', 'add', 'p.env', '-e', 'production', '--deploy-command', 'exit 3']));
    const { json, code } = await start();
    expect([code, json.step]).toEqual(['hook_failed', 'update-production']);
    expect(json.next).toMatch(/^run it by hand .*; then: knox rotate api_key$/);
  });

  test('a rollback whose deploy command fails is finished by the next run', async () => {
    await addRoutes(project);
    for (const key of Object.values(NEW)) project.accepted.add(key);
    project.write('ok', '');
    await must(
      project.knox(['route', 'add', 'config/prod.json', '-e', 'production', '--deploy-command', 'test -e ok']),
    );
    await start('--until', 'update-production');
    const { rmSync } = await import('node:fs');
    rmSync(join(project.folder, 'ok'));
    const failed = await project.json(['rotate', 'api_key', '--rollback']);
    expect(failed).toMatchObject({ exit: 1, code: 'hook_failed' });
    project.write('ok', '');
    const ran = await project.json(['rotate', 'api_key']);
    expect(ran.json.state).toBe('rolled-back');
    expect(project.read('config/prod.json')).toContain('{{secret:api_key}}');
  });
});

describe('when something is wrong outside', () => {
  test('a probe that does not pass stops before production, and the same command goes on once it is mended', async () => {
    await addRoutes(project);
    for (const key of Object.values(NEW)) project.accepted.add(key);
    await start('--until', 'update-staging');
    project.accepted.delete(NEW.staging);
    const ran = await project.json(['rotate', 'api_key', '--yes']);
    expect([ran.exit, ran.code, ran.json.state, ran.json.step]).toEqual([1, 'probe_failed', 'failed', 'test-staging']);
    expect(ran.json.steps[4]!.state).toBe('failed');
    expect(project.read('config/prod.json')).toContain('{{secret:api_key}}');
    project.accepted.add(NEW.staging);
    expect((await project.json(['rotate', 'api_key', '--yes'])).json.step).toBe('monitor');
  });

  test('a deploy command that fails stops at the first environment and says what it printed, without the value', async () => {
    project.write('p.env', 'K={{secret:api_key}}\n');
    await must(
      project.knox([
        'route',
        'add',
        'p.env',
        '-e',
        'production',
        '--deploy-command',
        'cat; echo broken pipe >&2; exit 3',
      ]),
    );
    const ran = await project.knox(['rotate', 'api_key', '--values-stdin', '--yes'], newValues);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('exit status 3');
    expect(ran.stderr).toContain('broken pipe');
    expect(ran.stderr).toContain('[knox:api_key_v2]');
    expect(ran.stderr).not.toContain(NEW.production);
  });

  test('a route file that is gone, or was changed by hand, is an error that loses nothing', async () => {
    await addRoutes(project);
    for (const key of Object.values(NEW)) project.accepted.add(key);
    await start('--until', 'create');
    const { renameSync } = await import('node:fs');
    renameSync(join(project.folder, 'config/staging.yaml'), join(project.folder, 'away'));
    const gone = await project.json(['rotate', 'api_key', '--yes']);
    expect([gone.exit, gone.code, gone.json.step, gone.json.needs?.kind]).toEqual([1, 'io', 'update-staging', 'fix']);
    renameSync(join(project.folder, 'away'), join(project.folder, 'config/staging.yaml'));
    project.write('config/app.env', '# mine\nA={{secret:api_key}}\nB={{ secret:api_key | trim }}\n');
    const ran = await project.json(['rotate', 'api_key', '--yes']);
    expect([ran.exit, ran.json.step]).toEqual([0, 'monitor']);
    expect(project.read('config/app.env')).toBe('# mine\nA={{secret:api_key_v2}}\nB={{ secret:api_key_v2 | trim }}\n');
    expect(readdirSync(join(project.folder, 'config')).toSorted()).toEqual(['app.env', 'prod.json', 'staging.yaml']);
  });

  test('a use of the old version after production moved is named, and waited out', async () => {
    await project.json(['rotate', 'api_key', '--values-stdin', '--yes'], newValues);
    project.laterBy(24);
    expect(await value('api_key', 'production')).toBe(OLD.production);
    project.laterBy(24);
    const ran = await project.json(['rotate', 'api_key', '--yes']);
    expect([ran.exit, ran.json.step, ran.json.needs?.kind, ran.json.needs?.until]).toEqual([
      0,
      'verify',
      'time',
      '2026-01-13T12:00:00.000Z',
    ]);
    expect(ran.json.next).toContain('get');
    project.laterBy(24);
    expect((await project.json(['rotate', 'api_key', '--yes'])).json.step).toBe('delete-old');
  });

  test('a file that still names the old version keeps it from being deleted', async () => {
    project.write('a.txt', '{{secret:api_key}}');
    await project.json(['rotate', 'api_key', '--values-stdin', '--yes'], newValues);
    await must(project.knox(['route', 'add', 'a.txt', '-e', 'production']));
    project.laterBy(48);
    const ran = await project.json(['rotate', 'api_key', '--confirm', 'delete-old']);
    expect([ran.exit, ran.code, ran.json.step]).toEqual([7, 'still_referenced', 'delete-old']);
  });

  test('a file outside of the routes that holds a placeholder is warned of', async () => {
    project.write('docs/notes.md', 'uses {{secret:api_key}}');
    project.write('src/app.js', 'process.env.api_key');
    project.write('src/other.js', 'my_api_key_old');
    const ran = await project.knox(['rotate', 'api_key', '--until', 'document']);
    expect(ran.stderr).toContain('docs/notes.md:1 holds a placeholder');
    expect(ran.stderr).toContain('src/app.js:1 names it');
    expect(ran.stderr).not.toContain('other.js');
  });
});

describe('rotations and rotations continue', () => {
  test('a timer goes on with what needs nobody, and past one that fails', async () => {
    await must(project.knox(['add', 'other', '-e', 'production'], 'other-old-value'));
    await project.json(['rotate', 'other', '--generate', '--yes']);
    project.laterBy(1);
    project.write('p.txt', '{{secret:api_key}}');
    await must(
      project.knox([
        'route',
        'add',
        'p.txt',
        '-e',
        'production',
        '--probe',
        'https://pay.example.com/',
        '--header',
        'Authorization: Bearer {{secret:api_key}}',
        '--deploy-command',
        'true',
        '--yes',
      ]),
    );
    project.accepted.add(NEW.production);
    await start();
    project.laterBy(48);
    project.accepted.delete(NEW.production);
    const ran = await project.json<RotationView[]>(['rotations', 'continue']);
    expect(ran.exit).toBe(1);
    const said = (await project.knox(['rotations', 'continue'])).stderr;
    expect(said).toContain(
      '2 of 2 need a person:\n  knox rotate other  (waits at update-docs)\n  knox rotate api_key  (failed at monitor)',
    );
    expect(ran.json.map(({ base, state, step }) => [base, state, step])).toEqual([
      ['other', 'waiting', 'update-docs'],
      ['api_key', 'failed', 'monitor'],
    ]);
    const listed = await project.json<RotationView[]>(['rotations']);
    expect(listed.json).toHaveLength(2);
    expect((await project.json(['rotations', 'continue', 'nothing'])).code).toBe('secret_not_found');
  });

  test('an empty list is an empty array', async () => {
    expect((await project.json(['rotations'])).json).toEqual([]);
    expect(existsSync(join(project.folder, '.knox/vault.db'))).toBe(true);
  });
});

describe('--due', () => {
  test('starts rotate every secret that is due, asks nothing, and leaves those alone that are not or are under way', async () => {
    await must(project.knox(['add', 'late', '-e', 'production', '--every', '1d'], 'late-old-value'));
    await must(project.knox(['add', 'later', '-e', 'production', '--every', '1d'], 'later-old-value'));
    await must(project.knox(['add', 'fine', '-e', 'production', '--every', '90d'], 'fine-old-value'));
    await project.json(['rotate', 'later', '--until', 'document']);
    project.laterBy(25);
    expect((await project.json(['rotate', 'api_key', '--due'])).code).toBe('usage');
    const ran = await project.json<RotationView[]>(['rotate', '--due', '--generate', '--yes']);
    expect([ran.exit, ran.json.map(({ base, step }) => [base, step])]).toEqual([0, [['late', 'monitor']]]);
    const waiting = await project.json<RotationView[]>(['rotate', '--due']);
    expect([waiting.exit, waiting.json]).toEqual([0, []]);
    expect((await project.json<RotationView[]>(['rotate', '--exposed'])).json).toEqual([]);
  });
});
