/** When a secret was due and for how long it was not rotated: terms, by versions, rotations and changes of policy. */
import { describe, expect, test } from 'vitest';
import { dueOf, overdueOf, policiesOf, termsOf } from '../../src/evidence/terms.ts';
import type { Policy, TermRotation, TermVersion } from '../../src/evidence/terms.ts';

const DAY = 86_400;
const at = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString();
const every = (days: number | null, from = 0): Policy => ({
  at: at(from),
  interval: days === null ? null : days * DAY,
});
const version = (id: string, made: number, more: Partial<TermVersion> = {}): TermVersion => ({
  id,
  version: Number(id.slice(1)),
  createdAt: at(made),
  deletedAt: null,
  withdrawnAt: null,
  policies: [every(90, made)],
  ...more,
});
const rotation = (from: string, to: string, rotated: number | null, scheduled = rotated): TermRotation => ({
  id: `${from}${to}`,
  from,
  to,
  rotatedAt: rotated === null ? null : at(rotated),
  scheduledAt: scheduled === null ? null : at(scheduled),
});
const shape = (terms: ReturnType<typeof termsOf>) =>
  terms.map((term) => [term.version.id, term.since, term.until, term.rotation]);

describe('terms', () => {
  test('end when the old value is gone, and begin when the next date was set', () => {
    const versions = [version('v1', 0, { deletedAt: at(50) }), version('v2', 45)];
    expect(shape(termsOf(versions, [rotation('v1', 'v2', 50, 51)]))).toEqual([
      ['v1', at(0), at(50), 'v1v2'],
      ['v2', at(51), null, null],
    ]);
  });

  test('a rotation that did not get that far, or was taken back, ends none', () => {
    const versions = [version('v1', 0), version('v2', 45, { withdrawnAt: at(46) }), version('v3', 60)];
    expect(shape(termsOf(versions, [rotation('v1', 'v2', null), rotation('v1', 'v3', null)]))).toEqual([
      ['v1', at(0), null, null],
    ]);
  });

  test('a version that a person adds is a new value; an older one is none', () => {
    const versions = [version('v2', 0), version('v3', 30), version('v1', 40)];
    expect(shape(termsOf(versions, []))).toEqual([
      ['v2', at(0), at(30), null],
      ['v3', at(30), null, null],
    ]);
  });

  test('end with the last version that lives, and begin anew with a name that is given again', () => {
    const versions = [version('v1', 0, { deletedAt: at(20) }), { ...version('v1', 70), id: 'v1-again' }];
    expect(shape(termsOf(versions, []))).toEqual([
      ['v1', at(0), at(20), null],
      ['v1-again', at(70), null, null],
    ]);
  });
});

describe('overdue', () => {
  const term = (until: number | null, ...policies: Policy[]) => ({
    since: at(0),
    until: until === null ? null : at(until),
    version: version('v1', 0, { policies }),
    rotation: null,
  });

  test('from the day that the policy names, until the end', () => {
    expect(overdueOf(term(95, every(90)), at(400))).toEqual({ since: at(90), until: at(95) });
    expect(overdueOf(term(90, every(90)), at(400))).toBeNull();
    expect(overdueOf(term(null, every(90)), at(400))).toEqual({ since: at(90), until: null });
    expect(overdueOf(term(null, every(90)), at(90))).toBeNull();
    expect(overdueOf(term(500, every(90)), at(60))).toBeNull();
    expect(overdueOf(term(500, every(null)), at(600))).toBeNull();
  });

  test('a shorter interval counts from the day on which it was set', () => {
    expect(overdueOf(term(80, every(90), every(30, 60)), at(400))).toEqual({ since: at(60), until: at(80) });
    expect(dueOf(term(80, every(90), every(30, 60)))).toBe(at(30));
  });

  test('a longer one does not undo that it was late before', () => {
    expect(overdueOf(term(80, every(30), every(90, 40)), at(400))).toEqual({ since: at(30), until: at(80) });
    expect(overdueOf(term(80, every(60), every(90, 40)), at(400))).toBeNull();
  });
});

test('a policy over time is found backwards from what it is now', () => {
  const changes = [
    { at: at(20), from: { kind: 'critical' } },
    { at: at(15), from: { note: 'x' } },
    { at: at(10), from: { every: null } },
  ];
  expect(policiesOf({ kind: 'standard', every: 7 * DAY }, at(0), changes)).toEqual([
    every(30, 0),
    every(7, 10),
    every(7, 20),
  ]);
  expect(policiesOf({ kind: 'oauth', every: null }, at(0), [])).toEqual([every(null, 0)]);
  expect(policiesOf({ kind: 'critical', every: 0 }, at(0), [])).toEqual([every(null, 0)]);
});
