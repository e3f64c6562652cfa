import { describe, expect, test } from 'vitest';
import { isJsonWithComments } from '../../src/templates/json-check.ts';
import { testNeeding } from '../helpers/needing.ts';
import { readWithPython } from '../helpers/readers/python.ts';
import { problemPlaces, render } from '../helpers/templates.ts';

describe('json', () => {
  test('control characters, NUL and quotes in strings', () => {
    const bin = 'my"quote\\ \0nul \b\x1f \u2028 😀 </script>';
    const text = render('json', '{ "a": "{{secret:bin}}", "b": "x{{secret:bin}}y" }', { bin });
    expect(JSON.parse(text)).toEqual({ a: bin, b: `x${bin}y` });
    expect(text).toContain('\\u0000');
  });

  test.each(['8080', 'true', 'null', '{"a":1}', ' '])('a bare place becomes a string: %s', (value) => {
    const text = '{"a": {{secret:x}}, "b": [ {{secret:x}},{{secret:x}} ], {{secret:x}}: 1}';
    expect(JSON.parse(render('json', text, { x: value }))).toEqual({ a: value, b: [value, value], [value]: 1 });
  });

  test('comments, commas at the end and double keys stay', () => {
    const text =
      '{\n  // comment with a quote " and {brace\n  "dup": "{{secret:t}}", /* block " */\n  "dup": "{{ secret:t | trim }}",\n' +
      '  "url": "http://h//{{secret:t}}", // not a comment inside the string\n  "tail": [1, 2,],\n}\n';
    const written = String.raw`q\"\\// x /* y */`;
    const expected = text.split('{{secret:t}}').join(written).split('{{ secret:t | trim }}').join(written);
    expect(render('jsonc', text, { t: 'q"\\// x /* y */' })).toBe(expected);
    expect(render('json', text, { t: 'q"\\// x /* y */' })).toBe(expected);
  });

  test.each([
    ['a line end in a line comment', '// {{secret:x}}', 'a\nb'],
    ['a separator in a line comment', '// {{secret:x}}', 'a\u2028b'],
    ['the end of a block comment', '/* {{secret:x}} */', 'a*/b'],
    ['half of the end before the other half', '/* {{secret:x}}/ */', 'a*'],
    ['half of the end after the other half', '/* *{{secret:x}} */', '/a'],
    ['two values that end a comment together', '/*{{secret:x}}{{secret:x}}*/', '/*'],
    ['next to a number', '{"a": 80{{secret:x}}}', '80'],
    ['next to a string', '{"a": "b" {{secret:x}}}', 'v'],
    ['next to another value', '[{{secret:x}} {{secret:x}}]', 'v'],
    ['inside an escape', '"\\u00{{secret:x}}"', '41'],
    ['JSON text in a string', '{"a": "{\\"b\\": \\"{{secret:x}}\\"}"}', 'q"q'],
  ])('refused: %s', (_, text, value) => {
    expect(problemPlaces('json', text, { x: value })).toContain(`1:${text.indexOf('{{secret') + 1}`);
  });

  test('JSON text in a string: a plain value, and the filter json', () => {
    const inner = (text: string): unknown => JSON.parse((JSON.parse(text) as { a: string }).a);
    expect(inner(render('json', '{"a": "{\\"b\\": \\"{{secret:x}}\\"}"}', { x: 'plain' }))).toEqual({ b: 'plain' });
    expect(inner(render('json', '{"a": "{\\"b\\": {{secret:x|json}}}"}', { x: 'q"\\' }))).toEqual({ b: 'q"\\' });
  });

  test('comments between a value and its neighbours', () => {
    expect(render('jsonc', '[ 1, // one\n {{secret:x}} /* two */ ]', { x: 'v' })).toContain('"v" /* two */');
    expect(render('jsonc', '{"a": /* {{secret:x}} */ "b"} // {{secret:x}}', { x: 'q"' })).toBe(
      '{"a": /* q" */ "b"} // q"',
    );
  });

  test.each([
    ['{}', true],
    ['[1, "a", {a: \'b\', "c": [],},] // x', true],
    [' /* c */ "x" ', true],
    ['-Infinity', true],
    ['', false],
    ['{', false],
    ['[1 2]', false],
    ['[,]', false],
    ['{"a"}', false],
    ['{"a": }', false],
    ['[}', false],
    ['{]', false],
    ['{} {}', false],
    ['"a\nb"', false],
    ['foo', false],
    ['/* x', false],
  ])('is JSON with comments: %j', (text, expected) => {
    expect(isJsonWithComments(text)).toBe(expected);
  });
});

describe('toml', () => {
  const text =
    'basic = "{{secret:win}}"\nliteral = \'{{secret:win}}\'\nmlb = """\n{{secret:win}}"""\nmll = \'\'\'\n{{secret:win}}\'\'\'\nbare = {{secret:win}}\nend = 1\n';

  testNeeding(['python3'], 'a value with everything: the literal strings are refused, the rest is exact', () => {
    const win = '\nC:\\Users\\new "q" \'s\' \'\'\' """ \x07\x7f\ttab\\';
    expect(problemPlaces('toml', text, { win })).toEqual(['2:12', '6:1']);
    const escaping = text
      .split('\n')
      .filter((_, index) => index !== 1 && index !== 4 && index !== 5)
      .join('\n');
    expect(readWithPython('toml', [render('toml', escaping, { win })])).toEqual([
      { value: { basic: win, mlb: win, bare: win, end: 1 } },
    ]);
  });

  testNeeding(['python3'], 'a path of Windows stands everywhere', () => {
    const win = 'C:\\Users\\new';
    expect(readWithPython('toml', [render('toml', text, { win })])).toEqual([
      { value: { basic: win, literal: win, mlb: win, mll: win, bare: win, end: 1 } },
    ]);
  });

  test.each([
    ['a line end in a comment', '# {{secret:x}}', 'a\nb'],
    ['a control character in a comment', '# {{secret:x}}', 'a\x01'],
    ['a first line end that would be dropped', "a = '''{{secret:x}}'''", '\na'],
    ['a carriage return in a literal', "a = '''{{secret:x}}'''", 'a\r\nb'],
    ['next to other text', 'a = pre-{{secret:x}}', 'v'],
    ['inside an escape', 'a = "\\u00{{secret:x}}"', '41'],
  ])('refused: %s', (_, one, value) => {
    expect(problemPlaces('toml', one, { x: value })).toEqual([`1:${one.indexOf('{{') + 1}`]);
  });

  testNeeding(['python3'], 'a bare key and a table', () => {
    expect(readWithPython('toml', [render('toml', '[{{secret:x}}]\n{{secret:x}} = 1\n', { x: 'a.b "c"' })])).toEqual([
      { value: { 'a.b "c"': { 'a.b "c"': 1 } } },
    ]);
  });
});
