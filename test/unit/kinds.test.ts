import { expect, test } from 'vitest';
import { DEFAULT_KIND, KINDS, dueAt, isExempt } from '../../src/domain/kinds.ts';

const CREATED = '2026-01-01T00:00:00.000Z';

test.each([
  ['critical', '2026-01-31T00:00:00.000Z'],
  ['standard', '2026-04-01T00:00:00.000Z'],
  ['database', '2026-04-01T00:00:00.000Z'],
  ['oauth', null],
  ['config', null],
] as const)('%s is due at %s', (kind, due) => {
  expect(dueAt({ kind, every: null, createdAt: CREATED, dueAt: null })).toBe(due);
});

test('the own interval goes before the kind, a set date before both', () => {
  const every = 10 * 86_400;
  expect(dueAt({ kind: 'critical', every, createdAt: CREATED, dueAt: null })).toBe('2026-01-11T00:00:00.000Z');
  expect(dueAt({ kind: 'oauth', every, createdAt: CREATED, dueAt: null })).toBe('2026-01-11T00:00:00.000Z');
  expect(dueAt({ kind: 'critical', every: 0, createdAt: CREATED, dueAt: null })).toBeNull();
  const set = '2026-06-01T00:00:00.000Z';
  expect(dueAt({ kind: 'critical', every, createdAt: CREATED, dueAt: set })).toBe(set);
  expect(dueAt({ kind: 'config', every: null, createdAt: CREATED, dueAt: set })).toBe(set);
});

test('only config is exempt', () => {
  for (const from of ['same_value', 'wrong_environment', 'unused', 'masking', 'scan'] as const) {
    expect(KINDS.filter((kind) => isExempt(kind, from))).toEqual(['config']);
  }
});

test('the default is one of them', () => {
  expect(KINDS).toContain(DEFAULT_KIND);
});
