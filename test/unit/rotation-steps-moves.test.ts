/** Steps 4 to 6, each by itself: what is rewritten, tried and deployed, and that nothing of it is done without a yes. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeStepScene, NEW, OLD, PROBE } from '../helpers/step-scene.ts';
import type { StepScene } from '../helpers/step-scene.ts';

let scene: StepScene;
beforeEach(async () => {
  scene = await makeStepScene();
});
afterEach(() => scene.remove());

const OLD_TEXT = 'API_KEY={{secret:api_key}}\n';
const NEW_TEXT = 'API_KEY={{secret:api_key_v2}}\n';
const file = (environment: string) => scene.text(`config/${environment}.env`);
const isUpdated = async () => {
  const rotation = await scene.stored();
  return ['staging', 'production'].filter((name) => rotation.isUpdated(name));
};

async function addProbe(environment: string): Promise<void> {
  await scene.register(environment, '@probe', { template: 'K={{secret:api_key}}', probe: PROBE });
}

describe.each([
  ['step 4', 'update-staging', 'staging', []],
  ['step 6', 'update-production', 'production', ['staging']],
] as const)('%s', (_title, step, environment, before) => {
  const path = `config/${environment}.env`;

  async function reach(deploy?: string): Promise<void> {
    await scene.addRoute(environment, null, deploy);
    await scene.begin();
    await scene.reach(step);
  }

  test('without a yes nothing is rewritten, deployed or moved', async () => {
    await reach('touch deployed');
    expect(await scene.step(step)).toMatchObject({
      kind: 'waits',
      needs: {
        kind: 'confirm',
        environments: [environment],
        why: { of: 'apply', files: [path], deploys: [{ path, environment }] },
      },
    });
    expect(scene.asked).toEqual([{ of: 'update', step, files: [path], deploys: ['touch deployed'] }]);
    expect(file(environment)).toBe(OLD_TEXT);
    expect(scene.has('deployed')).toBe(false);
    expect(await isUpdated()).toEqual(before);
    expect(await scene.logged()).toEqual([]);
  });

  test('nor with a no', async () => {
    await reach('touch deployed');
    expect(await scene.step(step, { update: false })).toMatchObject({ kind: 'waits', needs: { kind: 'confirm' } });
    expect([file(environment), scene.has('deployed')]).toEqual([OLD_TEXT, false]);
  });

  test('with a yes the file is planned, rewritten, moved and deployed, in that order', async () => {
    await reach('touch deployed');
    expect(await scene.step(step, { update: true })).toEqual({
      kind: 'done',
      facts: { of: 'updated', environments: [environment], rewritten: 1, deployed: 1 },
    });
    expect([file(environment), scene.has('deployed')]).toEqual([NEW_TEXT, true]);
    expect(await isUpdated()).toEqual([...before, environment]);
    expect((await scene.stored()).route('', path, environment)).toMatchObject({ originals: ['api_key'] });
    expect(await scene.logged()).toEqual(['rotation-plan', 'rotation-update', 'rotation-deploy', 'rotation-deployed']);
  });

  test('called again it neither asks nor deploys', async () => {
    await reach('touch deployed');
    const first = await scene.step(step, { update: true });
    scene.erase('deployed');
    expect(await scene.step(step)).toEqual(first);
    expect([scene.asked, scene.has('deployed'), await scene.logged()]).toEqual([[], false, []]);
  });

  test('a deploy that fails is run again, with a warning and a new yes', async () => {
    await reach('test -e fixed');
    await expect(scene.step(step, { update: true })).rejects.toMatchObject({ code: 'hook_failed' });
    expect((await scene.stored()).route('', path, environment)).toMatchObject({ deployedAt: null });
    scene.write('fixed', '');
    expect(await scene.step(step)).toMatchObject({ kind: 'waits', needs: { why: { files: [] } } });
    expect(await scene.step(step, { update: true })).toMatchObject({ kind: 'done' });
    expect(scene.guide.warned).toContain('runs_again');
  });

  test('where no route names the secret it moves, and doubts that this was all', async () => {
    scene.write('left.env', `K=${OLD[environment]}\n`);
    await scene.begin();
    await scene.reach(step);
    expect(await scene.step(step)).toEqual({
      kind: 'done',
      facts: {
        of: 'not-rewritten',
        environments: [environment],
        holders: { first: [{ path: 'left.env', line: 1 }], more: 0 },
      },
      isDoubtful: true,
    });
    expect(await isUpdated()).toEqual([...before, environment]);
  });

  test('waits for the routes of another project, which it does not rewrite', async () => {
    const template = 'K={{secret:api_key}}';
    await scene.register(environment, '@web', { project: 'web', template });
    await scene.begin();
    await scene.reach(step);
    expect(await scene.step(step)).toMatchObject({
      kind: 'waits',
      needs: { kind: 'project', why: { of: 'projects', projects: ['web'] } },
    });
    const [route] = await scene.vault.read((view) => view.all('route', environment));
    expect(route!.template).toBe(template);
  });

  test('fails before anything is changed where the service refuses the new value', async () => {
    await scene.addRoute(environment, null, 'touch deployed');
    await addProbe(environment);
    await scene.begin();
    await scene.reach(step);
    scene.accepted.delete(NEW[environment]);
    expect(await scene.step(step, { update: true })).toMatchObject({
      kind: 'failed',
      error: { code: 'probe_failed' },
      why: { of: 'probes', isBefore: true, probes: [{ path: '@probe', environment, status: 401 }] },
      environments: [environment],
    });
    expect([file(environment), scene.has('deployed')]).toEqual([OLD_TEXT, false]);
    expect(await isUpdated()).toEqual(before);
  });
});

describe('step 6 without a deploy command', () => {
  beforeEach(async () => {
    await scene.addRoute('production', null);
    await scene.begin();
    await scene.reach('update-production');
  });

  test('waits for the word that it runs there; asked once more, no file is', async () => {
    const needs = { kind: 'confirm', why: { of: 'deployed', routes: [{ environment: 'production' }] } };
    expect(await scene.step('update-production', { update: true })).toMatchObject({ kind: 'waits', needs });
    expect(scene.asked.map(({ of }) => of)).toEqual(['update', 'vouch']);
    expect(await scene.step('update-production', { vouch: [true] })).toMatchObject({ kind: 'done' });
    expect(scene.asked.map(({ of }) => of)).toEqual(['vouch']);
    const route = (await scene.stored()).route('', 'config/production.env', 'production');
    expect(route).toMatchObject({ isVouched: true, deployStartedAt: null });
  });

  test('takes that word beforehand', async () => {
    const confirm = new Set(['update-production'] as const);
    expect(await scene.step('update-production', { update: true }, { confirm })).toMatchObject({ kind: 'done' });
    expect(scene.asked.map(({ of }) => of)).toEqual(['update']);
  });
});

test('step 6 fails where production does not answer after it was deployed', async () => {
  await scene.register('production', '@probe', {
    template: 'K={{secret:api_key}}',
    probe: PROBE,
    deployCommand: 'cat >deployed',
  });
  await scene.begin();
  await scene.reach('update-production');
  scene.onSent = () => {
    if (scene.has('deployed')) scene.status = 500;
  };
  expect(await scene.step('update-production', { update: true })).toMatchObject({
    kind: 'failed',
    why: { of: 'probes', isBefore: false, probes: [{ status: 500 }] },
    seen: { passed: 0, failed: 1 },
  });
  expect(scene.sent).toEqual([NEW.production, NEW.production]);
});

describe('step 5', () => {
  const needs = { kind: 'confirm', environments: ['staging'], why: { of: 'tried' } };

  test('probes and tests staging alone', async () => {
    await scene.addRoute('staging', 'touch tested');
    await scene.addRoute('production', 'touch tested-production');
    await addProbe('staging');
    await addProbe('production');
    await scene.begin();
    await scene.reach('test-staging');
    expect(await scene.step('test-staging')).toEqual({
      kind: 'done',
      facts: { of: 'tested', passed: 2, vouched: 0, kept: 0 },
    });
    expect(scene.sent).toEqual([NEW.staging]);
    expect([scene.has('tested'), scene.has('tested-production')]).toEqual([true, false]);
    const rotation = await scene.stored();
    expect(rotation.record('api_key', 'staging')?.testedAt).toBe(scene.now.toISOString());
    expect(rotation.record('api_key', 'production')?.testedAt).toBeNull();
    expect(scene.asked).toEqual([]);
  });

  test('fails where the probe does, before a test command is run', async () => {
    await scene.addRoute('staging', 'touch tested');
    await addProbe('staging');
    await scene.begin();
    await scene.reach('test-staging');
    scene.accepted.delete(NEW.staging);
    expect(await scene.step('test-staging')).toMatchObject({
      kind: 'failed',
      why: { of: 'probes', isBefore: false, probes: [{ path: '@probe', environment: 'staging', status: 401 }] },
    });
    expect(scene.has('tested')).toBe(false);
    expect((await scene.stored()).record('api_key', 'staging')?.testedAt).toBeNull();
  });

  test('waits for a word where nothing can tell, and is done with it', async () => {
    await scene.addRoute('staging', null);
    await scene.begin();
    await scene.reach('test-staging');
    expect(await scene.step('test-staging')).toMatchObject({ kind: 'waits', needs });
    expect((await scene.stored()).record('api_key', 'staging')?.testedAt).toBeNull();
    expect(await scene.step('test-staging', { vouch: [false] })).toMatchObject({ kind: 'waits', needs });
    const facts = { of: 'tested', passed: 0, vouched: 1, kept: 0 };
    expect(await scene.step('test-staging', { vouch: [true] })).toEqual({ kind: 'done', facts });
  });

  test('says that nothing was tested where no file names it', async () => {
    await scene.begin();
    await scene.reach('test-staging');
    expect(await scene.step('test-staging')).toEqual({ kind: 'done', facts: { of: 'untested' } });
  });
});

describe('without an environment of that kind', () => {
  test.each([
    ['update-staging', 'production', 'no-pre-production'],
    ['test-staging', 'production', 'no-pre-production'],
    ['update-production', 'staging', 'no-production'],
  ] as const)('%s is skipped', async (step, environment, why) => {
    await scene.remove();
    scene = await makeStepScene({ api_key: { [environment]: OLD[environment] } });
    await scene.begin();
    await scene.reach(step);
    expect(await scene.step(step)).toEqual({ kind: 'skipped', facts: { of: 'nothing', why } });
    expect([scene.asked, await scene.logged()]).toEqual([[], []]);
  });
});
