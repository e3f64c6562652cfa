import { expect, test } from 'vitest';
import { closest } from '../../src/domain/lookalike.ts';

test.each([
  ['another case', 'Stripe_Key', ['other', 'stripe_key'], 'stripe_key'],
  ['a character too few', 'strpe', ['stripe'], 'stripe'],
  ['a character too many', 'striipe', ['stripe'], 'stripe'],
  ['a character wrong', 'strope', ['stripe'], 'stripe'],
  ['two swapped', 'strpie', ['stripe'], 'stripe'],
  ['an edit and another case', 'STRPE', ['stripe'], 'stripe'],
  ['the newest other version', 'key_v9', ['key', 'key_v2', 'key_v10'], 'key_v10'],
  ['an upper-case base', 'KEY_v2', ['KEY', 'OTHER'], 'KEY'],
  ['case before version before edit', 'KEY_v2', ['KEY_w2', 'KEY', 'key_v2'], 'key_v2'],
  ['the first by code point', 'kay', ['kby', 'kaz'], 'kaz'],
  ['two edits are too far', 'stpe', ['stripe'], null],
  ['a swap and an edit are too far', 'tsripes', ['stripe'], null],
  ['nothing close', 'abc', ['xyz'], null],
  ['not itself', 'abc', ['abc'], null],
  ['nothing there', 'abc', [], null],
])('%s', (_, name, candidates, expected) => {
  expect(closest(name, candidates)).toBe(expected);
});
