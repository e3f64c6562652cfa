/** Files that a few lines make large, or slow to read, as fuzzing found them: refused, and soon. */
import { expect, test } from 'vitest';
import { readValues } from '../../src/transfer/read-values.ts';
import type { ReadOptions } from '../../src/transfer/read-values.ts';

const read = (text: string, given: Partial<ReadOptions>) =>
  readValues(Buffer.from(text), {
    format: 'dotenv',
    file: 'f',
    prefix: '',
    flatten: null,
    expand: false,
    skipEmpty: false,
    warn: () => undefined,
    ...given,
  });
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_one, index) => line(index)).join('\n');

test.each<[string, string, Partial<ReadOptions>, string]>([
  [
    'names that each stand for two',
    `${lines(60, (at) => `A${at}=$A${at + 1}$A${at + 1}`)}\nA60=x`,
    { expand: true },
    'longer than 1 MiB',
  ],
  [
    'a long way of names',
    `${lines(20_000, (at) => `A${at}=$A${at + 1}`)}\nA20000=x`,
    { expand: true },
    'by way of more than 100',
  ],
  [
    'aliases of aliases',
    lines(40, (at) => `k${at}: &a${at} ${at === 0 ? '{}' : `{x: *a${at - 1}, y: *a${at - 1}}`}`),
    { format: 'yaml', flatten: '_' },
    'more than 100000 names',
  ],
  [
    'objects in objects',
    `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
    { format: 'json', flatten: '_' },
    'cannot be read',
  ],
])('%s', async (_what, text, given, message) => {
  const refused = { code: 'invalid_value', message: expect.stringContaining(message) as string };
  await expect(read(text, given)).rejects.toMatchObject(refused);
});

test.each(['? a value%1\n? b', 'a value%1: 1\na value%1: 2', 'a value%1: [1]'])(
  '%j tells no name that is none',
  async (text) => {
    const refused = { code: 'invalid_value', message: expect.not.stringContaining('value%1') as string };
    await expect(read(text, { format: 'yaml' })).rejects.toMatchObject(refused);
  },
);

test('many blanks, hashes and aliases cost no more than their number', async () => {
  expect(await read(`A=${' #'.repeat(50_000)}\u2028`, { skipEmpty: true })).toEqual([]);
  expect(await read('A=#fff # c\nB= #fff', { skipEmpty: true })).toMatchObject([{ name: 'A', value: '#fff' }]);
  expect(await read('A=b # c\u2028d\nC=#e\u2028f # g\u2028', {})).toMatchObject([
    { value: 'b' },
    { value: '#e\u2028f' },
  ]);
  expect(await read(`a: &a v\n${lines(2000, (at) => `n${at}: *a`)}`, { format: 'yaml' })).toHaveLength(2001);
  // The anchor that stands before it last.
  const text = 'a: &x 1\nb: *x\nc: &x 2\nd: *x';
  expect((await read(text, { format: 'yaml' })).map(({ value }) => value)).toEqual(['1', '1', '2', '2']);
});
