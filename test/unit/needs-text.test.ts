import { expect, test } from 'vitest';
import { isReady, needsText } from '../../src/rotation/needs-text.ts';
import type { Needs } from '../../src/domain/rotation-record.ts';

const UNTIL = '2026-01-12T12:00:00.000Z';
const at = (iso: string) => ({ base: 'k', now: new Date(iso) });
const time = (step: Needs['step'], more: Partial<Needs>): Needs => ({
  kind: 'time',
  step,
  until: UNTIL,
  environments: ['production'],
  why: { of: 'quarantine' },
  ...more,
});

test.each<[string, Needs, string, string]>([
  [
    'a window',
    time('monitor', { why: { of: 'window' } }),
    'Production is watched until 2026-01-12 12:00 UTC (in 1 day). Then run: knox rotate k',
    'Ready: the watch over production ended 2026-01-12 12:00 UTC (2 days ago). Continue: knox rotate k',
  ],
  [
    'a quarantine',
    time('delete-old', { why: { of: 'quarantine' } }),
    'The old value stays in quarantine until 2026-01-12 12:00 UTC (in 1 day). Then run: knox rotate k',
    'Ready: the quarantine of the old value ended 2026-01-12 12:00 UTC (2 days ago). Continue: knox rotate k',
  ],
  [
    'a token that runs out',
    time('delete-old', { why: { of: 'expiry', name: 'k', environments: ['staging'] } }),
    'The value of k for staging works until it expires at 2026-01-12 12:00 UTC (in 1 day). Then run: knox rotate k',
    'Ready: the wait at "Revoke the old value" ended 2026-01-12 12:00 UTC (2 days ago). Continue: knox rotate k',
  ],
])('%s is told as of now, and is ready when it is over', (_name, needs, before, after) => {
  expect(needsText(needs, at('2026-01-11T12:00:00.400Z'))).toBe(before);
  expect(isReady(needs, new Date(UNTIL))).toBe(true);
  expect(needsText(needs, at('2026-01-14T13:00:00.000Z'))).toBe(after);
});

test('hours that have come are ready without a moment of their own', () => {
  const needs = time('update-production', { why: { of: 'hours', between: '09:00-16:00', on: null } });
  expect(needsText(needs, at(UNTIL))).toBe('Ready: "Update production" can be done now. Continue: knox rotate k');
});

const routes = [
  { path: 'a.env', environment: 'staging' },
  { path: 'b.env', environment: 'production' },
];
const probe = { path: 'a.env', environment: 'staging', project: null, status: 401, fault: null };
const BACK = 'fix it and run knox rotate k, or roll back with --rollback';

test.each<[string, Needs['kind'], Needs['step'], Needs['why'], string]>([
  [
    'new values',
    'values',
    'generate',
    { of: 'values', isAllKept: false },
    'Give the new values for production: knox rotate k, or --values-stdin, --value-file ENV=FILE, --generate',
  ],
  [
    'new values where all were kept',
    'values',
    'generate',
    { of: 'values', isAllKept: true },
    'Every environment keeps its value: at least one needs a new one. End this rotation with --abort and start again.',
  ],
  [
    'a yes to changes',
    'confirm',
    'update-staging',
    { of: 'apply', files: ['a.env', 'b.env'], deploys: routes },
    'Review the changes to a.env, b.env and apply them: knox rotate k, or with --yes without being asked',
  ],
  [
    'a yes to commands',
    'confirm',
    'update-staging',
    { of: 'apply', files: [], deploys: routes },
    'Run the deploy commands of a.env (staging), b.env (production): knox rotate k, or with --yes without being asked',
  ],
  [
    'a deployment',
    'confirm',
    'update-production',
    { of: 'deployed', routes },
    'Deploy a.env for staging, b.env for production, then: knox rotate k --confirm update-production',
  ],
  [
    'a look at staging',
    'confirm',
    'test-staging',
    { of: 'tried', routes },
    'Test a.env for staging, b.env for production with the new value, then: knox rotate k --confirm test-staging',
  ],
  [
    'documentation',
    'confirm',
    'update-docs',
    { of: 'documentation', file: 'docs/k_v2.md' },
    'Update the documentation (the record is in docs/k_v2.md), then: knox rotate k --confirm update-docs',
  ],
  [
    'a value that a person revokes',
    'confirm',
    'delete-old',
    { of: 'revoked', base: 'k', names: ['k', 'k_id'] },
    'Revoke the value of k, k_id for production where it was made, then: knox rotate k --confirm delete-old',
  ],
  [
    'other projects',
    'project',
    'update-staging',
    { of: 'projects', projects: ['api', 'web'] },
    'Routes of the projects "api", "web" name it too: run knox rotate k there',
  ],
  ['a person', 'confirm', 'update-staging', { of: 'person' }, 'Ready for you: update staging. Continue: knox rotate k'],
  [
    'probes of production',
    'fix',
    'monitor',
    { of: 'probes', probes: [probe], isBefore: false },
    `The probe of a.env for staging (401 Unauthorized) failed in production: ${BACK}`,
  ],
  [
    'probes before an update',
    'fix',
    'update-production',
    { of: 'probes', probes: [{ ...probe, status: null, fault: 'ECONNREFUSED' }], isBefore: true },
    `The probe of a.env for staging (connection refused) did not pass with the new value; nothing was changed there: ${BACK}`,
  ],
  [
    'an old value that lives',
    'fix',
    'delete-old',
    { of: 'alive', alive: [{ of: 'probe', ...probe }], isRevoked: false, base: 'k', name: 'k' },
    'Revoke the value of k for production where it was made, then: knox rotate k',
  ],
  [
    'an old value that lives although it was revoked',
    'fix',
    'delete-old',
    {
      of: 'alive',
      alive: [
        { of: 'probe', ...probe, project: 'web', status: 200 },
        { of: 'source', source: 'command', environment: 'production', life: 'live' },
      ],
      isRevoked: true,
      base: 'k',
      name: 'k',
    },
    'Find out why the old value still works (the probe of a.env of the project "web" for staging (200 OK), its source (command) for production (live)), then: knox rotate k',
  ],
  [
    'refused logins',
    'fix',
    'monitor',
    { of: 'refusals', name: 'k_v2', count: 3, by: [{ source: 'gateway log', environment: 'production' }] },
    'k_v2 was refused 3 times within a day: gateway log in production: find out why and run knox rotate k, or roll back with --rollback',
  ],
  [
    'a failure without a hint',
    'fix',
    'monitor',
    { of: 'error', code: 'io', said: 'it broke', hint: null },
    'Look into it, then continue: knox rotate k',
  ],
  [
    'a failure with one',
    'fix',
    'monitor',
    { of: 'error', code: 'io', said: 'it broke', hint: 'plug it in' },
    'plug it in; then: knox rotate k',
  ],
  [
    'a failure whose hint goes on by itself',
    'fix',
    'monitor',
    { of: 'error', code: 'io', said: 'it broke', hint: 'try: knox rotate k' },
    'try: knox rotate k',
  ],
])('%s: what somebody has to do is no matter of time', (_name, kind, step, why, text) => {
  const needs: Needs = { kind, step, why, until: null, environments: ['production'] };
  expect([needsText(needs, at(UNTIL)), isReady(needs, new Date(UNTIL))]).toEqual([text, false]);
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
