/** A rotation run through its room's own entries, with no command: what comes back is data. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errors } from '../../src/errors.ts';
import { allRotations } from '../../src/rotation/find-rotation.ts';
import { lockLineages } from '../../src/rotation/machine.ts';
import { runBack } from '../../src/rotation/run-back.ts';
import type { OrderBack } from '../../src/rotation/run-back.ts';
import { errorOf, wantOf } from '../../src/rotation/runner.ts';
import { AGREES, makeScene } from '../helpers/rotation-scene.ts';
import type { Scene } from '../helpers/rotation-scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});
afterEach(() => scene.remove());

const back = (way: OrderBack['way'], names: readonly string[] = ['api_key']) =>
  runBack(scene.runner, names, { way, answers: async () => scene.answers() });

function rotations() {
  return scene.vault.read(allRotations);
}

describe('start or go on', () => {
  test('what it came to is the rotation, the stop, and what it wants where nobody was there', async () => {
    const result = await scene.run(scene.order({ answers: { generate: null } }));
    expect(result.view).toMatchObject({ base: 'api_key', to: 'api_key_v2', state: 'waiting', step: 'generate' });
    expect(result.stop).toMatchObject({ kind: 'waits', needs: { kind: 'values' } });
    expect(result.isAttended).toBe(false);
    expect(wantOf(result)).toMatchObject({ step: 'generate' });
    expect(errorOf(result)).toBeNull();
  });

  test('who waits for time wants nobody, and who sits there is wanted without being told', async () => {
    expect(wantOf(await scene.run())).toBeNull();
    scene.laterBy(48);
    scene.guide.canAsk = true;
    const result = await scene.run();
    expect(result.stop).toMatchObject({ kind: 'waits', needs: { step: 'delete-old' } });
    expect(wantOf(result)).toBeNull();
    expect(scene.watched).toEqual([false, true]);
  });

  test('it is asked for what is said beforehand by its secrets and the environments with a value', async () => {
    const asked: unknown[] = [];
    const given = async (...about: unknown[]) => {
      asked.push(about);
      return { answers: scene.answers(), leak: null };
    };
    await scene.run(scene.order({ given }));
    expect(asked).toEqual([[['api_key'], ['staging', 'production']]]);
  });

  test('a second run goes on with the same rotation, and its times are those said last', async () => {
    const first = await scene.run(scene.order({ timing: { window: 24 * 3600 } }));
    const second = await scene.run(scene.order({ timing: { window: 72 * 3600, quarantine: 3600, on: 'mon-fri' } }));
    expect(second.view.id).toBe(first.view.id);
    expect(second.view.waitUntil).toBe('2026-01-13T12:00:00.000Z');
    const [row, ...others] = await rotations();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ window: 72 * 3600, quarantine: 3600, options: { on: 'mon-fri' } });
    await scene.run();
    expect((await rotations())[0]).toMatchObject({ window: 72 * 3600, quarantine: 3600 });
  });

  test('where what is said beforehand is refused nothing was started, and nobody is kept out', async () => {
    const error = errors.usage('no', 'yes');
    await expect(
      scene.run(
        scene.order({
          given: async () => {
            throw error;
          },
        }),
      ),
    ).rejects.toBe(error);
    expect(await rotations()).toEqual([]);
    expect((await scene.run()).stop.kind).toBe('waits');
  });

  test('Ctrl-C lets go of it: the next run finds it where it stood', async () => {
    await scene.addRoute('staging', null);
    scene.guide.confirmUpdate = async () => {
      throw errors.cancelled('cancelled');
    };
    await expect(scene.run()).rejects.toMatchObject({ code: 'cancelled' });
    Object.assign(scene.guide, AGREES);
    expect((await scene.run()).view.step).toBe('monitor');
    expect(await rotations()).toHaveLength(1);
  });

  test('while another process works on it nothing is asked and nothing changes', async () => {
    const release = await lockLineages(await scene.reopen(), ['api_key']);
    const given = async () => {
      throw new Error('asked');
    };
    await expect(scene.run(scene.order({ given }))).rejects.toMatchObject({ code: 'rotation_in_progress' });
    await release();
    expect((await scene.run()).stop.kind).toBe('waits');
  });
});

describe('a leak', () => {
  test('makes it wait for nothing, and is told first', async () => {
    const leak = { reason: 'in a public log', revokeFirst: false };
    const { view } = await scene.run(scene.order({ leak }));
    expect(view.incident).toMatchObject({ reason: 'in a public log', revokedAt: null });
    expect(view.needs).toMatchObject({ kind: 'confirm', step: 'delete-old' });
    expect(scene.guide.opened).toEqual([expect.stringContaining('in a public log')]);
  });

  test('hurries one under way', async () => {
    const before = await scene.run();
    expect(before.view.step).toBe('monitor');
    const after = await scene.run(scene.order({ leak: { reason: 'seen', revokeFirst: true } }));
    expect(after.view).toMatchObject({ id: before.view.id, step: 'delete-old', incident: { reason: 'seen' } });
    expect((await rotations())[0]).toMatchObject({ window: 0, quarantine: 0 });
  });
});

describe('after a failure', () => {
  beforeEach(async () => {
    Object.assign(scene.guide, AGREES);
    await scene.addRoute('staging', 'test -e mended');
  });

  test('nobody is asked where nobody can be', async () => {
    scene.guide.afterFailure = async () => {
      throw new Error('asked');
    };
    const result = await scene.run();
    expect(errorOf(result)?.code).toBe('hook_failed');
    expect(result.view).toMatchObject({ state: 'failed', step: 'test-staging' });
  });

  test('whoever sits there may mend it and try again', async () => {
    scene.guide.canAsk = true;
    scene.guide.afterFailure = async (error, canRollBack) => {
      expect([error.code, canRollBack]).toEqual(['hook_failed', true]);
      writeFileSync(join(scene.root, 'mended'), '');
      return 'again';
    };
    expect((await scene.run()).view).toMatchObject({ state: 'waiting', step: 'monitor' });
  });

  test('or roll back: the files name the old version again', async () => {
    scene.guide.canAsk = true;
    scene.guide.afterFailure = async () => {
      expect(file()).toContain('api_key_v2');
      return 'rollback';
    };
    const result = await scene.run();
    expect(result).toMatchObject({ view: { state: 'rolled-back' }, stop: { kind: 'done' } });
    expect(file()).toBe('API_KEY={{secret:api_key}}\n');
  });

  test('or leave it there', async () => {
    scene.guide.canAsk = true;
    const result = await scene.run();
    expect(result).toMatchObject({ view: { state: 'failed' }, stop: { kind: 'failed' }, isAttended: true });
  });
});

describe('back', () => {
  test('abort ends it where nothing was rewritten, and there is nothing to roll back after that', async () => {
    await scene.run(scene.order({ answers: { until: 'create' } }));
    const result = await back('abort');
    expect(result).toMatchObject({ view: { state: 'aborted', step: 'update-staging' }, stop: { kind: 'done' } });
    await expect(back('rollback')).rejects.toMatchObject({ code: 'no_way_back' });
    expect((await scene.run()).view.to).toBe('api_key_v3');
  });

  test('abort is refused once a file was rewritten; a rollback puts it back', async () => {
    Object.assign(scene.guide, AGREES);
    await scene.addRoute('staging', 'true');
    await scene.run();
    await expect(back('abort')).rejects.toMatchObject({ code: 'no_way_back' });
    expect(file()).toContain('api_key_v2');
    expect(await back('rollback')).toMatchObject({ view: { state: 'rolled-back' }, stop: { kind: 'done' } });
    expect(file()).toBe('API_KEY={{secret:api_key}}\n');
  });

  test('a secret that was never rotated has nothing to take back', async () => {
    await expect(back('rollback')).rejects.toMatchObject({ code: 'rotation_not_found' });
  });

  test('one that was not finished is finished before anything else, and no leak turns it round', async () => {
    Object.assign(scene.guide, AGREES);
    await scene.addRoute('staging', 'true', 'test ! -e broken');
    await scene.run();
    writeFileSync(join(scene.root, 'broken'), '');
    const stuck = await back('rollback');
    expect(stuck).toMatchObject({ view: { state: 'rolling-back', needs: { kind: 'fix' } }, stop: { kind: 'failed' } });
    const leak = { reason: 'seen', revokeFirst: false };
    await expect(scene.run(scene.order({ leak }))).rejects.toMatchObject({ code: 'rotation_in_progress' });
    expect((await rotations())[0]!.incident).toBeNull();
    expect(scene.warned).toEqual([]);
    expect((await scene.run()).view.state).toBe('rolling-back');
    expect(scene.warned).toEqual(['rollback_unfinished']);
  });
});

function file(): string {
  return readFileSync(join(scene.root, 'config/staging.env'), 'utf8');
}
