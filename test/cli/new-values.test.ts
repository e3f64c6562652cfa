/** New values: tried before anything goes by them, taken whole or not at all, and never random text for a provider's key. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errors } from '../../src/errors.ts';
import type { Prompts } from '../../src/terminal/prompts.ts';
import { addRoutes, makeProject, must, NEW, OLD } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';
import { answering } from '../helpers/terminal.ts';

let project: Project;
beforeEach(async () => {
  project = await makeProject();
});
afterEach(() => project.remove());

const PROBE = ['--probe', 'https://pay.example.com/', '--header', 'Authorization: Bearer {{secret:api_key}}', '--yes'];
const give = (values: object, ...more: string[]) =>
  project.json(['rotate', 'api_key', '--values-stdin', '--yes', ...more], JSON.stringify(values));
const value = async (name: string, environment: string, ...more: string[]) =>
  (await project.knox(['get', name, '-e', environment, ...more])).stdout.toString();
const unreleased = ['--force', 'unreleased', '--reason', 'a test'];
const audit = async (action: string) =>
  (await project.json<{ detail: Record<string, unknown> }[]>(['audit', '--action', action])).json;
const acceptAll = () => {
  for (const key of Object.values(NEW)) project.accepted.add(key);
};

/** One production file with a probe and a deploy command that leaves a trace. */
async function addProduction(...more: string[]): Promise<void> {
  project.write('p.env', 'K={{secret:api_key}}\n');
  await must(
    project.knox([
      'route',
      'add',
      'p.env',
      '-e',
      'production',
      ...PROBE,
      '--deploy-command',
      'cat > live.env',
      ...more,
    ]),
  );
}

describe('a value that is given', () => {
  test('for an environment that is to be kept is no order at all', async () => {
    const ran = await give(NEW, '--keep', 'development');
    expect([ran.exit, ran.code, ran.json]).toEqual([2, 'usage', null]);
    expect((await project.knox(['rotate', 'api_key', '--status', '--json'])).exit).toBe(5);
  });

  test('and refused by its probe stops at step 2: nothing of the input is stored, no file is touched', async () => {
    await addRoutes(project);
    project.accepted.add(NEW.staging);
    const ran = await give(NEW);
    expect([ran.exit, ran.code, ran.json.step, ran.json.needs?.kind]).toEqual([1, 'probe_failed', 'generate', 'fix']);
    expect(project.read('config/app.env')).toContain('{{secret:api_key}}');
    // The right one takes its place, also where the first staging value would be the same as this production value.
    const right = { development: 'right-dev-value', staging: 'right-staging-value', production: NEW.staging };
    project.accepted.add(right.staging);
    expect((await give(right)).json.step).toBe('monitor');
    expect(await value('api_key_v2', 'production')).toBe(NEW.staging);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test('is asked of the probe with the value itself, before any file names the new version', async () => {
    await addProduction();
    acceptAll();
    await give(NEW, '--until', 'generate');
    expect(project.requests.map(({ key, status }) => [key, status])).toEqual([[NEW.production, 200]]);
    expect(project.read('p.env')).toBe('K={{secret:api_key}}\n');
  });

  test('is filled into headers that come from the route itself', async () => {
    project.write('h.json', '{"Authorization": "Bearer {{secret:api_key}}"}');
    const probe = ['--probe', 'https://pay.example.com/', '--headers-from-route', '--yes'];
    await must(project.knox(['route', 'add', 'h.json', '-e', 'production', ...probe]));
    const ran = await give(NEW);
    expect([ran.exit, ran.code, ran.json.step]).toEqual([1, 'probe_failed', 'generate']);
    expect(project.requests).toEqual([expect.objectContaining({ key: NEW.production, status: 401 })]);
    expect(project.read('h.json')).toContain('{{secret:api_key}}');
  });

  test('stays out where the probe cannot be reached: that is a note, and the update asks again', async () => {
    await addProduction();
    const dead = (async () => {
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    }) as unknown as typeof fetch;
    const ran = await project.knox(['rotate', 'api_key', '--values-stdin', '--yes'], JSON.stringify(NEW), {
      fetch: dead,
    });
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('connection refused') });
    const view = await project.json(['rotate', 'api_key', '--status']);
    expect([view.json.step, view.json.steps[1]!.state]).toEqual(['update-production', 'done']);
    expect(project.read('p.env')).toBe('K={{secret:api_key}}\n');
  });

  test('is asked for again on a terminal', async () => {
    await addProduction();
    project.accepted.add('the-right-key');
    const { prompts, done } = answering(
      [/api_key for production/, 'type'],
      [/New value/, 'a-wrong-key'],
      [/Store it/, true],
      [/api_key for production/, 'type'],
      [/New value/, 'the-right-key'],
      [/Store it/, true],
    );
    const argv = ['rotate', 'api_key', '--keep', 'development,staging', '--until', 'create'];
    const ran = await project.knox(argv, '', { prompts });
    done();
    expect(ran).toMatchObject({ exit: 0, stderr: expect.stringContaining('refused by the probe of p.env') });
    expect(await value('api_key_v2', 'production', ...unreleased)).toBe('the-right-key');
    expect((await audit('auth-failure')).map(({ detail }) => detail['stored'])).toEqual([false]);
  });

  test('is taken all the same by force, with a reason, for a service that learns it from the deployment', async () => {
    await addProduction();
    const ran = await give(NEW, '--until', 'create', '--force', 'untested', '--reason', 'it reads live.env');
    expect([ran.exit, ran.json.step]).toEqual([0, 'update-staging']);
    expect((await audit('rotation-value'))[0]!.detail['forced']).toEqual(['untested']);
    project.accepted.add(OLD.production);
    const learns = (async (_url: string, options?: { headers?: [string, string][] }) => {
      const key = new Map(options?.headers).get('Authorization')!.replace('Bearer ', '');
      let live = `K='${OLD.production}'`;
      try {
        live = project.read('live.env');
      } catch {
        // Not deployed yet.
      }
      return new Response(null, { status: live.includes(key) ? 200 : 401 });
    }) as unknown as typeof fetch;
    const went = await project.knox(['rotate', 'api_key', '--yes', '--until', 'update-production'], '', {
      fetch: learns,
    });
    expect([went.exit, project.read('live.env')]).toEqual([0, `K='${NEW.production}'\n`]);
  });

  test('goes only to a host that was accepted for the secret', async () => {
    project.write('p.env', 'K={{secret:api_key}}\n');
    const args = ['route', 'add', 'p.env', '-e', 'production', ...PROBE];
    expect((await project.knox(args.filter((arg) => arg !== '--yes'))).exit).toBe(2);
    await give(NEW, '--until', 'create');
    expect(project.requests).toEqual([]);
  });
});

describe('before an update', () => {
  test.each([
    ['update-staging', 'test-staging', 'config/staging.yaml', NEW.staging],
    ['update-production', 'test-staging', 'config/prod.json', NEW.production],
  ])(
    '%s: a value that is refused by now changes nothing, and counts as a refused login',
    async (step, _, file, key) => {
      await addRoutes(project);
      acceptAll();
      await give(NEW, '--until', step === 'update-staging' ? 'create' : 'test-staging');
      const before = [project.read('config/app.env'), project.read(file)];
      project.accepted.delete(key);
      const ran = await project.json(['rotate', 'api_key', '--yes']);
      expect([ran.exit, ran.code, ran.json.step, ran.json.state]).toEqual([1, 'probe_failed', step, 'failed']);
      expect([project.read('config/app.env'), project.read(file)]).toEqual(before);
      expect((await audit('auth-failure')).length).toBeGreaterThan(0);
      if (step === 'update-production') expect(await value('api_key@current', 'production')).toBe(OLD.production);
      project.accepted.add(key);
      expect((await project.json(['rotate', 'api_key', '--yes'])).json.step).toBe('monitor');
    },
  );

  test('production stays as it is where the probe does not pass for whatever reason', async () => {
    await addProduction('--expect', '204');
    acceptAll();
    const ran = await give(NEW);
    expect([ran.exit, ran.code, ran.json.step]).toEqual([1, 'probe_failed', 'update-production']);
    expect(project.read('p.env')).toBe('K={{secret:api_key}}\n');
    expect(existsSync(join(project.folder, 'live.env'))).toBe(false);
  });

  test('what knox made is known to nobody yet: it goes on where the value of today passes, and nowhere else', async () => {
    await addProduction();
    const generate = ['rotate', 'api_key', '--generate', '--yes'];
    project.accepted.delete(OLD.production);
    const refused = await project.json(generate);
    expect([refused.exit, refused.json.step, project.read('p.env')]).toEqual([
      1,
      'update-production',
      'K={{secret:api_key}}\n',
    ]);
    project.accepted.add(OLD.production);
    const ran = await project.json(generate);
    expect([ran.exit, ran.code, project.read('p.env')]).toEqual([1, 'probe_failed', 'K={{secret:api_key_v2}}\n']);
    expect(project.read('live.env')).toMatch(/^K='[A-Za-z0-9]{32}'\n$/);
  });
});

describe('the probe gets', () => {
  const header = (text: string) => [
    '--probe',
    'https://pay.example.com/',
    '--header',
    `Authorization: Bearer ${text}`,
    '--yes',
  ];
  const sent = () => project.requests.map(({ key, status }) => `${key} ${status}`);

  test('the new value of an inline route, also of one that is its headers', async () => {
    project.accepted.add(NEW.production);
    const command = ['--deploy-command', 'true'];
    const plain = ['route', 'add', '@plain', '--template', 'K={{secret:api_key}}', '-e', 'production', ...command];
    await must(project.knox([...plain, ...header('{{secret:api_key@current}}')]));
    const template = '{"Authorization": "Bearer {{secret:api_key}}"}';
    const own = ['route', 'add', '@own', '--template', template, '-e', 'production', ...command];
    await must(project.knox([...own, '--probe', 'https://pay.example.com/', '--headers-from-route', '--yes']));
    await give(NEW, '--until', 'generate');
    expect(sent()).toEqual([`${NEW.production} 200`, `${NEW.production} 200`]);
  });

  test('all new values of a rotation of several secrets, and is not asked before they are complete', async () => {
    await must(project.knox(['add', 'id', '-e', 'production'], 'id-old-0001'));
    await must(project.knox(['add', 'pass', '-e', 'production'], 'pass-old-0001'));
    project.write('aws.env', 'ID={{secret:id}}\nPASS={{secret:pass}}\n');
    await must(
      project.knox(['route', 'add', 'aws.env', '-e', 'production', ...header('{{secret:id}}/{{secret:pass}}')]),
    );
    project.accepted.add('id-new-0001/pass-new-0001');
    const { prompts, done } = answering(
      [/^id for production/, 'type'],
      [/New value/, 'id-new-0001'],
      [/Store it/, true],
      [/^pass for production/, 'type'],
      [/New value/, 'pass-wrong-01'],
      [/Store it/, true],
      [/^id for production/, 'type'],
      [/New value/, 'id-new-0001'],
      [/Store it/, true],
      [/^pass for production/, 'type'],
      [/New value/, 'pass-new-0001'],
      [/Store it/, true],
    );
    await must(project.knox(['rotate', 'id', 'pass', '--until', 'create'], '', { prompts }));
    done();
    expect(sent()).toEqual(['id-new-0001/pass-wrong-01 401', 'id-new-0001/pass-new-0001 200']);
  });

  test('a shared value for each environment that has a probe', async () => {
    await must(project.knox(['add', 'token', '--shared'], 'old-shared-token'));
    for (const environment of ['staging', 'production']) {
      project.write(`${environment}.env`, 'T={{secret:token}}\n');
      const add = ['route', 'add', `${environment}.env`, '-e', environment];
      await must(project.knox([...add, ...header('{{secret:token}}')]));
    }
    const argv = ['rotate', 'token', '--values-stdin', '--yes'];
    const ran = await project.json(argv, '{"shared":"new-shared-token"}');
    expect([ran.code, ran.json.step, sent()]).toEqual([
      'probe_failed',
      'generate',
      ['new-shared-token 401', 'new-shared-token 401'],
    ]);
  });

  test('what a source has made, before the files of production are touched', async () => {
    await addProduction();
    const program = `node -e "console.log(JSON.stringify({ value: 'made-' + process.env.KNOX_ENVIRONMENT + '-0001' }))"`;
    await must(project.knox(['source', 'set', 'api_key', 'command', '--option', `program=${program}`]));
    const ran = await project.json(['rotate', 'api_key', '--yes']);
    expect([ran.code, ran.json.step, sent()]).toEqual([
      'probe_failed',
      'update-production',
      ['made-production-0001 401'],
    ]);
    expect(project.read('p.env')).toBe('K={{secret:api_key}}\n');
    project.accepted.add('made-production-0001');
    expect((await project.json(['rotate', 'api_key', '--yes'])).json.step).toBe('monitor');
  });
});

describe('an input of which a value is refused', () => {
  const TYPO = { development: 'TYPO-development', staging: 'TYPO-staging-0002', production: OLD.production };

  test('leaves nothing: the corrected one is taken whole', async () => {
    const refused = await give(TYPO);
    expect(refused).toMatchObject({ exit: 7, code: 'same_value' });
    expect((await give(NEW, '--until', 'create')).exit).toBe(0);
    expect(await value('api_key_v2', 'staging')).toBe(NEW.staging);
    expect((await project.knox(['audit', 'verify'])).exit).toBe(0);
  });

  test.each([
    ['same_value', { staging: 'X-both-the-same', production: 'X-both-the-same' }],
    ['invalid_value', { staging: 'first-is-fine', production: '' }],
    ['wrong_environment', { staging: 'first-is-fine', production: 'sk_test_4eC39HqLyjWDarjtT1zdp7dc' }],
  ])('%s', async (code, values) => {
    expect((await give(values)).code).toBe(code);
    const right = {
      development: 'right-development',
      staging: 'right-staging-1',
      production: Object.values(values)[0],
    };
    expect((await give(right, '--until', 'create')).exit).toBe(0);
    expect(await value('api_key_v2', 'production', ...unreleased)).toBe(right.production);
  });

  test('by file as by stdin', async () => {
    project.write('s', 'X-staging-wrong');
    project.write('p', OLD.production);
    const files = ['--value-file', 'staging=s', '--value-file', 'production=p', '--keep', 'development'];
    expect((await project.json(['rotate', 'api_key', '--yes', ...files])).code).toBe('same_value');
    project.write('s', 'right-staging-1');
    project.write('p', 'right-production-1');
    expect((await project.json(['rotate', 'api_key', '--yes', ...files, '--until', 'create'])).exit).toBe(0);
    expect(await value('api_key_v2', 'staging')).toBe('right-staging-1');
  });

  test('two values for one name are neither', async () => {
    const twice =
      '{"staging": "one-staging-value", "production": "a-production-value", "staging": "two-staging-value"}';
    const ran = await project.knox(['rotate', 'api_key', '--values-stdin', '--yes'], twice);
    expect(ran).toMatchObject({ exit: 2, stderr: expect.stringContaining('two values for one name') });
    expect(ran.stderr).not.toContain('staging-value');
  });

  test('says which value it was', async () => {
    const ran = await project.knox(['rotate', 'api_key', '--values-stdin'], JSON.stringify(TYPO));
    expect(ran.stderr).toContain('api_key_v2 for production: ');
  });
});

describe('until step 2 is done', () => {
  test('a value that is given later takes the place of the one before; after it, it is not taken, and that is said', async () => {
    expect((await give({ staging: 'first-staging-try' })).json.step).toBe('generate');
    await give(NEW, '--until', 'generate');
    await project.json(['rotate', 'api_key', '--until', 'create']);
    expect(await value('api_key_v2', 'staging')).toBe(NEW.staging);
    const late = await project.knox(
      ['rotate', 'api_key', '--values-stdin', '--until', 'create', '--json'],
      JSON.stringify({ ...NEW, staging: 'too-late-a-value' }),
    );
    expect(late.stderr.match(/"value_ignored"/g)).toHaveLength(1);
    expect(await value('api_key_v2', 'staging')).toBe(NEW.staging);
  });

  test('so does a value for an environment that was to be kept, and the other way round', async () => {
    const part = { staging: 'first-staging-try' };
    await give(part, '--keep', 'development');
    const ran = await give(
      { development: NEW.development, production: NEW.production },
      '--keep',
      'staging',
      '--until',
      'create',
    );
    expect([ran.exit, ran.json.steps[1]!.detail]).toEqual([0, '2 new values, kept for staging']);
    expect(await value('api_key_v2', 'staging')).toBe(OLD.staging);
    expect(await value('api_key_v2', 'development')).toBe(NEW.development);
  });
});

describe("a provider's key", () => {
  const KEY = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';
  beforeEach(() => must(project.knox(['add', 'stripe_api_key', '-e', 'production'], KEY)));

  test('is not replaced by random text, unless that is forced', async () => {
    const argv = ['rotate', 'stripe_api_key', '--generate', '--yes'];
    const ran = await project.json(argv);
    expect(ran).toMatchObject({ exit: 7, code: 'untested' });
    expect((await project.json(['rotate', 'stripe_api_key', '--status'])).json.step).toBe('generate');
    const forced = await project.json([...argv, '--force', 'untested', '--reason', 'a stand-in', '--until', 'create']);
    expect(forced.exit).toBe(0);
  });

  test('nor by a source that makes random text, when it is due', async () => {
    await must(project.knox(['source', 'set', 'stripe_api_key', 'generate']));
    project.laterBy(24 * 91);
    const ran = await project.knox(['rotate', '--due', '--yes']);
    expect(ran).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('stripe_api_key for production is a Stripe live key'),
    });
  });

  test('and the walk does not offer it', async () => {
    const offered: string[] = [];
    const { prompts } = answering();
    const select: Prompts['select'] = async ({ choices }) => {
      offered.push(...choices.map((choice) => String(choice.value)));
      throw errors.cancelled('cancelled');
    };
    const ran = await project.knox(['rotate', 'stripe_api_key'], '', { prompts: { ...prompts, select } });
    expect([ran.exit, offered]).toEqual([130, ['type']]);
  });

  test('add --generate makes what it is told to', async () => {
    expect((await project.knox(['add', 'stripe_api_key', '-e', 'staging', '--generate'])).exit).toBe(0);
  });
});

describe('what is no value', () => {
  test('a key of knox is refused, whichever way it comes', async () => {
    const key = project.read('k.key');
    const ways: [string[], string][] = [
      [['add', 'other', '-e', 'staging'], key],
      [['add', 'other', '-e', 'staging', '--value-file', 'k.key'], ''],
      [['rotate', 'api_key', '--value-file', 'production=k.key'], ''],
      [['rotate', 'api_key', '--values-stdin'], JSON.stringify({ staging: `\n${key}` })],
    ];
    for (const [argv, stdin] of ways)
      expect((await project.json(argv, stdin)).code, argv.join(' ')).toBe('invalid_value');
    project.write('k.env', `A=fine-value\nKEY=${/knox_key_1_\S+/.exec(key)![0]}\n`);
    expect((await project.json(['import', 'k.env', '-e', 'staging'])).code).toBe('invalid_value');
  });

  test('a placeholder is asked about on a terminal, with no as the answer of an Enter', async () => {
    const { prompts, done } = answering([/Value of other/, 'CHANGEME'], [/looks like a placeholder.*anyway\?/, false]);
    expect((await project.knox(['add', 'other', '-e', 'staging'], '', { prompts })).exit).toBe(130);
    done();
    expect((await project.json(['show', 'other'])).code).toBe('secret_not_found');
  });

  test('and is warned of in a script', async () => {
    const warned = expect.stringContaining('"placeholder"');
    expect((await project.knox(['add', 'other', '-e', 'staging', '--json'], '<your key>')).stderr).toEqual(warned);
    const values = JSON.stringify({ ...NEW, staging: 'changeme' });
    const ran = await project.knox(['rotate', 'api_key', '--values-stdin', '--until', 'create', '--json'], values);
    expect(ran).toMatchObject({ exit: 0, stderr: warned });
  });
});
