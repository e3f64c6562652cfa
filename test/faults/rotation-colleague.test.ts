/**
 * A colleague whose key opens staging alone, and who may write the file with a program of their own: what they put into staging's records
 * is no step, time, name, version or end for production.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { allRotations } from '../../src/rotation/find-rotation.ts';
import { runBack } from '../../src/rotation/run-back.ts';
import { runRotation } from '../../src/rotation/run-rotation.ts';
import type { Runner } from '../../src/rotation/runner.ts';
import { Rotation } from '../../src/rotation/rotation.ts';
import type { Answers } from '../../src/rotation/types.ts';
import type { Change } from '../../src/vault/core/change.ts';
import { recordUses } from '../../src/vault/uses/record-use.ts';
import { NOTHING_DONE } from '../../src/vault/records/rotation.ts';
import type { RotationContent, RotationSecret } from '../../src/vault/records/rotation.ts';
import { requireValue } from '../../src/vault/secrets/find-secret.ts';
import { AGREES, makeScene } from '../helpers/rotation-scene.ts';
import type { Colleague, Scene } from '../helpers/rotation-scene.ts';
import { textOf } from '../helpers/vault.ts';

let scene: Scene;
let colleague: Colleague;
const LONG_AGO = '2025-10-01T00:00:00.000Z';

beforeEach(async () => {
  scene = await makeScene();
  Object.assign(scene.guide, AGREES);
  await scene.addRoute('staging', null);
  await scene.addRoute('production', null);
  colleague = await scene.colleague(['staging']);
});
afterEach(() => scene.remove());

const go = (answers: Partial<Answers> = {}) => scene.run(scene.order({ answers }));
const production = () => readFileSync(join(scene.root, 'config/production.env'), 'utf8');
const valueIn = (environment: string, name: string) => textOf(scene.vault, name, environment);

async function partOf(change: Change) {
  return (await change.all('rotation', 'staging'))[0]!;
}

/** Staging's part says something else from now on. */
async function claim(content: (part: RotationContent) => Partial<RotationContent>): Promise<void> {
  await colleague.change(async (change) => {
    const part = await partOf(change);
    await change.update(part, content(part));
  });
}

const claimSecret = (patch: Partial<RotationSecret>) =>
  claim(({ secrets }) => ({ secrets: secrets.map((one) => ({ ...one, ...patch })) }));

/** Every step, when and in which entry they like. */
const allDone = ({ steps }: RotationContent): Partial<RotationContent> => ({
  steps: steps.map((step) => ({ ...step, state: 'done', at: LONG_AGO, entry: 1, by: 'them' })),
});

async function rotation(): Promise<Rotation> {
  const [first] = await scene.vault.read(allRotations);
  return Rotation.load(scene.vault, first!.id);
}

test('what they say of their own environment goes through: what follows is not stopped by something else', async () => {
  await go({ until: 'create' });
  await claim(({ options }) => ({ options: { ...options, on: 'mon-fri' } }));
  expect((await rotation()).part('staging')?.options).toEqual({ on: 'mon-fri' });
  expect((await go()).view.step).toBe('monitor');
});

test('the part of production cannot be written with their key', async () => {
  await go({ until: 'create' });
  await expect(
    colleague.change(async (change) => {
      const part = (await change.all('rotation', 'production'))[0]!;
      await change.update(part, allDone(part));
    }),
  ).rejects.toMatchObject({ code: 'not_granted' });
});

test('steps that they claim are done by production itself', async () => {
  await go({ until: 'create' });
  await claim(allDone);
  const { view } = await go();
  expect(view.step).toBe('monitor');
  expect(view.waitUntil).toBe('2026-01-12T12:00:00.000Z');
  expect(production()).toContain('api_key_v2');
  scene.laterBy(48);
  expect((await go()).view.state).toBe('done');
  expect((await rotation()).parts.map((part) => part.secrets[0]!.proof?.kind)).toEqual(['unproven', 'unproven']);
});

test.each<[string, (part: RotationContent) => Partial<RotationContent>]>([
  ['steps of long ago', allDone],
  ['a window of a second', () => ({ window: 1 })],
  ['a leak', ({ options }) => ({ options: { ...options, compromised: { at: LONG_AGO, revokeFirst: true } } })],
  ['that it runs out', ({ options }) => ({ options: { ...options, overlap: 0 }, window: 0 })],
  ['a rollback', ({ options }) => ({ options: { ...options, rollback: { reason: null, at: LONG_AGO } } })],
  ['that it is done', () => ({ state: 'done', endedAt: LONG_AGO })],
  ['that it was taken back', () => ({ state: 'rolled-back', endedAt: LONG_AGO })],
])('%s: production is watched for as long as its own part says', async (_what, content) => {
  await go();
  await claim(content);
  scene.laterBy(47);
  const { view } = await go();
  expect(view).toMatchObject({ step: 'monitor', waitUntil: '2026-01-12T12:00:00.000Z', incident: null });
  expect(production()).toContain('api_key_v2');
  scene.laterBy(1);
  expect((await go()).view.state).toBe('done');
  expect(await valueIn('production', 'api_key')).toBeNull();
});

test('a quarantine is not cut short', async () => {
  await scene.run(scene.order({ timing: { window: 24 * 3600, quarantine: 72 * 3600 } }));
  await claim((part) => ({ ...allDone(part), quarantine: 0, window: 0 }));
  scene.laterBy(24);
  expect((await go()).stop).toMatchObject({
    kind: 'waits',
    needs: { step: 'delete-old', until: '2026-01-14T12:00:00.000Z' },
  });
});

test('a use of the old version is seen, whatever stands in the log after it', async () => {
  await go();
  scene.laterBy(1);
  await scene.vault.recordUse((change) => recordUses(change, [{ name: 'api_key', realm: 'production' }], 'get'));
  const { id } = await rotation();
  await colleague.change(async (change) => {
    change.nameRealm('staging');
    change.log({ action: 'rotation-step', detail: { rotation: id, step: 'update-production', state: 'done' } });
  });
  await claim(allDone);
  scene.guide.vouch = async () => null;
  scene.laterBy(47);
  const { view } = await go();
  expect(view).toMatchObject({ step: 'verify', state: 'waiting', needs: { environments: ['production'] } });
});

test('a timer does what production allowed it to', async () => {
  await go({ until: 'create' });
  await claim(() => ({ isUnattended: true }));
  expect((await rotation()).isUnattended).toBe(false);
});

test('another name for the new version, or for the old one, is written into no file and deletes nothing', async () => {
  await go({ until: 'test-staging' });
  await claimSecret({ to: 'weak' });
  await expect(go()).rejects.toMatchObject({ code: 'vault_damaged' });
  await claimSecret({ to: 'api_key_v2', from: 'weak' });
  await expect(go()).rejects.toMatchObject({ code: 'vault_damaged' });
  expect(production()).toBe('API_KEY={{secret:api_key}}\n');
  // It is there to be seen, and nothing else stands still.
  expect(await scene.vault.read(allRotations)).toHaveLength(1);
});

test('an end in staging alone: production is rotated to its end', async () => {
  await go();
  await claim((part) => ({ ...allDone(part), state: 'done', endedAt: LONG_AGO }));
  await colleague.change(async (change) => {
    const lineage = (await change.get('lineage', 'staging', 'api_key'))!;
    await change.update(lineage, { rotation: null, current: 'api_key', previous: null });
  });
  scene.laterBy(48);
  const { view } = await go();
  expect(view.state).toBe('done');
  expect(await valueIn('production', 'api_key')).toBeNull();
});

test('one that has ended and is opened again in staging concerns staging alone', async () => {
  await go();
  scene.laterBy(48);
  const done = await go();
  expect(done.view.state).toBe('done');
  const value = await valueIn('production', 'api_key_v2');
  await claim(({ steps }) => ({
    state: 'active',
    endedAt: null,
    steps: steps.map((step) => ({ ...step, state: 'todo' })),
  }));
  await colleague.change(async (change) => {
    const lineage = (await change.get('lineage', 'staging', 'api_key'))!;
    await change.update(lineage, { rotation: done.view.id });
  });
  const back = await runBack(scene.runner, ['api_key'], {
    way: 'rollback',
    answers: async () => scene.answers(),
  }).catch((error: unknown) => error);
  expect(back).toMatchObject({ code: 'no_way_back' });
  // The next one is production's own.
  const next = await go();
  expect(next.view).toMatchObject({ from: 'api_key_v2', to: 'api_key_v3', step: 'monitor' });
  const [before, now] = await Promise.all(
    [done.view.id, next.view.id].map((id) => scene.vault.read((view) => view.get('rotation', 'production', id))),
  );
  expect([before!.state, now!.state]).toEqual(['done', 'waiting']);
  expect(await valueIn('production', 'api_key_v2')).toBe(value);
  expect(production()).toContain('api_key_v3');
});

test.each([true, false])(
  'a rotation of their own keeps none of production from beginning, with a part of it: %s',
  async (hasPart) => {
    await colleague.change(async (change) => {
      const lineage = (await change.get('lineage', 'staging', 'api_key'))!;
      await change.update(lineage, { rotation: 'theirs' });
      if (hasPart) await change.put('rotation', 'staging', { ...THEIRS, startedAt: change.at });
    });
    const { view } = await go();
    expect(view).toMatchObject({ step: 'monitor', to: 'api_key_v2' });
    expect(view.id).not.toBe('theirs');
    expect((await Rotation.load(scene.vault, view.id)).environments).toContain('production');
  },
);

test('what production has stored is not replaced since staging takes a step back', async () => {
  const given = (value: string) => ({
    generate: null,
    values: new Map([
      [
        'api_key',
        new Map([
          ['production', { value: Plaintext.fromText(value), from: 'stdin' as const }],
          ['staging', { value: Plaintext.fromText(`${value}-staging`), from: 'stdin' as const }],
        ]),
      ],
    ]),
  });
  await go(given('new-prod-1'));
  await claim(({ steps }) => ({ steps: steps.map((step) => ({ ...step, state: 'todo' })) }));
  await go(given('another-1'));
  expect(await valueIn('production', 'api_key_v2')).toBe('new-prod-1');
});

test('which version production leaves is for production to say, and what staging is on is told', async () => {
  await colleague.change(async (change) => {
    const value = await change.putValue('staging', 'api_key_v9', Plaintext.fromText('theirs-1'), NO_FACTS);
    const own = (await change.get('name', 'staging', 'api_key'))!;
    const { kindOf: _kind, realm: _realm, entry: _entry, ...content } = own;
    await change.put('name', 'staging', { ...content, name: 'api_key_v9', version: 9, value: value.id });
    const lineage = (await change.get('lineage', 'staging', 'api_key'))!;
    await change.update(lineage, { names: [...lineage.names, 'api_key_v9'], highest: 9 });
  });
  const { view } = await go();
  expect(view).toMatchObject({ from: 'api_key', to: 'api_key_v2', step: 'monitor' });
  expect((await rotation()).environments).toEqual(['production']);
  expect(scene.guide.warned).toContain('other_version');
  scene.laterBy(48);
  expect((await go()).view.state).toBe('done');
  expect(await valueIn('staging', 'api_key_v9')).toBe('theirs-1');
});

test('of a shared value production takes what the rotation stored, not what is put in its place', async () => {
  await scene.remove();
  scene = await makeScene({ api_key: 'old-shared-1' });
  Object.assign(scene.guide, AGREES);
  colleague = await scene.colleague(['staging', 'shared']);
  await go({ until: 'generate' });
  await colleague.change(async (change) => {
    const value = await change.putValue('shared', 'api_key_v2', Plaintext.fromText('theirs-1'), NO_FACTS);
    await change.update((await change.get('name', 'shared', 'api_key_v2'))!, { value: value.id });
  });
  await go({ until: 'create' });
  await expect(scene.vault.read((view) => requireValue(view, 'api_key_v2', 'production'))).rejects.toMatchObject({
    code: 'value_missing',
  });
});

test('their key starts no rotation of a secret that production has, and goes on with none', async () => {
  const theirs: Runner = { ...scene.runner, vault: await colleague.open() };
  const attempt = () => runRotation(theirs, ['api_key'], scene.order());
  await expect(attempt()).rejects.toMatchObject({ code: 'not_granted', hints: [expect.stringContaining('first')] });
  expect(await scene.vault.read(allRotations)).toEqual([]);
  await go({ until: 'document' });
  await expect(attempt()).rejects.toMatchObject({ code: 'not_granted' });
});

const THEIRS: RotationContent = {
  id: 'theirs',
  state: 'active',
  project: '',
  source: 'generate',
  window: 0,
  quarantine: 0,
  isUnattended: true,
  options: {},
  steps: [],
  needs: null,
  waitUntil: null,
  incident: null,
  secrets: [
    {
      base: 'api_key',
      from: 'api_key',
      to: 'api_key_v2',
      ...NOTHING_DONE,
    },
  ],
  routes: [],
  startedAt: LONG_AGO,
  startedBy: 'them',
  endedAt: null,
  endReason: null,
};
const NO_FACTS = { sameAs: [], wrongEnvironment: false };
