import { expect, test } from 'vitest';
import { isProductionName, parseEnvironmentName, parseNames } from '../../src/domain/environment-name.ts';

test.each(['development', 'eu-production', 'a', '1', 'A_b-9', 'x'.repeat(63), 'shared2'])('%s is a name', (name) => {
  expect(parseEnvironmentName(name)).toBe(name);
});

test.each(['', '-a', '_a', 'a b', 'a.b', 'a/b', 'ä', 'a\n', 'x'.repeat(64), 'shared', 'Shared'])(
  '%j is no name',
  (name) => {
    expect(() => parseEnvironmentName(name)).toThrow(expect.objectContaining({ code: 'invalid_name' }));
  },
);

test.each(['production', 'prod', 'prd', 'live', 'main', 'Production', 'PROD-EU', 'production2', 'live_us', 'mainnet'])(
  '%s is production',
  (name) => expect(isProductionName(name)).toBe(true),
);

test.each(['staging', 'development', 'preprod', 'pre-production', 'nonlive', 'test', 'pr'])(
  '%s is not production',
  (name) => expect(isProductionName(name)).toBe(false),
);

test('parseNames keeps the order and trims', () => {
  expect(parseNames(' b, a ,shared')).toEqual(['b', 'a', 'shared']);
  expect(parseNames('a,A')).toEqual(['a', 'A']);
});

test.each(['', ' ', 'a,', ',a', 'a,,b', 'a,b,a', 'a, a'])('parseNames refuses %j', (text) => {
  expect(() => parseNames(text)).toThrow(expect.objectContaining({ code: 'usage' }));
});
