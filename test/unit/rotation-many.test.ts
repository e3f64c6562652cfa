/** Many rotations in one run: each goes as far as it can, whatever becomes of the others. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errors } from '../../src/errors.ts';
import { allRotations } from '../../src/rotation/find-rotation.ts';
import { lockLineages } from '../../src/rotation/machine.ts';
import { continueMany, startEach } from '../../src/rotation/run-many.ts';
import type { OneOfMany } from '../../src/rotation/run-many.ts';
import type { Order } from '../../src/rotation/run-rotation.ts';
import { AGREES, makeScene } from '../helpers/rotation-scene.ts';
import type { Scene } from '../helpers/rotation-scene.ts';

const NAMES = ['api_key', 'db_key', 'web_key'];
let scene: Scene;
beforeEach(async () => {
  scene = await makeScene(
    Object.fromEntries(NAMES.map((name) => [name, { staging: `${name}-staging-1`, production: `${name}-prod-1` }])),
  );
});
afterEach(() => scene.remove());

const textOf = ({ kind, view }: OneOfMany) =>
  `${kind} ${view === null ? '-' : `${view.base} ${view.state} ${view.step}`}`;

async function startAll(order: Order = scene.order(), names = NAMES) {
  const told: string[] = [];
  const all = await startEach(
    scene.runner,
    async () => new Set(names),
    order,
    (one) => told.push(textOf(one)),
  );
  expect(all.map(textOf)).toEqual(told);
  return all;
}

async function goOn({ names = [] as string[], jobs = 1, isYes = false } = {}) {
  const told: string[] = [];
  const answers = async () => scene.answers({ isYes });
  const all = await continueMany(scene.runner, { names, jobs, answers }, (one) => told.push(textOf(one)));
  expect(told.toSorted()).toEqual(all.map(textOf).toSorted());
  return all;
}

function failingFor(base: string, error: Error): Order {
  return scene.order({
    given: async ([name]) => {
      if (name === base) throw error;
      return { answers: scene.answers(), leak: null };
    },
  });
}

describe('one for each', () => {
  test('of those that are chosen, and a rotation under way is left alone', async () => {
    await scene.run(scene.order({ answers: { until: 'create' } }), ['db_key']);
    const all = await startAll(undefined, ['api_key', 'db_key']);
    expect(all.map(textOf)).toEqual(['ran api_key waiting monitor']);
  });

  test('none where none is chosen', async () => {
    expect(await startAll(undefined, [])).toEqual([]);
  });

  test('one that cannot be started does not keep the others', async () => {
    const error = errors.usage('no', 'yes');
    const all = await startAll(failingFor('db_key', error));
    expect(all.map(textOf)).toEqual(['ran api_key waiting monitor', 'failed -', 'ran web_key waiting monitor']);
    expect(all[1]).toMatchObject({ error });
  });

  test('one whose step failed is told of with what became of it', async () => {
    Object.assign(scene.guide, AGREES);
    await scene.addRoute('staging', 'false');
    const all = await startAll(undefined, ['api_key', 'db_key']);
    expect(all.map(textOf)).toEqual(['failed api_key failed test-staging', 'ran db_key waiting monitor']);
    expect(all[0]).toMatchObject({ error: { code: 'hook_failed' } });
  });

  test('a fault of knox itself ends the run', async () => {
    const bug = new TypeError('x is not a function');
    await expect(startAll(failingFor('db_key', bug))).rejects.toBe(bug);
    const begun = await scene.vault.read(allRotations);
    expect(begun.flatMap(({ secrets }) => secrets.map(({ base }) => base))).toEqual(['api_key']);
  });
});

describe('continue', () => {
  test('does the steps of a timer, and stops at those that are for a person', async () => {
    await startAll(scene.order({ answers: { until: 'create' } }), ['api_key']);
    await startAll(undefined, ['db_key']);
    scene.laterBy(48);
    scene.guide.begun.length = 0;
    const all = await goOn();
    expect(all.map(textOf)).toEqual(['ran api_key waiting update-staging', 'ran db_key waiting delete-old']);
    expect(scene.guide.begun).toEqual(['monitor', 'verify']);
    expect(scene.watched.every((isAttended) => !isAttended)).toBe(true);
  });

  test.each([
    ['was started so', { isStartedSo: true, isYes: false }],
    ['is continued so', { isStartedSo: false, isYes: true }],
  ])('does all of it that needs no word where it %s', async (_what, { isStartedSo, isYes }) => {
    await startAll(scene.order({ answers: { until: 'create', isYes: isStartedSo } }), ['api_key']);
    expect((await goOn({ isYes })).map(textOf)).toEqual(['ran api_key waiting monitor']);
  });

  test('one that another process works on is busy, and has not failed; the others go on', async () => {
    await startAll();
    scene.laterBy(48);
    const release = await lockLineages(await scene.reopen(), ['db_key']);
    const all = await goOn({ names: NAMES });
    await release();
    expect(all.map(textOf)).toEqual([
      'ran api_key waiting delete-old',
      'busy db_key waiting monitor',
      'ran web_key waiting delete-old',
    ]);
    expect(all[1]).toMatchObject({ error: { code: 'rotation_in_progress' } });
  });

  test('one that fails keeps no other', async () => {
    await scene.addRoute('staging', 'false');
    Object.assign(scene.guide, AGREES);
    await startAll(scene.order({ answers: { until: 'update-staging' } }), ['api_key', 'db_key']);
    const all = await goOn({ names: ['api_key', 'db_key'] });
    expect(all.map(textOf)).toEqual(['failed api_key failed test-staging', 'ran db_key waiting update-production']);
  });

  test('a name without a rotation is refused before any other goes on', async () => {
    await startAll(undefined, ['api_key']);
    scene.laterBy(48);
    await expect(goOn({ names: ['api_key', 'db_key'] })).rejects.toMatchObject({ code: 'rotation_not_found' });
    expect((await scene.vault.read(allRotations))[0]!.state).toBe('waiting');
    expect(scene.watched).toHaveLength(1);
  });

  test.each([1, 2, 3])('works on %i at a time, and answers in their order', async (jobs) => {
    await startAll();
    scene.laterBy(48);
    const gate = Promise.withResolvers<void>();
    let now = 0;
    let most = 0;
    const watch: typeof scene.runner.watch = async (_rotation, _isAttended, work) => {
      most = Math.max(most, (now += 1));
      // None goes on before as many are at it as may be.
      if (now === jobs) gate.resolve();
      await gate.promise;
      try {
        return await work();
      } finally {
        now -= 1;
      }
    };
    const answers = async () => scene.answers();
    const all = await continueMany({ ...scene.runner, watch }, { names: NAMES, jobs, answers }, () => undefined);
    expect(most).toBe(jobs);
    expect(all.map(({ view }) => view?.base)).toEqual(NAMES);
  });
});
