import { expect, test } from 'vitest';
import { needsOf } from '../../src/rotation/describe-rotation.ts';
import { isReady, needsText } from '../../src/rotation/needs-text.ts';
import type { Needs } from '../../src/rotation/types.ts';
import type { StoredRow } from '../../src/store/tables.ts';
import { isWellFormed } from '../../src/vault/row-content.ts';

const UNTIL = '2026-01-12T12:00:00.000Z';
const at = (iso: string) => ({ base: 'k', now: new Date(iso) });
const time = (step: Needs['step'], more: Partial<Needs>): Needs => ({
  kind: 'time',
  step,
  until: UNTIL,
  environments: ['production'],
  ...more,
});

test.each<[string, Needs, string, string]>([
  [
    'a window',
    time('monitor', { why: { of: 'window' } }),
    'Production is watched until 2026-01-12 12:00 UTC (in 1 day), then: knox rotate k',
    'Ready: the watch over production ended 2026-01-12 12:00 UTC (2 days ago). Go on: knox rotate k',
  ],
  [
    'a window whose sentence was stored',
    time('monitor', {
      next: 'Production is watched until 2026-01-12 12:00 UTC (in 1 day 23 hours), then: knox rotate k',
    }),
    'Production is watched until 2026-01-12 12:00 UTC (in 1 day), then: knox rotate k',
    'Ready: the watch over production ended 2026-01-12 12:00 UTC (2 days ago). Go on: knox rotate k',
  ],
  [
    'another wait whose sentence was stored',
    time('delete-old', { next: 'It stays in quarantine until 2026-01-12 12:00 UTC (in 29 days), then: knox rotate k' }),
    'It stays in quarantine until 2026-01-12 12:00 UTC (in 1 day), then: knox rotate k',
    'Ready: the wait at "Revoke the old value" ended 2026-01-12 12:00 UTC (2 days ago). Go on: knox rotate k',
  ],
  [
    'a quarantine',
    time('delete-old', { why: { of: 'quarantine' } }),
    'The old value stays in quarantine until 2026-01-12 12:00 UTC (in 1 day), then: knox rotate k',
    'Ready: the quarantine of the old value ended 2026-01-12 12:00 UTC (2 days ago). Go on: knox rotate k',
  ],
  [
    'a token that runs out',
    time('delete-old', { why: { of: 'expiry', name: 'k', environments: ['staging'] } }),
    'The value of k for staging is let in until it runs out by itself, at 2026-01-12 12:00 UTC (in 1 day); then: knox rotate k',
    'Ready: the wait at "Revoke the old value" ended 2026-01-12 12:00 UTC (2 days ago). Go on: knox rotate k',
  ],
])('%s is told as of now, and is ready when it is over', (_name, needs, before, after) => {
  expect(needsText(needs, at('2026-01-11T12:00:00.400Z'))).toBe(before);
  expect(isReady(needs, new Date(UNTIL))).toBe(true);
  expect(needsText(needs, at('2026-01-14T13:00:00.000Z'))).toBe(after);
});

test('hours that have come are ready without a moment of their own', () => {
  const needs = time('update-production', { why: { of: 'hours', between: '09:00-16:00', on: null } });
  expect(needsText(needs, at(UNTIL))).toBe('Ready: "Update production" may be done now. Go on: knox rotate k');
});

test('what a person has to do is no matter of time', () => {
  const needs: Needs = { kind: 'confirm', step: 'verify', until: null, environments: [], next: 'Do it' };
  expect([needsText(needs, at(UNTIL)), isReady(needs, new Date(UNTIL))]).toEqual(['Do it', false]);
});

test('a rollback names what is left, and the projects', () => {
  const left = [
    { path: 'b.env', environments: ['staging', 'production'], said: 'it is gone' },
    { path: null, environments: ['production'], said: 'the source is down' },
  ];
  const rollback = (why: object) => ({ kind: 'fix', step: 'monitor', until: null, environments: [], why }) as Needs;
  expect(needsText(rollback({ of: 'rollback', left, projects: ['api', 'web'] }), at(UNTIL))).toBe(
    'The rollback is not finished: b.env (staging, production): it is gone; production: the source is down; ' +
      'it is open in the projects "api", "web" too. Fix that, then: knox rotate k',
  );
});

test('one that was cut off says so, whatever was waited for before', () => {
  const row = {
    state: 'active',
    options: '{"rollback":{"reason":null,"at":"2026-01-10T12:00:00.000Z"}}',
    steps: '[{"id":"document","state":"done"},{"id":"monitor","state":"todo"}]',
    needs: JSON.stringify(time('monitor', { next: 'Production is watched' })),
  } as StoredRow<'rotation'>;
  const needs = needsOf(row, ['production'])!;
  expect(needs).toMatchObject({ kind: 'fix', step: 'monitor', until: null, environments: ['production'] });
  expect(needsText(needs, at(UNTIL))).toBe('The rollback was cut off. Go on: knox rotate k');
});

test('what a row may say of it: the sentence of before, or the reason as data', () => {
  const row = (needs: object) => ({
    state: 'waiting',
    window: 0,
    quarantine: 0,
    options: '{}',
    steps: '[]',
    needs: JSON.stringify(needs),
    wait_until: null,
    started_at: UNTIL,
    ended_at: null,
  });
  const needs = { kind: 'time', step: 'monitor', until: UNTIL, environments: [] };
  const fine = [{ next: 'x' }, {}, { why: { of: 'window' } }, { why: { of: 'rollback', left: [], projects: [] } }];
  const wrong = [{ next: 1 }, { why: 'window' }, { why: { of: 'rollback', left: [{}] } }, { why: { of: 1 } }];
  for (const more of fine) expect(isWellFormed('rotation', row({ ...needs, ...more }))).toBe(true);
  for (const more of wrong) expect(isWellFormed('rotation', row({ ...needs, ...more }))).toBe(false);
});
