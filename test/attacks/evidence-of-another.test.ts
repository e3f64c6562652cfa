/** A colleague with a key for staging writes entries of the log and records of staging: what the report says of production's secrets stays. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeAttackScene } from '../helpers/attack-scene.ts';
import type { AttackScene } from '../helpers/attack-scene.ts';

interface Report {
  readonly secrets: readonly {
    readonly base: string;
    readonly kind: string;
    readonly every: number | null;
    readonly policyChanges: readonly unknown[];
    readonly exceptions: readonly { readonly kind: string }[];
    readonly incidents: readonly { readonly reason: string }[];
    readonly rotations: readonly { readonly entries: object; readonly state: string }[];
  }[];
}

let scene: AttackScene;
beforeEach(async () => {
  scene = await makeAttackScene();
});
afterEach(() => scene.remove());

async function report(...more: string[]): Promise<Report['secrets'][number]> {
  const { exit, stdout, stderr } = await scene.as('admin', ['evidence', '--json', ...more]);
  expect([exit, stderr]).toEqual([0, '']);
  return (JSON.parse(stdout.toString()) as Report).secrets.find(({ base }) => base === 'db_password')!;
}
const write = (action: string, detail: Readonly<Record<string, unknown>>) =>
  scene.forge('colleague', async (colleague) => {
    await colleague.finish({ staging: colleague.head.realms[colleague.idOf('staging')]!.root }, { action, detail });
  });

test('entries that say nothing as knox does are no failure', async () => {
  const odd = [null, 5, 'text', true, {}, [null], [{}], [5], { of: 'tested' }];
  const keys = ['rotation', 'step', 'state', 'facts', 'needs', 'until', 'environments', 'reason', 'forced'];
  keys.push('from', 'to', 'uses', 'deleted', 'files');
  for (const action of ['set', 'rotation-step', 'rotation-waits', 'rotation-accepted', 'use', 'add', 'report-uses'])
    for (const one of odd) await write(action, Object.fromEntries(keys.map((key) => [key, one])));
  await write('set', { from: { kind: 'x', every: 'x', expiresAt: 5 }, to: { kind: {}, every: -1e300 } });
  const { rotations } = await report();
  expect(rotations).toEqual([]);
  for (const argv of [['evidence', '--csv'], ['audit'], ['audit', '--json'], ['report', 'uses'], ['check'], ['status']])
    expect((await scene.as('admin', argv)).exit, argv.join(' ')).not.toBe(70);
}, 60_000);

test('nor do they tell of production’s rotation, or of its policy', async () => {
  const rotated = await scene.as('admin', [
    'rotate',
    'db_password',
    '--generate',
    '--until',
    'create',
    '--yes',
    '--json',
  ]);
  const { id } = JSON.parse(rotated.stdout.toString()) as { id: string };
  await scene.as('admin', ['set', 'db_password', '--every', '30d']);
  const before = await report();
  expect(before).toMatchObject({ every: 30 * 86_400, rotations: [{ state: 'active' }] });
  for (const step of ['update-production', 'verify', 'delete-old'])
    await write('rotation-step', { rotation: id, step, state: 'done', facts: null });
  await write('rotation-step', {
    rotation: id,
    step: 'monitor',
    state: 'skipped',
    facts: { of: 'left-out', reason: 'x' },
  });
  for (const action of ['rotation-revoked', 'rotation-done', 'rotation-compromised'])
    await write(action, { rotation: id });
  await scene.forge('colleague', async (colleague) => {
    const name = await colleague.get('name', 'staging', 'db_password');
    await colleague.put('name', 'staging', { ...name, every: 0, kind: 'config' });
    await colleague.finish(
      { staging: await colleague.relist('staging') },
      { action: 'set', secret: 'db_password', detail: { from: { every: 1 }, to: { every: 0 } } },
    );
  });
  expect(await report()).toEqual(before);
});

test('nor of what its leak was', async () => {
  const rotated = await scene.as('admin', [
    'rotate',
    'db_password',
    '--compromised',
    '--reason',
    'in a ticket',
    '--yes',
  ]);
  expect(rotated.stderr).not.toContain('internal error');
  await scene.forge('colleague', async (colleague) => {
    const [incident] = await colleague.all('incident', 'staging');
    await colleague.put('incident', 'staging', {
      ...incident!,
      reason: 'never mind',
      startedAt: '2020-01-01T00:00:00.000Z',
    });
    await colleague.finish({ staging: await colleague.relist('staging') });
  });
  expect((await report()).incidents).toMatchObject([{ reason: 'in a ticket' }]);
  const told = await scene.as('admin', ['rotate', 'db_password', '--status', '--json']);
  expect(JSON.parse(told.stdout.toString())).toMatchObject({ incident: { reason: 'in a ticket' } });
});

test('nor how long production’s rotation has waited', async () => {
  const rotated = await scene.as('admin', ['rotate', 'db_password', '--json']);
  const { id } = JSON.parse(rotated.stdout.toString()) as { id: string };
  scene.now = new Date(scene.now.getTime() + 9 * 86_400_000);
  const codes = async () => {
    const { stdout } = await scene.as('admin', ['check', '--json']);
    return (JSON.parse(stdout.toString()) as { code: string }[]).map(({ code }) => code);
  };
  expect(await codes()).toContain('rotation-stuck');
  await scene.forge('colleague', (colleague) =>
    colleague.finish(
      { staging: colleague.head.realms[colleague.idOf('staging')]!.root },
      { action: 'rotation-step', detail: { rotation: id, step: 'create' }, at: scene.now.toISOString() },
    ),
  );
  expect(await codes()).toContain('rotation-stuck');
});

test('nor when it was, by a clock that somebody says was wrong', async () => {
  await scene.as('admin', ['rotate', 'db_password', '--generate', '--until', 'create', '--yes']);
  await scene.as('admin', ['rotate', 'db_password', '--abort', '--yes']);
  scene.now = new Date(scene.now.getTime() + 3_600_000);
  const before = await report();
  await scene.forge('colleague', (colleague) =>
    colleague.finish(
      { staging: colleague.head.realms[colleague.idOf('staging')]!.root },
      { action: 'accept-clock', detail: { reason: 'x' }, at: '2020-01-01T00:00:00.000Z' },
    ),
  );
  expect(await report()).toEqual(before);
});

test('nor has an entry of its from the future production’s dates moved, once that is accepted', async () => {
  await scene.forge('colleague', (colleague) =>
    colleague.finish(
      { staging: colleague.head.realms[colleague.idOf('staging')]!.root },
      { at: new Date(scene.now.getTime() + 60 * 86_400_000).toISOString() },
    ),
  );
  await scene.as('admin', ['add', 'fresh', '-e', 'production'], { stdin: 'a-value-that-is-new' });
  const due = '2027-01-01T00:00:00.000Z';
  await scene.forge('admin', async (colleague) => {
    const lineage = await colleague.get('lineage', 'production', 'fresh');
    await colleague.put('lineage', 'production', { ...lineage, dueAt: due });
    await colleague.finish({ production: await colleague.relist('production') }, { at: scene.now.toISOString() });
  });
  const shown = async () => JSON.parse((await scene.as('admin', ['show', 'fresh', '--json'])).stdout.toString());
  expect(await shown()).toMatchObject({ dueAt: due });
  const accepted = await scene.as('admin', ['doctor', '--accept-clock', '--reason', 'x']);
  expect([accepted.exit, accepted.stderr]).toEqual([expect.toBeOneOf([0, 3]), expect.any(String)]);
  expect(await shown()).toMatchObject({ dueAt: due });
});

test('nor that a rotation goes on which production has ended', async () => {
  await scene.as('admin', ['rotate', 'db_password', '--generate', '--until', 'create', '--yes']);
  await scene.as('admin', ['rotate', 'db_password', '--abort', '--yes']);
  const before = await report();
  expect(before).toMatchObject({ rotations: [{ state: 'aborted' }] });
  await scene.forge('colleague', async (colleague) => {
    const [part] = await colleague.all('rotation', 'staging');
    await colleague.put('rotation', 'staging', { ...part!, state: 'active', endedAt: null, endReason: null });
    const lineage = await colleague.get('lineage', 'staging', 'db_password');
    await colleague.put('lineage', 'staging', { ...lineage, rotation: part!.id });
    await colleague.finish({ staging: await colleague.relist('staging') });
  });
  expect(await report()).toEqual(before);
  expect((await scene.as('admin', ['rotations', '--json'])).stdout.toString()).toBe('[]\n');
});
