/** No value is left where it should not be: in this process; test/long has the built program do it all. */
import { expect, test } from 'vitest';
import { inProcess, isMarked, leavesNoValue, markedValue } from '../helpers/marker-trial.ts';

test('the search itself finds a mark in each form', () => {
  for (const text of [
    markedValue('x'),
    Buffer.from(`a${markedValue('x')}`).toString('base64'),
    Buffer.from(markedValue('x')).toString('hex'),
  ])
    expect(isMarked(Buffer.from(text))).toBe(true);
});

test('no value is in any byte that knox leaves', { timeout: 240_000 }, async () => {
  await leavesNoValue(inProcess);
});
