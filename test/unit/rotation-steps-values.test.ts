/** Steps 1 to 3, each by itself: what is recorded, whose values are stored, and that nothing in use changes. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Guards } from '../../src/domain/guards.ts';
import { reportIncident } from '../../src/rotation/incident.ts';
import { makeStepScene, NEW, OLD, PROBE } from '../helpers/step-scene.ts';
import type { StepScene } from '../helpers/step-scene.ts';

let scene: StepScene;
beforeEach(async () => {
  scene = await makeStepScene();
});
afterEach(() => scene.remove());

const ENVIRONMENTS = ['staging', 'production'] as const;
const each = <T>(of: (environment: string) => Promise<T>) => Promise.all(ENVIRONMENTS.map(of));
const newValues = () => each((name) => scene.valueOf('api_key_v2', name));
/** Whether each environment has a value of the new version, live or not. */
const hasStored = () => each(async (name) => (await scene.stored()).name('api_key_v2', name)!.value !== null);
const statesOf = (version: string) => each(async (name) => (await scene.stored()).name(version, name)?.state);
const currentOf = () =>
  each(async (name) => scene.vault.read(async (view) => (await view.get('lineage', name, 'api_key'))!.current));

describe('step 1', () => {
  test('records the routes of each environment, and changes no file', async () => {
    await scene.addRoute('staging', null);
    await scene.addRoute('production', null);
    await scene.begin();
    expect(await scene.step('document')).toEqual({
      kind: 'done',
      facts: {
        of: 'recorded',
        routes: ['config/staging.env', 'config/production.env'],
        isUnrouted: false,
        left: { first: [], more: 0 },
      },
      isDoubtful: false,
    });
    const rotation = await scene.stored();
    expect(rotation.route('', 'config/production.env', 'production')).toMatchObject({
      plannedAt: null,
      writtenAt: null,
    });
    expect(scene.text('config/production.env')).toBe('API_KEY={{secret:api_key}}\n');
    expect(scene.asked).toEqual([]);
    expect(scene.guide.warned).toEqual([]);
    expect(await scene.logged()).toEqual(['rotation-document']);
  });

  test('is doubtful where no file of production names the secret', async () => {
    await scene.addRoute('staging', null);
    await scene.begin();
    expect(await scene.step('document')).toMatchObject({ kind: 'done', facts: { isUnrouted: true }, isDoubtful: true });
  });

  test('offers a file that holds a value for the environments that it is the value of; without an answer it stays', async () => {
    scene.write('app.env', `KEY=${OLD.production}\n`);
    await scene.begin();
    expect(await scene.step('document')).toMatchObject({
      facts: { routes: [], left: { first: [{ path: 'app.env', line: 1 }], more: 0 } },
      isDoubtful: true,
    });
    expect(scene.asked).toEqual([{ of: 'file', path: 'app.env', environments: ['production'] }]);
    expect(scene.guide.warned).toEqual(['unregistered_file']);
    expect(scene.text('app.env')).toBe(`KEY=${OLD.production}\n`);
  });

  test('takes the file in where that is the answer', async () => {
    scene.write('app.env', `KEY=${OLD.production}\n`);
    await scene.begin();
    const outcome = await scene.step('document', { files: { 'app.env': 'production' } });
    expect(outcome).toMatchObject({ facts: { routes: ['app.env'], isUnrouted: false, left: { first: [] } } });
    expect(scene.text('app.env')).toBe('KEY={{secret:api_key}}\n');
    expect(await scene.logged()).toEqual(['route-add', 'rotation-document']);
  });

  test('fails at a registered file that is gone', async () => {
    await scene.addRoute('production', null);
    await scene.begin();
    scene.erase('config/production.env');
    await expect(scene.step('document')).rejects.toMatchObject({ code: 'io' });
    expect(await scene.logged()).toEqual([]);
  });
});

describe('step 2', () => {
  beforeEach(() => scene.begin());

  test('asks for each value, and stores what it gets for each environment', async () => {
    expect(await scene.step('generate', { values: NEW })).toEqual({
      kind: 'done',
      facts: { of: 'values', made: 2, kept: [], deferred: [] },
    });
    expect(scene.asked).toEqual([
      { of: 'value', to: 'api_key_v2', environment: 'staging' },
      { of: 'value', to: 'api_key_v2', environment: 'production' },
    ]);
    expect(await hasStored()).toEqual([true, true]);
    expect(await statesOf('api_key_v2')).toEqual(['pending', 'pending']);
    expect(await scene.logged()).toEqual(['rotation-value', 'rotation-value']);
  });

  test('waits where nobody has one, and stores nothing', async () => {
    expect(await scene.step('generate')).toMatchObject({
      kind: 'waits',
      needs: { kind: 'values', environments: ['staging', 'production'], why: { of: 'values', isAllKept: false } },
    });
    expect(await hasStored()).toEqual([false, false]);
    expect(await scene.logged()).toEqual([]);
  });

  test('keeps what it got, and asks for the rest alone when it is called again', async () => {
    const first = await scene.step('generate', { values: { staging: NEW.staging } });
    expect(first).toMatchObject({ kind: 'waits', needs: { environments: ['production'] } });
    expect(await hasStored()).toEqual([true, false]);
    expect(await scene.step('generate', { values: NEW })).toMatchObject({ kind: 'done', facts: { made: 2 } });
    expect(scene.asked).toEqual([{ of: 'value', to: 'api_key_v2', environment: 'production' }]);
  });

  test('takes what was given, and asks nobody', async () => {
    const outcome = await scene.step('generate', {}, { values: scene.given(NEW) });
    expect(outcome).toMatchObject({ kind: 'done', facts: { made: 2 } });
    expect(scene.asked).toEqual([]);
  });

  test('makes the values itself where that is said', async () => {
    expect(await scene.step('generate', {}, { generate: 40 })).toMatchObject({ kind: 'done', facts: { made: 2 } });
    expect(scene.asked).toEqual([]);
    await scene.step('create');
    const made = await newValues();
    expect(made.map((value) => value?.length)).toEqual([40, 40]);
    expect(made[0]).not.toBe(made[1]);
  });

  test('gets them from a source, after the attempt was written down', async () => {
    await scene.addSource('production');
    const outcome = await scene.step('generate', { values: { staging: NEW.staging } });
    expect(outcome).toMatchObject({ kind: 'done', facts: { made: 2 } });
    expect(scene.provider()).toEqual(['create production']);
    expect(await scene.logged()).toEqual(['rotation-value', 'rotation-attempt', 'rotation-value']);
  });

  test('keeps a value, and says so', async () => {
    const outcome = await scene.step('generate', { values: NEW }, { keep: new Set(['staging']) });
    expect(outcome).toMatchObject({ kind: 'done', facts: { made: 1, kept: ['staging'] } });
    expect(scene.asked).toEqual([{ of: 'value', to: 'api_key_v2', environment: 'production' }]);
    expect((await scene.stored()).record('api_key', 'staging')?.isKept).toBe(true);
  });

  test.each([
    ['everything', { keep: new Set(['staging', 'production']) }],
    ['an environment that is not in it', { keep: new Set(['development']) }],
  ])('refuses to keep %s, and stores nothing', async (_what, answers) => {
    await expect(scene.step('generate', { values: NEW }, answers)).rejects.toMatchObject({ code: 'usage' });
    expect(scene.asked).toEqual([]);
    expect(await hasStored()).toEqual([false, false]);
  });

  test('refuses the old value once more, and stores nothing of what was given with it', async () => {
    const values = scene.given({ staging: NEW.staging, production: OLD.production });
    await expect(scene.step('generate', {}, { values })).rejects.toMatchObject({ code: 'same_value' });
    expect(await hasStored()).toEqual([false, false]);
  });

  test('asks again for a value that was typed and refused', async () => {
    const values = { staging: NEW.staging, production: [OLD.production, NEW.production] };
    expect(await scene.step('generate', { values })).toMatchObject({ kind: 'done', facts: { made: 2 } });
    expect(scene.asked).toHaveLength(3);
    expect(scene.guide.warned).toEqual(['same_value']);
  });
});

describe('step 2 with a probe', () => {
  beforeEach(async () => {
    scene.write('app.env', 'A={{secret:api_key}}\n');
    await scene.register('production', 'app.env', { probe: PROBE });
    await scene.begin();
  });

  test('has it try the value before it is stored', async () => {
    await scene.step('generate', {}, { values: scene.given(NEW) });
    expect(scene.sent).toEqual([NEW.production]);
    expect(await hasStored()).toEqual([true, true]);
  });

  test('stores nothing where it is refused', async () => {
    scene.accepted.delete(NEW.production);
    const answers = { values: scene.given(NEW) };
    await expect(scene.step('generate', {}, answers)).rejects.toMatchObject({ code: 'probe_failed' });
    expect(await hasStored()).toEqual([false, false]);
    expect(await scene.logged()).toEqual(['auth-failure']);
  });

  test('stores it where that was overruled, and warns', async () => {
    scene.accepted.delete(NEW.production);
    const guards = new Guards(['untested'], false, 'learnt by deployment');
    await scene.step('generate', {}, { values: scene.given(NEW), guards });
    expect(scene.guide.warned).toEqual(['untested']);
    expect(await hasStored()).toEqual([true, true]);
    expect(guards.record()).toEqual({ forced: ['untested'], reason: 'learnt by deployment' });
  });
});

describe('step 3', () => {
  test('has the new version live beside the old one, which every environment stays on', async () => {
    await scene.addSource('production');
    await scene.begin();
    await scene.reach('create');
    const before = scene.provider();
    expect(await scene.step('create')).toEqual({
      kind: 'done',
      facts: {
        of: 'stored',
        names: ['api_key_v2'],
        beside: ['api_key'],
        environments: ['staging', 'production'],
        isRevoked: false,
      },
    });
    expect(await newValues()).toEqual(Object.values(NEW));
    expect(await statesOf('api_key')).toEqual(['live', 'live']);
    expect(await currentOf()).toEqual(['api_key', 'api_key']);
    expect([scene.asked, scene.sent, scene.provider()]).toEqual([[], [], before]);
    expect(await scene.logged()).toEqual(['rotation-create']);
  });

  test('called again finds it there, and writes nothing', async () => {
    await scene.begin();
    await scene.reach('create');
    const first = await scene.step('create');
    expect(await scene.step('create')).toEqual(first);
    expect(await scene.logged()).toEqual([]);
  });

  describe('where a leak is worse than an outage', () => {
    beforeEach(async () => {
      await scene.begin();
      await scene.reach('create');
      await reportIncident(await scene.current(), { reason: 'seen in a log', revokeFirst: true });
    });

    test('waits for the word that the old value was revoked', async () => {
      expect(await scene.step('create')).toMatchObject({
        kind: 'waits',
        needs: { kind: 'confirm', why: { of: 'revoked' } },
      });
      expect(scene.asked).toMatchObject([{ of: 'vouch', step: 'delete-old' }]);
      const rotation = await scene.stored();
      expect(rotation.isProven).toBe(false);
      expect(rotation.record('api_key', 'production')?.revokedAt).toBeNull();
    });

    test('is done with that word, and the old version is still there', async () => {
      expect(await scene.step('create', { vouch: [true] })).toMatchObject({ kind: 'done', facts: { isRevoked: true } });
      const rotation = await scene.stored();
      expect(rotation.record('api_key', 'production')?.proof).toMatchObject({ kind: 'vouched' });
      expect(await statesOf('api_key')).toEqual(['live', 'live']);
    });
  });
});
