/** What the parts of one rotation say together: what lets it go on is said by all that it concerns, production's times by production alone. */
import { expect, test } from 'vitest';
import type { StepId } from '../../src/domain/step-texts.ts';
import { needsOf } from '../../src/rotation/describe-rotation.ts';
import { freshStep, mergedSecrets } from '../../src/rotation/merge-parts.ts';
import { needsText } from '../../src/rotation/needs-text.ts';
import type { ReadRotation } from '../../src/rotation/read-rotation.ts';
import type { RotationPart } from '../../src/vault/records/kinds.ts';
import {
  ORDER,
  readParts as read,
  rotatedSecret as secret,
  rotationPart as part,
  STARTED,
  STEPS,
} from '../helpers/rotation-part.ts';

const AT = STARTED;
const LATER = '2026-01-10T13:00:00.000Z';

/** Steps up to one are done, at a time and in an entry. */
const until = (last: StepId, at = AT, entry = 5) =>
  STEPS.map((id, index) =>
    index > STEPS.indexOf(last) ? freshStep(id) : { id, state: 'done' as const, at, entry, by: 'a', facts: null },
  );

test.each<[string, RotationPart[], StepId | null]>([
  [
    'both say so',
    [part('staging', { steps: until('create') }), part('production', { steps: until('create') })],
    'update-staging',
  ],
  [
    'staging claims all of it',
    [part('staging', { steps: until('schedule-next') }), part('production', { steps: until('create') })],
    'update-production',
  ],
  ['staging claims nothing', [part('staging'), part('production', { steps: until('verify') })], 'document'],
  [
    'production claims what staging did not do',
    [part('staging', { steps: until('create') }), part('production', { steps: until('verify') })],
    'update-staging',
  ],
  [
    'one production claims what another did not do',
    [part('production', { steps: until('monitor') }), part('prod-eu', { steps: until('test-staging') })],
    'update-production',
  ],
  [
    'there is no production',
    [part('development', { steps: until('verify') }), part('staging', { steps: until('test-staging') })],
    'update-production',
  ],
  [
    'all of it is done',
    [part('staging', { steps: until('schedule-next') }), part('production', { steps: until('schedule-next') })],
    null,
  ],
])('the current step, where %s', (_what, parts, step) => {
  expect(read(...parts).current).toBe(step);
});

test('a step was done when the last part that it concerns says', () => {
  const staging = part('staging', { steps: until('monitor', '2026-02-01T00:00:00.000Z', 99) });
  const one = part('production', { steps: until('monitor', LATER, 5) });
  const other = part('prod-eu', { steps: until('monitor', AT, 8) });
  expect(read(staging, one, other).step('update-production')).toMatchObject({ at: LATER, entry: 8 });
  expect(read(staging, one).step('create')).toMatchObject({ at: '2026-02-01T00:00:00.000Z', entry: 99 });
});

test.each<[string, Partial<RotationPart>, Partial<RotationPart>, Partial<ReadRotation>]>([
  ['window', { window: 1 }, { window: 50 }, { window: 50 }],
  ['a longer window', { window: 500 }, { window: 50 }, { window: 50 }],
  ['quarantine', { quarantine: 0 }, { quarantine: 60 }, { quarantine: 60 }],
  ['who may do it', { isUnattended: true }, { isUnattended: false }, { isUnattended: false }],
  ['the source', { source: 'generate' }, { source: 'manual' }, { source: 'manual' }],
  [
    'the hours',
    { options: { between: '00:00-24:00' } },
    { options: { between: '02:00-04:00' } },
    { options: { between: '02:00-04:00' } },
  ],
  ['a leak', { options: { compromised: { at: AT, revokeFirst: true } } }, {}, { isCompromised: false }],
  ['a rollback', { options: { rollback: { reason: null, at: AT } } }, {}, { state: 'active' }],
  ['how long both values live', { options: { overlap: 1 } }, {}, { options: {} }],
  ['a file that may stay', { options: { accepted: ['value a.env'] } }, {}, { options: {} }],
  [
    'that it has ended',
    { state: 'done', endedAt: LATER },
    { state: 'waiting' },
    { state: 'waiting', environments: ['production'] },
  ],
  [
    'that it has not',
    { state: 'waiting' },
    { state: 'done', endedAt: LATER },
    { state: 'done', environments: ['production'] },
  ],
  [
    'what it waits for',
    { needs: { kind: 'time', step: 'verify', until: AT, environments: [], why: { of: 'quarantine' } } },
    {},
    { needs: null },
  ],
])("%s: staging's word for it is not production's", (_what, staging, production, together) => {
  const rotation = read(part('staging', staging), part('production', production));
  const said = Object.fromEntries(Object.keys(together).map((key) => [key, rotation[key as keyof ReadRotation]]));
  expect(said).toEqual(together);
});

test('of two productions the longer window counts, and a rollback that both say', () => {
  const rollback = { reason: null, at: AT };
  const one = part('production', { window: 10, quarantine: 9, options: { rollback, overlap: 5 } });
  const other = part('prod-eu', { window: 20, quarantine: 1, options: { rollback, overlap: 7 } });
  expect(read(one, other)).toMatchObject({ window: 20, quarantine: 9, state: 'rolling-back', options: { overlap: 7 } });
});

test('a new value was revoked where the environment itself says so', () => {
  const both = part('staging', { options: { revokedNew: ['staging', 'production', 'shared'] } });
  expect(read(both, part('production')).options.revokedNew).toEqual(['staging']);
  expect(read(both, part('production', { options: { revokedNew: ['shared'] } })).options.revokedNew).toEqual([
    'staging',
    'shared',
  ]);
});

test.each<[string, RotationPart[], string[], string[]]>([
  [
    'other versions',
    [part('staging', { secrets: [secret('k', 'k', 'weak')] }), part('production')],
    ['production'],
    ['staging'],
  ],
  [
    'other versions, of two',
    [part('production'), part('prod-eu', { secrets: [secret('k', 'k_v5')] })],
    ['production'],
    ['prod-eu'],
  ],
  [
    'other hours in two productions',
    [part('production'), part('prod-eu', { options: { on: 'sun' } })],
    ['production'],
    ['prod-eu'],
  ],
  [
    'a secret that the other does not have',
    [part('staging', { secrets: [secret('k'), secret('m')] }), part('production')],
    ['staging', 'production'],
    [],
  ],
])('%s: which parts are one rotation', (_what, parts, taken, others) => {
  const rotation = read(...parts);
  expect(rotation.parts.map(({ realm }) => realm)).toEqual(taken);
  expect(rotation.environments).toEqual(ORDER.filter((name) => [...taken, ...others].includes(name)));
});

test('the secrets stand in the order in which they were named, whichever environment has which', () => {
  const of = (...bases: string[]) => part('x', { secrets: bases.map((base) => secret(base)) });
  const order = (...parts: RotationPart[]) => mergedSecrets(parts).map(({ base }) => base);
  expect(order(of('b', 'c'), of('a', 'b', 'c'))).toEqual(['a', 'b', 'c']);
  expect(order(of('a', 'c'), of('a', 'b', 'c'))).toEqual(['a', 'b', 'c']);
  expect(order(of('a', 'b'), of('b', 'c'))).toEqual(['a', 'b', 'c']);
});

test('an environment was moved when all of its secrets were, and has its own alone', () => {
  const moved = secret('k', 'k', 'k_v2', { updatedAt: AT });
  const rotation = read(part('staging', { secrets: [moved] }), part('production', { secrets: [moved, secret('m')] }));
  expect([rotation.isUpdated('staging'), rotation.isUpdated('production'), rotation.isUpdated('development')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(rotation.environmentsOf({ base: 'm' })).toEqual(['production']);
  expect(rotation.record('m', 'staging')).toBeNull();
});

test('the old value is dead when every environment that got a new one has its proof', () => {
  const proof = { kind: 'refused', route: null, status: 401, through: null, source: null, at: AT } as const;
  const dead = secret('k', 'k', 'k_v2', { proof, revokedAt: AT });
  const kept = secret('k', 'k', 'k_v2', { isKept: true });
  const of = (one: ReturnType<typeof secret>, other: ReturnType<typeof secret>) =>
    read(part('staging', { secrets: [one] }), part('production', { secrets: [other] }));
  expect([of(dead, secret('k')).isProven, of(kept, dead).isProven, of(dead, dead).isProven]).toEqual([
    false,
    true,
    true,
  ]);
  expect([of(secret('k'), secret('k')).isRevoked, of(dead, secret('k')).isRevoked]).toEqual([false, true]);
});

test('one whose rollback was cut off says so, whatever was waited for before', () => {
  const options = { rollback: { reason: null, at: AT } };
  const wait = {
    kind: 'time',
    step: 'monitor',
    until: LATER,
    environments: ['production'],
    why: { of: 'window' },
  } as const;
  const needs = needsOf(read(part('production', { options, steps: until('update-production'), needs: wait })))!;
  expect(needs).toMatchObject({ kind: 'fix', step: 'monitor', until: null, environments: ['production'] });
  expect(needsText(needs, { base: 'k', now: new Date(AT) })).toBe(
    'The rollback was interrupted. Continue: knox rotate k',
  );
});
