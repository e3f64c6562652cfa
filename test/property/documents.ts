/** Random values, and random documents made of pieces of a format with the values' places in them. */
import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';

const HOSTILE = [
  ...Array.from(' \t\n\r\\"\'`$#:;,=-+.?!&*|>%@~^(){}[]</0123456789aAnNtTxu_é'),
  ...Array.from('\0\x07\x7f\x85\u2028\ufeff\uffff😀'),
  ...'--- ... */ // --> ]]> <<'.split(' '),
  "'''",
  '"""',
  '\n\n',
  '\n  ',
  ' #',
  ': ',
  '{{secret:v0}}',
];
const WORDS = [
  'true',
  'no',
  '~',
  'null',
  '8080',
  '1e3',
  '0x1F',
  '1:20',
  '2024-01-01',
  '.inf',
  '=',
  '<<',
  '$&',
  "$'",
  '- a',
];
export const value = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: fc.constantFrom(...HOSTILE), minLength: 1, maxLength: 12 }) },
  {
    weight: 3,
    arbitrary: fc.string({
      unit: fc.constantFrom(...Array.from('abcXYZ019_-./+=@%~ \n')),
      minLength: 1,
      maxLength: 10,
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => text.isWellFormed() && text !== '__proto__'),
  },
  { weight: 1, arbitrary: fc.constantFrom(...WORDS) },
);

/**
 * A piece of a document: its text, with KEY for its name, HOLE for a place of the value and HOLE_JSON for one with the filter `json`, and
 * what a reader has to find under the name.
 */
export type Entry = readonly [text: string, expected: (value: string) => unknown];

export interface Document {
  readonly template: string;
  readonly values: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

export function documentOf(chosen: readonly (readonly [Entry, string])[], join: (texts: string[]) => string): Document {
  const place = ([text]: Entry, index: number): string =>
    text
      .replaceAll('KEY', `k${index}`)
      .replaceAll('HOLE_JSON', `{{secret:v${index}|json}}`)
      .replaceAll('HOLE', `{{secret:v${index}}}`);
  return {
    template: join(chosen.map(([entry], index) => place(entry, index))),
    values: Object.fromEntries(chosen.map(([, text], index) => [`v${index}`, text])),
    expected: Object.fromEntries(chosen.map(([[, found], text], index) => [`k${index}`, found(text)])),
  };
}

/** Documents of one to three pieces. */
export function documents(entries: readonly Entry[], join: (texts: string[]) => string): fc.Arbitrary<Document> {
  return fc
    .array(fc.tuple(fc.constantFrom(...entries), value), { minLength: 1, maxLength: 3 })
    .map((chosen) => documentOf(chosen, join));
}

/** A text that is JSON, whatever its blanks and escapes are. For `toEqual`. */
export function jsonText(expected: unknown): object {
  return {
    asymmetricMatch: (found: unknown) => {
      try {
        return typeof found === 'string' && isDeepStrictEqual(JSON.parse(found), expected);
      } catch {
        return false;
      }
    },
    toString: () => 'jsonText',
    getExpectedType: () => 'string',
    toAsymmetricMatcher: () => `the JSON text of ${JSON.stringify(expected)}`,
  };
}
