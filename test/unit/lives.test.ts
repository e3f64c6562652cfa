/** When a name stood, over all realms. */
import { expect, test } from 'vitest';
import { livesOf } from '../../src/vault/secrets/lives.ts';

const record = (
  createdAt: string,
  deletedAt: string | null = null,
  earlier: readonly (readonly [string, string])[] = [],
) => ({
  createdAt,
  deletedAt,
  earlier: earlier.map(([from, to]) => ({ createdAt: from, deletedAt: to })),
});

test.each([
  ['one realm', [record('1')], [['1', null]]],
  [
    'one after the other is one life while they overlap',
    [record('1', '3'), record('2', '5'), record('4')],
    [['1', null]],
  ],
  [
    'what was taken back everywhere and added again is two',
    [record('5', null, [['1', '3']]), record('2', '4')],
    [
      ['1', '4'],
      ['5', null],
    ],
  ],
  [
    'deleted and added again at one moment is two',
    [record('3', null, [['1', '3']])],
    [
      ['1', '3'],
      ['3', null],
    ],
  ],
  ['made and deleted at one moment in two realms is one', [record('1', '1'), record('1', '1')], [['1', '1']]],
  [
    'and so is what was added again then in both',
    [record('1', null, [['1', '1']]), record('1', null, [['1', '1']])],
    [
      ['1', '1'],
      ['1', null],
    ],
  ],
] as const)('%s', (_name, records, lives) => {
  expect(livesOf(records).map(({ createdAt, deletedAt }) => [createdAt, deletedAt])).toEqual(lives);
  expect(livesOf(records.toReversed())).toEqual(livesOf(records));
});
