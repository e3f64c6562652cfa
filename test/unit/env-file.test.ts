import { parseEnv } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEnvFile } from '../../src/run/env-file.ts';

const read = (text: string) => readEnvFile({ file: 'a.env', bytes: Buffer.from(text) });

describe('the variables of an env file', () => {
  test('are those that Node reads, with their placeholders and where these stand', () => {
    const { variables, problems } = read(
      '\uFEFF# {{secret:ignored}}\nA={{secret:one}}#{{secret:not_read}}\nexport B="x\n{{secret:two}} {{secret:one|url}}" # c\nC=\'é{{ secret : two }}\'\n',
    );
    expect(problems).toEqual([]);
    expect(
      variables.map(({ name, text, placeholders }) => [
        name,
        text,
        placeholders.map(({ line, column }) => `${line}:${column}`),
      ]),
    ).toEqual([
      ['A', '{{secret:one}}', ['2:3']],
      ['B', 'x\n{{secret:two}} {{secret:one|url}}', ['4:1', '4:16']],
      ['C', 'é{{ secret : two }}', ['5:5']],
    ]);
  });

  test('malformed placeholders and what is no text are told with their places', () => {
    expect(read('A=1\nB={{secret:}}\nC={{secret:a b}}').problems.map(({ line, column }) => [line, column])).toEqual([
      [2, 3],
      [3, 3],
    ]);
    expect(readEnvFile({ file: 'a.env', bytes: Buffer.from([0xff, 0xfe, 65, 0]) })).toMatchObject({
      variables: [],
      problems: [{ code: 'template_invalid', file: 'a.env', line: 1, column: 1 }],
    });
  });

  test.each([
    ['A=1\nB=2\nA=3', ['A']],
    ['A=1\nexport A=2\nB=1\n B = 3\nB=4\n', ['A', 'B']],
    ['A="x\nA=2"\nAA=A=1\n# A=5\nB=A=1', []],
    ['A.B=1\nAxB=2\nA.B={{secret:x}}', ['A.B']],
  ])('names that are set more than once: %j', (text, duplicates) => {
    expect(read(text).duplicates).toEqual(duplicates);
  });

  test('one long line is read soon, as fuzzing found it', () => {
    for (const text of ['a='.repeat(20_000), 'a'.repeat(100_000)]) expect(read(text).duplicates).toEqual([]);
  });

  test('a text without placeholders is read as Node reads it, whatever it is', () => {
    const line = fc.string({ unit: fc.constantFrom(...'AB=#"\'` \n\\$knox0.é'), maxLength: 40 });
    fc.assert(
      fc.property(line, (text) => {
        const found = Object.fromEntries(read(text).variables.map((one) => [one.name, one.text]));
        expect(found).toEqual({ ...parseEnv(text) });
      }),
      { numRuns: 2000 },
    );
  });
});
