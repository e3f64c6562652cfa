import { describe, expect, test } from 'vitest';
import { testNeeding } from '../helpers/needing.ts';
import { readWithPython } from '../helpers/readers/python.ts';
import { problemPlaces, render } from '../helpers/templates.ts';

const PEM = '-----BEGIN KEY-----\nabc+/=\n\nxyz\n-----END KEY-----\n';

describe('yaml, written byte for byte', () => {
  test.each([
    ['a whole plain scalar', 'a: {{secret:x}}\n', 'no', 'a: "no"\n'],
    ['one with a comment', 'a: {{secret:x}} # c', '#"', 'a: "#\\"" # c'],
    ['a key', '{{secret:x}}: 1', 'a: b', '"a: b": 1'],
    ['a list item', '- {{secret:x}}', '- x', '- "- x"'],
    ['flow', '{a: {{secret:x}}, b: [{{secret:x}}]}', '}]', '{a: "}]", b: ["}]"]}'],
    ['flow without blanks', '{"a":{{secret:x}}}', '1', '{"a":"1"}'],
    ['an anchor', 'a: &x {{secret:x}}', '1', 'a: &x "1"'],
    ['the tag of strings', 'a: !!str {{secret:x}}', '1', 'a: !!str "1"'],
    [
      'control characters',
      'a: "{{secret:x}}"',
      '\0\x07\x7f\x85\u2028\ufeff\n\t',
      'a: "\\x00\\x07\\x7F\\x85\\u2028\\uFEFF\\n\\t"',
    ],
    ['single quotes', "a: '{{secret:x}}'", 'it\'s \\ "', "a: 'it''s \\ \"'"],
    ['a part that means nothing', 'a: postgres://u:{{secret:x}}@h/db', 'p%40~w', 'a: postgres://u:p%40~w@h/db'],
    ['a comment', 'a: 1 # was "{{secret:x}}"', 'q: "\'', 'a: 1 # was "q: "\'"'],
    [
      'a literal block',
      'a: |\n    {{secret:x}}\nb: 1',
      PEM,
      'a: |\n    -----BEGIN KEY-----\n    abc+/=\n\n    xyz\n    -----END KEY-----\nb: 1',
    ],
    [
      'a literal block in a list, CRLF',
      '- - k: |\r\n     {{secret:x}}\r\n',
      'a\nb',
      '- - k: |\r\n     a\r\n     b\r\n',
    ],
    ['a literal block between text', 'a: |\n  x={{secret:x}};\n  y\n', 'a\n b\n', 'a: |\n  x=a\n   b\n  ;\n  y\n'],
    ['a folded block', 'a: >\n  x\n  {{secret:x}} y', '# z', 'a: >\n  x\n  # z y'],
    [
      'a Helm template around it',
      '{{- if .Values.x }}\na: {{secret:x}}\n{{- end }}',
      'v',
      '{{- if .Values.x }}\na: "v"\n{{- end }}',
    ],
  ])('%s', (_, text, value, expected) => {
    expect(render('yaml', text, { x: value })).toBe(expected);
  });

  testNeeding(['python3-yaml'], "the one line end at a value's end is the block's", () => {
    const read = (text: string, value: string) =>
      (readWithPython('yaml', [render('yaml', text, { x: value })])[0] as { value: { a: string } }).value.a;
    expect(read('a: |-\n  {{secret:x}}\n', PEM)).toBe(PEM.trimEnd());
    expect(read('a: |+\n  {{secret:x}}\n', PEM)).toBe(PEM);
    expect(read('a: |+\n  {{secret:x}}\n', `${PEM}\n`)).toBe(`${PEM}\n`);
    expect(read('a: |\n  {{secret:x}}\n', PEM.trimEnd())).toBe(PEM);
  });

  testNeeding(['python3-yaml'], 'beside other text a block keeps the line end of a value too', () => {
    const texts = ['|', '|+', '|2', '|2+', '|+2'].flatMap((header) =>
      ['\n', '\r\n'].flatMap((feed) =>
        ['', `${feed}b: 1${feed}`].map((after) => `a: ${header}${feed}  x${feed}   {{secret:x}}${after}`),
      ),
    );
    const found = readWithPython(
      'yaml',
      texts.map((text) => render('yaml', text, { x: PEM })),
    );
    expect(found).toMatchObject(texts.map(() => ({ value: { a: `x\n ${PEM}` } })));
  });

  testNeeding(['python3-yaml'], 'every stripped block ends in none', () => {
    const texts = ['|-', '|2-', '|-2'].map((header) => `a: ${header}\r\n  {{secret:x}}\r\n\r\nb: 1\r\n`);
    const found = readWithPython(
      'yaml',
      texts.map((text) => render('yaml', text, { x: PEM })),
    );
    expect(found).toMatchObject(texts.map(() => ({ value: { a: PEM.trimEnd() } })));
  });

  testNeeding(['python3-yaml'], 'letters beyond ASCII within a plain scalar', () => {
    const text = 'a: pre{{secret:x}}post\nb: {{secret:x}}/{{secret:x}}\n';
    const rendered = render('yaml', text, { x: 'pässwörd٣' });
    expect(rendered).toBe('a: prepässwörd٣post\nb: pässwörd٣/pässwörd٣\n');
    expect(readWithPython('yaml', [rendered])).toMatchObject([
      { value: { a: 'prepässwörd٣post', b: 'pässwörd٣/pässwörd٣' } },
    ]);
    for (const value of ['a\u00a0b', 'a\u2028b', 'a\u0085b', 'a\ufeffb'])
      expect(problemPlaces('yaml', 'a: x{{secret:x}}', { x: value })).toHaveLength(1);
  });

  testNeeding(['python3-yaml'], 'signs within a plain scalar, where they begin nothing', () => {
    const password = `!$1"b'c\\d<&*>|@\`%^();€🔑~-+=.,?[]{}`;
    const text = 'a: postgres://u{{secret:x}}@h/db\n{{secret:x}}: 1\nc: [x{{secret:y}}, z]\n';
    const rendered = render('yaml', text, { x: password, y: `!$1"b'€🔑` });
    expect(readWithPython('yaml', [rendered])).toMatchObject([
      { value: { a: `postgres://u${password}@h/db`, [password]: 1, c: [`x!$1"b'€🔑`, 'z'] } },
    ]);
    for (const value of ['a:b', 'a#b', 'a b', ''])
      expect(problemPlaces('yaml', 'a: x{{secret:x}}', { x: value })).toHaveLength(1);
    for (const value of ['a,b', 'a]', '[a', 'a}', '{a', 'a?'])
      expect(problemPlaces('yaml', 'a: [x{{secret:x}}]', { x: value })).toHaveLength(1);
    for (const value of ['!a', '"a', "'a", '&a', '*a', '-a', '?a', '|a', '>a', '%a', '@a', '`a', '[a', '{a', '€a'])
      expect(problemPlaces('yaml', 'a: {{secret:x}}x', { x: value })).toHaveLength(1);
  });

  testNeeding(['python3-yaml'], 'a block keeps exactly the line end of a value, with and without one after it', () => {
    for (const text of ['a: |\n  {{secret:x}}\n', 'a: |\n  {{secret:x}}', 'a: |\n  {{secret:x}}\n\nb: 1\n']) {
      expect(readWithPython('yaml', [render('yaml', text, { x: PEM })])).toMatchObject([{ value: { a: PEM } }]);
    }
  });
});

describe('yaml, refused', () => {
  test.each([
    ['a line end in a comment', '# {{secret:x}}', 'a\nb'],
    ['a separator in a comment', '# {{secret:x}}', 'a\u0085b'],
    ['a line end in single quotes', "a: '{{secret:x}}'", 'a\nb'],
    ['a comment begun in a plain scalar', 'a: b {{secret:x}}', '# c'],
    ['a mapping begun in a plain scalar', 'a: b{{secret:x}}', ': c'],
    ['another type: a number', 'a: 1{{secret:x}}', '23'],
    ['another type: minutes', 'a: 1:{{secret:x}}', '20'],
    ['another type: a boolean', 'a: tr{{secret:x}}', 'ue'],
    ['another type: a date', 'a: 2024-01-{{secret:x}}', '01'],
    ['the start of a document', '{{secret:x}}-', '--'],
    ['a plain scalar on several lines', 'a: b\n  {{secret:x}}', 'v'],
    ['a tag', 'a: !!int {{secret:x}}', '1'],
    ['a tag of its own', 'a: !Sub "{{secret:x}}"', '${b}'],
    ['an anchor', 'a: &{{secret:x}} b', 'v'],
    ['a directive', '%YAML {{secret:x}}\n---\n', '1.1'],
    ['a block header', 'a: |{{secret:x}}\n  b', '-'],
    ['a blank that moves the indentation of a block', 'a: |\n  {{secret:x}}', ' v'],
    ['line ends that a block drops', 'a: |\n  {{secret:x}}\n', 'v\n\n'],
    ['line ends that a stripped block drops', 'a: |-\n  {{secret:x}}\n', 'v\n\n'],
    ['a line end that a stripped block drops after text', 'a: |-\n  x={{secret:x}}\n', 'v\n'],
    ['a line end that a stripped block drops after lines', 'a: |-\n  x\n  {{secret:x}}\nb: 1\n', 'v\n'],
    ['a line end that a stripped block drops after a blank line', 'a: |-\n\n  {{secret:x}}\n', 'v\n'],
    ['a line end that a stripped block drops after a blank', 'a: |2-\n   {{secret:x}}\n', 'v\n'],
    ['a line end that a stripped block drops at the end', 'a: |-2\n   {{secret:x}}', 'v\n'],
    ['a line end that a stripped block drops, CRLF', 'a: |-\r\n  x={{secret:x}}\r\nb: 1\r\n', 'v\n'],
    ['a block in a file with CR for line ends', 'a: |-\r  {{secret:x}}\r', 'v'],
    ['a line end in a folded block', 'a: >\n  {{secret:x}}\n', 'a\nb'],
    ['a carriage return in a block', 'a: |\n  {{secret:x}}\n', 'a\r\nb'],
    ['JSON text in a block', 'a: |\n  {"b": "{{secret:x}}"}\n', 'q"q'],
    ['a key that is too long', '{{secret:x}}: 1', 'k'.repeat(1100)],
    ['a place after what cannot be followed', 'a: "b\nc: {{secret:x}}', 'v'],
    ['a file with line ends that readers take differently', 'a: b\u2028c: {{secret:x}}', 'v'],
  ])('%s', (_, text, value) => {
    expect(problemPlaces('yaml', text, { x: value })).toHaveLength(1);
  });

  test('a value of several lines in comments, with the places', () => {
    const text = '# was: {{secret:pem}}\na: "{{secret:pem}}" # {{secret:pem}}\n';
    expect(problemPlaces('yaml', text, { pem: 'line1\nINJECTED=1\ninjected: true\n' })).toEqual(['1:8', '2:23']);
  });
});
