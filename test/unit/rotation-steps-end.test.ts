/** Steps 9 to 11, each by itself: that no old value goes before it is known to be dead, what is written of it, and when the next one is due. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Guards } from '../../src/domain/guards.ts';
import { makeStepScene, NEW, OLD, PROBE } from '../helpers/step-scene.ts';
import type { StepScene } from '../helpers/step-scene.ts';

let scene: StepScene;
beforeEach(async () => {
  scene = await makeStepScene();
});
afterEach(() => scene.remove());

const addProbe = (environment: string) =>
  scene.register(environment, '@probe', { template: 'K={{secret:api_key}}', probe: PROBE });

describe('step 9', () => {
  const deleted = { kind: 'done', facts: { of: 'deleted', names: ['api_key'] } };
  /** That the old values are there, and nothing says that they are dead. */
  async function expectThere(): Promise<void> {
    const rotation = await scene.stored();
    expect([await scene.valueOf('api_key', 'staging'), await scene.valueOf('api_key', 'production')]).toEqual(
      Object.values(OLD),
    );
    expect(rotation.isProven).toBe(false);
    expect(rotation.record('api_key', 'production')).toMatchObject({ revokedAt: null, proof: null });
    expect(scene.provider().filter((line) => line.startsWith('revoke'))).toEqual([]);
  }
  async function reach(terms: Parameters<StepScene['begin']>[0] = {}): Promise<void> {
    await scene.begin(terms);
    await scene.reach('delete-old');
  }
  const proofOf = async (environment: string) => (await scene.stored()).record('api_key', environment)!.proof;

  test('waits for the word that it was revoked; until then it is there', async () => {
    await reach();
    const needs = { kind: 'confirm', environments: ['staging', 'production'], why: { of: 'revoked' } };
    expect(await scene.step('delete-old')).toMatchObject({ kind: 'waits', needs });
    expect(await scene.step('delete-old', { vouch: [false] })).toMatchObject({ kind: 'waits', needs });
    expect(scene.asked).toMatchObject([{ of: 'vouch', step: 'delete-old' }]);
    await expectThere();
    expect(await scene.step('delete-old', { vouch: [true] })).toEqual(deleted);
    expect(await proofOf('production')).toMatchObject({ kind: 'vouched' });
    expect(await scene.valueOf('api_key', 'production')).toBeNull();
    expect(await scene.valueOf('api_key_v2', 'production')).toBe(NEW.production);
    expect(await scene.logged()).toEqual(['rotation-revoked', 'rotation-delete']);
    expect(await scene.step('delete-old')).toEqual(deleted);
    expect([scene.asked, await scene.logged()]).toEqual([[], []]);
  });

  test.each([
    ['lets it in', null],
    ['says neither yes nor no', 500],
  ])('fails where the service %s, also where --yes was said', async (_what, status) => {
    await addProbe('production');
    await reach();
    scene.status = status;
    expect(await scene.step('delete-old', {}, { isYes: true })).toMatchObject({
      kind: 'failed',
      why: { of: 'alive', isRevoked: false, alive: [{ environment: 'production' }] },
    });
    await expectThere();
  });

  test('a refusal of production is proof for production, and for nothing else', async () => {
    await addProbe('production');
    await reach();
    scene.accepted.delete(OLD.production);
    expect(await scene.step('delete-old')).toMatchObject({ kind: 'waits', needs: { environments: ['staging'] } });
    await expectThere();
    expect(await scene.step('delete-old', { vouch: [true] })).toEqual(deleted);
    expect(await proofOf('production')).toMatchObject({ kind: 'refused', route: '@probe', status: 401 });
    expect(await proofOf('staging')).toMatchObject({ kind: 'vouched' });
  });

  test('what knox made is deleted with a yes as unproven', async () => {
    await reach({ source: 'generate' });
    expect(await scene.step('delete-old')).toMatchObject({ kind: 'waits' });
    await expectThere();
    expect(await scene.step('delete-old', {}, { isYes: true })).toEqual(deleted);
    expect(await proofOf('production')).toMatchObject({ kind: 'unproven' });
  });

  describe('with a source that can revoke', () => {
    beforeEach(() => scene.addSource('production'));

    test('has it refused during the quarantine, and revoked after it', async () => {
      await reach({ quarantine: 3600 });
      expect(await scene.step('delete-old')).toMatchObject({
        kind: 'waits',
        needs: { kind: 'time', until: '2026-01-12T13:00:00.000Z', why: { of: 'quarantine' } },
      });
      expect(scene.provider()).toEqual(['usage production', 'disable production']);
      await expectThere();
      scene.laterBy(1);
      expect(await scene.step('delete-old', { vouch: [true] })).toEqual(deleted);
      expect(scene.provider()).toContain('revoke production');
      expect(await proofOf('production')).toMatchObject({ kind: 'revoked', source: 'command' });
    });

    test('takes that back where it breaks production', async () => {
      await addProbe('production');
      await reach();
      scene.accepted.delete(NEW.production);
      expect(await scene.step('delete-old')).toMatchObject({ kind: 'failed', why: { of: 'probes' } });
      expect(scene.provider().slice(-2)).toEqual(['disable production', 'enable production']);
      await expectThere();
    });

    test.each([
      ['was used since it was verified', 'still_used', () => scene.use('api_key', 'production')],
      ['stands in a file', 'still_referenced', () => scene.write('left.env', `K=${OLD.production}\n`)],
    ] as const)('nothing is asked of it where the old value %s', async (_what, code, happens) => {
      await reach();
      await happens();
      await expect(scene.step('delete-old')).rejects.toMatchObject({ code });
      expect(scene.provider()).toEqual(['usage production']);
      await expectThere();
      const guards = new Guards([code], false, 'known');
      expect(await scene.step('delete-old', { vouch: [true] }, { guards })).toEqual(deleted);
      expect(guards.record()).toEqual({ forced: [code], reason: 'known' });
    });
  });
});

describe('step 10', () => {
  const file = 'docs/rotations/api_key_v2.md';

  test('writes the record, and waits for the word that the documentation is up to date', async () => {
    await scene.begin();
    await scene.reach('update-docs');
    const needs = { kind: 'confirm', why: { of: 'documentation', file } };
    expect(await scene.step('update-docs')).toMatchObject({ kind: 'waits', needs });
    expect(scene.text(file)).toContain('api_key_v2');
    for (const value of [...Object.values(OLD), ...Object.values(NEW)]) expect(scene.text(file)).not.toContain(value);
    expect(await scene.step('update-docs', { vouch: [false] })).toMatchObject({ kind: 'waits' });
    expect(await scene.step('update-docs', { vouch: [true] })).toEqual({
      kind: 'done',
      facts: { of: 'documented', file },
    });
    await scene.step('update-docs', {}, { confirm: new Set(['update-docs'] as const) });
    expect(scene.asked).toEqual([]);
  });
});

test('step 11 says when each environment is due again', async () => {
  await scene.begin();
  await scene.reach('schedule-next');
  const due = '2026-04-12T12:00:00.000Z';
  expect(await scene.step('schedule-next')).toEqual({
    kind: 'done',
    facts: { of: 'scheduled', dates: [{ name: 'api_key_v2', due, kept: [] }] },
  });
  const lineages = await scene.vault.read((view) => view.getAcross('lineage', 'api_key', ['staging', 'production']));
  expect(lineages.map(({ dueAt }) => dueAt)).toEqual([due, due]);
  expect([scene.asked, await scene.logged()]).toEqual([[], ['rotation-schedule']]);
});

test('step 11 leaves the date of a value that was kept', async () => {
  await scene.begin();
  expect(await scene.step('generate', { values: NEW }, { keep: new Set(['staging']) })).toMatchObject({ kind: 'done' });
  const outcome = await scene.step('schedule-next');
  expect(outcome).toMatchObject({ facts: { dates: [{ name: 'api_key_v2', kept: ['staging'] }] } });
  const [staging, production] = await scene.vault.read((view) =>
    view.getAcross('lineage', 'api_key', ['staging', 'production']),
  );
  expect(production!.dueAt! > staging!.dueAt!).toBe(true);
});
