/** Env files, held against those who read them too: what knox takes without a word they take as well, and nothing is ever cut. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { envItems, readEnvVariables } from '../../src/templates/template.ts';
import { DOTENV, NODE_PARSE_ENV } from '../helpers/readers/javascript.ts';
import { BASH, SH } from '../helpers/readers/shell.ts';

const READERS = [SH, BASH, DOTENV, NODE_PARSE_ENV];

/** As `run` and `import` read it. */
function read(text: string) {
  const file = readEnvVariables(Buffer.from(text));
  const variables = file.variables.map(({ name, template }) => [name, template.text] as const);
  return { ...file, values: Object.fromEntries(variables) };
}

/** Values of names, and whether somebody is told that others read them differently: `alike`, `told`, or `refused` with its place. */
function verdict(text: string): string {
  const { values, problems, passedOver, doubtful } = read(text);
  const [problem] = problems;
  if (problem !== undefined) return `${problem.code} ${problem.line}:${problem.column}`;
  return `${JSON.stringify(values)} ${doubtful.length + passedOver.length === 0 ? 'alike' : 'told'}`;
}

test.each([
  // What all read alike.
  ['A=river', '{"A":"river"} alike'],
  ['export A=hill #comment', '{"A":"hill"} alike'],
  ['A=a=b==', '{"A":"a=b=="} alike'],
  ['A=', '{"A":""} alike'],
  ['A= # nothing', '{"A":""} told'],
  ['export A=', '{"A":""} told'],
  ['A="x # y" # z', '{"A":"x # y"} alike'],
  ["A='$x `y` \\n \"'", '{"A":"$x `y` \\\\n \\""} alike'],
  ["A='l1\nl2'\nB=b", '{"A":"l1\\nl2","B":"b"} alike'],
  ['A=x\r\nB=y\r\n', '{"A":"x","B":"y"} alike'],
  ['\uFEFFA=x', '{"A":"x"} alike'],
  ['# A=1\n\n  #B=2', '{} alike'],
  ['__proto__=x', '{"__proto__":"x"} alike'],
  // What some cut, change or run: the whole text is taken, and told.
  ['A=pass#word', '{"A":"pass#word"} told'],
  ['A=#FF0000', '{"A":"#FF0000"} told'],
  ['A="say \\"hi\\" now"', '{"A":"say \\"hi\\" now"} told'],
  ["A=`x 'y'`", '{"A":"x \'y\'"} told'],
  ['A="a\\tb\\\\c"', '{"A":"a\\tb\\\\c"} told'],
  ['A="x\\$y"', '{"A":"x$y"} told'],
  ['A="l1\\nl2"', '{"A":"l1\\nl2"} told'],
  ['A="$x"', '{"A":"$x"} told'],
  ["A=it's", '{"A":"it\'s"} told'],
  ['A=two words', '{"A":"two words"} told'],
  [' A = spaced ', '{"A":"spaced"} told'],
  ['A=tr\u00a0', '{"A":"tr\u00a0"} told'],
  ['A=a&b', '{"A":"a&b"} told'],
  ['A=~/x', '{"A":"~/x"} told'],
  ['A.B=1', '{"A.B":"1"} told'],
  ['A="x\r\ny"', '{"A":"x\\ny"} told'],
  // What sets nothing.
  ['A=1\nexport B', '{"A":"1"} told'],
  ['1A=x', '{} told'],
  ['A: x', '{} told'],
  // What nobody can say.
  ['A=1\nB="x', 'template_invalid 2:3'],
  ["A='tis", 'template_invalid 1:3'],
  ['A="x"y', 'template_invalid 1:6'],
  [`A='x'"y"`, 'template_invalid 1:6'],
  ['A="x"#c', 'template_invalid 1:6'],
  ['A=ab\rcd', 'template_invalid 1:5'],
  ['A=1\n\0B=2', 'invalid_value 2:1'],
])('%j is %s', (text, expected) => {
  expect(verdict(text)).toBe(expected);
});

describe('placeholders', () => {
  const shown = (text: string) =>
    readEnvVariables(Buffer.from(text)).variables.map(({ name, template: { text: whole, placeholders } }) => [
      name,
      whole,
      placeholders.map(({ line, column, start, end }) => [line, column, whole.slice(start, end)]),
    ]);

  test('arrive whole, with their place in the file', () => {
    const text =
      '\uFEFF# {{secret:ignored}}\nA={{secret:m}}#{{ secret : m }}\nexport B="x\\"é\n\\{{secret:no}} {{secret:two}} {{secret:one|url}}" # {{secret:c}}\n';
    expect(shown(text)).toEqual([
      [
        'A',
        '{{secret:m}}#{{ secret : m }}',
        [
          [2, 3, '{{secret:m}}'],
          [2, 16, '{{ secret : m }}'],
        ],
      ],
      [
        'B',
        'x"é\n{{secret:no}} {{secret:two}} {{secret:one|url}}',
        [
          [4, 16, '{{secret:two}}'],
          [4, 31, '{{secret:one|url}}'],
        ],
      ],
    ]);
  });

  test.each([
    ['X{{secret:m}}=x', 'template_invalid 1:2'],
    ['A=1\n{{secret:m}}', 'template_invalid 2:1'],
    [`W='{{secret:a}}'"{{secret:b}}"`, 'template_invalid 1:17'],
    ['A={{secret:}}', 'template_invalid 1:3'],
    ['A={{secret:m}}\rB=1', 'template_invalid 1:15'],
  ])('that would be lost are told with their place: %s', (text, expected) => {
    expect(verdict(text)).toBe(expected);
  });

  test('a line of its own text is never taken for one', () => {
    expect(shown('A="\\\\{{secret:m}}"')).toEqual([['A', '\\{{secret:m}}', [[1, 6, '{{secret:m}}']]]]);
  });
});

describe('against sh, bash, dotenv and Node', () => {
  const piece = fc.constantFrom(
    ...`a b # ' " \` \\ $ = . , : / - _ ~ & ; | < > ( ) [ ] { } * ? ! % + é \u00a0 \u2028 \\n \\" 0 export`.split(' '),
    ' ',
    '\n',
    '\t',
    'k=',
  );
  const value = fc.oneof(
    fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
    fc.array(piece, { maxLength: 5 }).map((parts) => `'${parts.join('')}'`),
    fc.array(piece, { maxLength: 5 }).map((parts) => `"${parts.join('')}"`),
  );
  const file = fc
    .array(fc.tuple(fc.constantFrom('k0=', 'export k1=', ' k2=', 'k3 =', '#', ''), value), { maxLength: 3 })
    .map((lines) => lines.map((parts) => `${parts.join('')}\n`).join(''))
    // Where JavaScript sees the end of a line, dotenv ends a comment.
    .filter((text) => !/#[^\n]*\u2028/.test(text));

  test('what is taken without a word is what each of them reads', async () => {
    const texts = fc.sample(file, { numRuns: 3000, seed: fc.sample(fc.nat(), 1)[0]! });
    const quiet = texts.flatMap((text) => {
      const { values, problems, doubtful, passedOver } = read(text);
      return problems.length + doubtful.length + passedOver.length === 0 ? [{ text, values }] : [];
    });
    expect(quiet.length).toBeGreaterThan(300);
    for (const reader of READERS) {
      const answers = await reader.read(quiet.map(({ text, values }) => ({ text, names: Object.keys(values) })));
      for (const [index, { text, values }] of quiet.entries())
        expect({ by: reader.name, text, ...answers[index] }).toEqual({ by: reader.name, text, value: values });
    }
  });
});

test('a value is never cut: what is written is what is set', () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from(`ab#'"\` \\$=&;\u00a0\u2028\té`)), maxLength: 12 });
  fc.assert(
    fc.property(text, (written) => {
      expect(read(`A='${written.replaceAll("'", '')}'`).values).toEqual({ A: written.replaceAll("'", '') });
      expect(read(`A=\`${written.replaceAll('`', '')}\``).values).toEqual({ A: written.replaceAll('`', '') });
      const plain = written.replaceAll(/["\\]/g, '');
      expect(read(`A="${plain}"`).values).toEqual({ A: plain });
      fc.pre(!/^[ \t"'`]/.test(written));
      expect(read(`A=${written} # more`).values).toEqual({ A: written.split(/[ \t]#/)[0]!.replace(/[ \t]+$/, '') });
    }),
    { numRuns: 2000 },
  );
});

test('a text is read in one go, however it is made', () => {
  for (const text of ['a='.repeat(20_000), 'A="\\"'.repeat(20_000), 'A="x"y\n'.repeat(20_000), "A='\n".repeat(20_000)])
    expect([...envItems(text)].length).toBeGreaterThan(0);
  const { problems, variables } = read(`A={{secret:m}}\nB="x"{{secret:m}}\n`.repeat(10_000));
  expect([problems.length, variables.length, problems.at(-1)]).toEqual([
    10_000,
    10_000,
    expect.objectContaining({ line: 20_000, column: 6 }),
  ]);
});
