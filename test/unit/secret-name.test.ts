import { describe, expect, test } from 'vitest';
import {
  parseReference,
  parseSecretName,
  quoted,
  requireReference,
  requireSecretName,
  versionName,
} from '../../src/domain/secret-name.ts';

describe('names', () => {
  test.each([
    ['stripe_api_key', 'stripe_api_key', 1],
    ['stripe_api_key_v2', 'stripe_api_key', 2],
    ['stripe_api_key_v10', 'stripe_api_key', 10],
    ['STRIPE_V3', 'STRIPE', 3],
    ['x_v1', 'x_v1', 1],
    ['x_v0', 'x_v0', 1],
    ['x_v02', 'x_v02', 1],
    ['x_V2', 'x_V2', 1],
    ['STRIPE_v2', 'STRIPE_v2', 1],
    ['_v2', '_v2', 1],
    ['__v2', '_', 2],
    ['x_v2_v3', 'x_v2', 3],
    ['a.b-c', 'a.b-c', 1],
  ])('%s is version %3$s of its base', (name, base, version) => {
    expect(parseSecretName(name)).toEqual({ name, base, version });
  });

  test.each(['', '1a', '-a', '.a', 'a b', 'a/b', 'é', 'a\n', 'a@current', 'a'.repeat(121)])('%j is no name', (text) => {
    expect(parseSecretName(text)).toBeNull();
    expect(() => requireSecretName(text)).toThrow(expect.objectContaining({ code: 'invalid_name' }));
  });

  test('the 120 characters are those before the version suffix', () => {
    const base = 'a'.repeat(120);
    expect(parseSecretName(`${base}_v2`)).toEqual({ name: `${base}_v2`, base, version: 2 });
    expect(parseSecretName(`${base}a_v2`)).toBeNull();
  });

  test('a version is written as its base is', () => {
    expect([versionName('key', 1), versionName('key', 2), versionName('KEY', 2), versionName('_1', 12)]).toEqual([
      'key',
      'key_v2',
      'KEY_V2',
      '_1_v12',
    ]);
  });
});

describe('references', () => {
  test.each([
    ['x', 'x', null],
    ['x@current', 'x', 'current'],
    ['x_v2@previous', 'x_v2', 'previous'],
  ])('%s', (text, name, at) => {
    expect(parseReference(text)).toEqual({ name, at });
    expect(requireReference(text)).toEqual({ name, at });
  });

  test.each(['x@', 'x@Current', 'x@next', '@current', 'x@current@current', 'x @current'])('%j is none', (text) => {
    expect(parseReference(text)).toBeNull();
    expect(() => requireReference(text)).toThrow(expect.objectContaining({ code: 'invalid_name' }));
  });
});

test('what was typed is shown escaped and cut short', () => {
  expect(quoted('a\u001b[31m\u202e\u200b\u2028"')).toBe(String.raw`"a\u001b[31m\u{202e}\u{200b}\u{2028}\""`);
  expect(quoted('a\u{e0100}\u3164')).toBe(String.raw`"a\u{e0100}\u{3164}"`);
  expect(quoted('x'.repeat(500))).toBe(`"${'x'.repeat(60)}…"`);
  expect(() => requireSecretName('my secret value')).toThrow(expect.not.stringContaining('value'));
});
