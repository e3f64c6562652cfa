/** The machine by itself: where it stops, what stays with the rotation, and what does not. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Guards } from '../../src/domain/guards.ts';
import { errors } from '../../src/errors.ts';
import { advance } from '../../src/rotation/machine.ts';
import { Rotation } from '../../src/rotation/rotation.ts';
import { startRotation } from '../../src/rotation/start.ts';
import { TIMED } from '../../src/rotation/steps.ts';
import type { Answers } from '../../src/rotation/types.ts';
import { AGREES, makeScene } from '../helpers/rotation-scene.ts';
import type { Scene } from '../helpers/rotation-scene.ts';

let scene: Scene;
let id: string;
beforeEach(async () => {
  scene = await makeScene();
});
afterEach(() => scene.remove());

async function start(options = {}): Promise<void> {
  id = await startRotation(scene.vault, ['api_key'], {
    project: '',
    source: null,
    window: 48 * 3600,
    quarantine: 0,
    options,
    isUnattended: false,
    record: null,
  });
}

async function go(answers?: Partial<Answers>, allows?: Parameters<typeof advance>[1]) {
  return advance(await scene.work(id, answers), allows);
}

/** As another process finds it. */
async function stored(): Promise<Rotation> {
  return Rotation.load(await scene.reopen(), id);
}

function undone(rotation: Rotation): string[] {
  return rotation.steps.filter(({ state }) => state === 'todo').map((step) => step.id);
}

describe('a stop', () => {
  test('for new values where nobody has any: kept with the rotation, and written once', async () => {
    await start();
    const stop = await go({ generate: null });
    expect(stop).toMatchObject({
      kind: 'waits',
      needs: { kind: 'values', step: 'generate', environments: ['staging', 'production'] },
    });
    const first = await stored();
    expect(first.state).toBe('waiting');
    expect(first.needs).toEqual(stop.kind === 'waits' && stop.needs);
    expect(scene.guide.ended).toEqual(['document done', 'generate waits']);
    await go({ generate: null });
    expect((await stored()).entry).toBe(first.entry);
  });

  test('for time, until the clock has come so far; then for a word, and then it is done', async () => {
    await start();
    const window = await go();
    expect(window).toMatchObject({ needs: { kind: 'time', step: 'monitor', until: '2026-01-12T12:00:00.000Z' } });
    scene.laterBy(47);
    expect(await go()).toMatchObject({ needs: { kind: 'time', step: 'monitor' } });
    scene.laterBy(1);
    expect(await go()).toMatchObject({ needs: { kind: 'confirm', step: 'delete-old' } });
    expect((await stored()).isDone('verify')).toBe(true);
    Object.assign(scene.guide, AGREES);
    expect(await go()).toEqual({ kind: 'done' });
    const rotation = await stored();
    expect(rotation.state).toBe('done');
    expect(rotation.endedAt).toBe(scene.now.toISOString());
    expect(undone(rotation)).toEqual([]);
  });

  test('for the hours of production comes before the step is begun', async () => {
    await start({ between: '02:00-04:00' });
    const stop = await go();
    expect(stop).toMatchObject({ kind: 'waits', needs: { kind: 'time', step: 'update-production' } });
    expect(scene.guide.begun).not.toContain('update-production');
  });

  test('at --until, of a step that it does and of one that is done', async () => {
    await start();
    expect(await go({ until: 'create' })).toEqual({ kind: 'until', step: 'create' });
    expect(scene.guide.begun).toEqual(['document', 'generate', 'create']);
    expect(await go({ until: 'generate' })).toEqual({ kind: 'until', step: 'generate' });
    expect(scene.guide.begun).toHaveLength(3);
    expect(undone(await stored())[0]).toBe('update-staging');
  });

  test('at a step that this run may not do: it is not begun, and waits for a person', async () => {
    await start();
    await go({ until: 'create' });
    const stop = await go(undefined, (step) => TIMED.includes(step));
    expect(stop).toMatchObject({ kind: 'waits', needs: { kind: 'confirm', step: 'update-staging' } });
    expect(scene.guide.begun).not.toContain('update-staging');
    expect((await stored()).needs).toEqual(stop.kind === 'waits' && stop.needs);
  });
});

describe('a step that fails', () => {
  beforeEach(async () => {
    Object.assign(scene.guide, AGREES);
    await scene.addRoute('staging', 'test -e mended');
    await start();
  });

  test('is kept with the rotation: what it was, and that somebody has to mend it', async () => {
    const stop = await go();
    expect(stop).toMatchObject({ kind: 'failed', error: { code: 'hook_failed' } });
    const rotation = await stored();
    expect(rotation.state).toBe('failed');
    expect(rotation.needs).toMatchObject({ kind: 'fix', step: 'test-staging' });
    expect(rotation.step('test-staging').facts).toMatchObject({ of: 'error', code: 'hook_failed' });
    expect(undone(rotation)[0]).toBe('test-staging');
  });

  test('is done once it is mended, and nothing before it is done again', async () => {
    await go();
    const before = (await stored()).step('update-staging').at;
    scene.laterBy(1);
    writeFileSync(join(scene.root, 'mended'), '');
    scene.guide.begun.length = 0;
    expect(await go()).toMatchObject({ kind: 'waits', needs: { kind: 'time', step: 'monitor' } });
    expect(scene.guide.begun[0]).toBe('test-staging');
    const rotation = await stored();
    expect(rotation.state).toBe('waiting');
    expect(rotation.step('update-staging').at).toBe(before);
  });

  test('stays failed where a run comes that may not do it', async () => {
    await go();
    const failed = await stored();
    expect(await go(undefined, () => false)).toMatchObject({ kind: 'waits', needs: { step: 'test-staging' } });
    expect((await stored()).parts).toEqual(failed.parts);
  });
});

describe('what does not stay with the rotation', () => {
  beforeEach(async () => {
    await scene.addRoute('staging', null);
    await start();
  });

  test.each([
    ['Ctrl-C at a question', () => errors.cancelled('cancelled')],
    ['a vault that was locked meanwhile', () => errors.vault_locked('locked', 'unlock it')],
    ['a fault of knox itself', () => new TypeError('x is not a function')],
  ])('%s: it is thrown, and the rotation stands where it stood', async (_what, make) => {
    const error = make();
    scene.guide.confirmUpdate = async () => {
      throw error;
    };
    await expect(go()).rejects.toBe(error);
    expect(scene.guide.ended).toEqual(['document done', 'generate done', 'create done']);
    const rotation = await stored();
    expect([rotation.state, rotation.needs, rotation.current]).toEqual(['active', null, 'update-staging']);
    Object.assign(scene.guide, AGREES);
    expect(await go()).toMatchObject({ kind: 'waits', needs: { step: 'monitor' } });
  });

  test('a wrong option', async () => {
    await expect(go({ keep: new Set(['staging', 'production']) })).rejects.toMatchObject({ code: 'usage' });
    const rotation = await stored();
    expect([rotation.state, rotation.current]).toEqual(['active', 'generate']);
  });

  test('a file that is gone does: it is outside of knox, and a person has to look', async () => {
    scene.guide.confirmUpdate = async () => {
      rmSync(join(scene.root, 'config'), { recursive: true });
      return true;
    };
    expect(await go()).toMatchObject({ kind: 'failed', error: { code: 'io' } });
    expect((await stored()).needs).toMatchObject({ kind: 'fix', step: 'update-staging' });
  });
});

describe('--skip', () => {
  test('of the watch over production is refused by its guard: a wrong option, which leaves it where it stood', async () => {
    await start();
    const guards = new Guards([], false, 'in a hurry');
    await expect(go({ skip: 'monitor', guards })).rejects.toMatchObject({ code: 'too_early' });
    const rotation = await stored();
    expect([rotation.state, rotation.current]).toEqual(['active', 'monitor']);
  });

  test('with the guard named it is left out, and the log says why', async () => {
    await start();
    const guards = new Guards(['too_early'], false, 'in a hurry');
    await go({ skip: 'monitor', guards });
    expect((await stored()).step('monitor')).toMatchObject({
      state: 'skipped',
      facts: { of: 'left-out', reason: 'in a hurry' },
    });
    // What was overridden stands in the log: a later step is not put down to it.
    expect(guards.record()).toBeNull();
  });
});
