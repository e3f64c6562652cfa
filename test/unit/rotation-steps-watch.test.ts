/** Steps 7 and 8, each by itself: what is seen of production, and how long it is waited for. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportIncident } from '../../src/rotation/incident.ts';
import { makeStepScene, NEW, PROBE } from '../helpers/step-scene.ts';
import type { StepScene } from '../helpers/step-scene.ts';

let scene: StepScene;
beforeEach(async () => {
  scene = await makeStepScene();
});
afterEach(() => scene.remove());

const addProbe = (environment: string) =>
  scene.register(environment, '@probe', { template: 'K={{secret:api_key}}', probe: PROBE });

const compromise = async () => reportIncident(await scene.current(), { reason: 'seen in a log', revokeFirst: false });

describe('step 7', () => {
  async function reach(...probes: string[]): Promise<void> {
    for (const environment of probes) await addProbe(environment);
    await scene.begin();
    await scene.reach('monitor');
  }

  test('waits for the window, and says what it saw of production', async () => {
    await reach('production');
    expect(await scene.step('monitor')).toEqual({
      kind: 'waits',
      needs: {
        kind: 'time',
        until: '2026-01-12T12:00:00.000Z',
        environments: ['production'],
        why: { of: 'window', since: '2026-01-10T12:00:00.000Z' },
      },
      facts: {
        of: 'watched',
        isOver: false,
        passed: 1,
        blind: [],
        elsewhere: [],
        refused: 0,
        uses: [],
        at: '2026-01-10T12:00:00.000Z',
      },
      seen: { passed: 1, failed: 0 },
    });
    expect(scene.sent).toEqual([NEW.production]);
    expect([scene.asked, await scene.logged()]).toEqual([[], []]);
  });

  test('never takes the probe of another environment for one of production', async () => {
    await reach('staging');
    const blind = { passed: 0, blind: ['production'] };
    expect(await scene.step('monitor')).toMatchObject({ needs: { why: { isBlind: true } }, facts: blind });
    scene.status = 500;
    expect(await scene.step('monitor')).toMatchObject({ kind: 'waits', facts: blind, seen: { passed: 0, failed: 0 } });
    expect(scene.sent).toEqual([]);
  });

  test('is done once the window is over, and counts who still uses the old value', async () => {
    await reach('production');
    await scene.use('api_key', 'production');
    scene.laterBy(48);
    expect(await scene.step('monitor')).toMatchObject({
      kind: 'done',
      facts: { isOver: true, uses: [{ secret: 'api_key', environment: 'production', consumer: 'get', count: 1 }] },
    });
  });

  test('fails at once where production refuses the new value', async () => {
    await reach('production');
    scene.accepted.delete(NEW.production);
    expect(await scene.step('monitor')).toMatchObject({
      kind: 'failed',
      why: { of: 'probes', isBefore: false, probes: [{ environment: 'production', status: 401 }] },
      seen: { passed: 0, failed: 1 },
    });
  });

  test('is skipped where the old value has leaked', async () => {
    await reach('production');
    await compromise();
    expect(await scene.step('monitor')).toEqual({ kind: 'skipped', facts: { of: 'nothing', why: 'no-time' } });
    expect(scene.sent).toEqual([]);
  });
});

describe('step 8', () => {
  beforeEach(async () => {
    await addProbe('production');
    await scene.begin();
    await scene.reach('verify');
  });

  test('is done where nothing asked for the old value', async () => {
    expect(await scene.step('verify')).toMatchObject({ kind: 'done', facts: { as: 'idle', found: [], passed: 1 } });
    expect([scene.asked, scene.sent]).toEqual([[], [NEW.production]]);
  });

  test('waits for a window without a use, asks whether it is harmless, and takes a yes', async () => {
    await scene.use('api_key', 'production');
    const needs = { kind: 'time', until: '2026-01-14T12:00:00.000Z', environments: ['production'] };
    expect(await scene.step('verify')).toMatchObject({ kind: 'waits', needs, facts: { as: 'busy' } });
    expect(scene.asked).toMatchObject([{ of: 'vouch', step: 'verify' }]);
    expect(await scene.step('verify', { vouch: [true] })).toMatchObject({ kind: 'done', facts: { as: 'vouched' } });
    scene.laterBy(48);
    expect(await scene.step('verify')).toMatchObject({ kind: 'done', facts: { as: 'quiet' } });
    expect(scene.asked).toEqual([]);
  });

  test('fails where production refuses the new value', async () => {
    scene.accepted.delete(NEW.production);
    expect(await scene.step('verify')).toMatchObject({ kind: 'failed', why: { of: 'probes' } });
  });

  test('is skipped where the old value has leaked', async () => {
    await compromise();
    expect(await scene.step('verify')).toEqual({ kind: 'skipped', facts: { of: 'nothing', why: 'cut-off' } });
  });
});
