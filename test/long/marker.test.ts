/** No value is left where it should not be, by the built program: a hundred and fifty of it, one after the other. */
import { test } from 'vitest';
import { asProgram, leavesNoValue } from '../helpers/marker-trial.ts';

test('no value is in any byte that knox leaves', async () => {
  await leavesNoValue(asProgram);
});
