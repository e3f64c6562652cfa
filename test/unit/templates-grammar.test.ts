import { describe, expect, test } from 'vitest';
import { formatOf, parseFormatName, parseTemplate, renderTemplate } from '../../src/templates/template.ts';
import type { Plaintext } from '../../src/domain/plaintext.ts';
import { problemPlaces, render, renderBytes } from '../helpers/templates.ts';

function parse(text: string): ReturnType<typeof parseTemplate> {
  return parseTemplate(Buffer.from(text, 'utf8'));
}

function problemsOf(text: string): string[] {
  return parse(text).problems.map(({ code, line, column, message }) => `${line}:${column} ${code} ${message}`);
}

describe('placeholders', () => {
  test('name, version word, filters and places', () => {
    const text = 'é😀 {{secret:a}}\n  {{\tsecret : b_v2@previous | trim|field:db.password |raw }}';
    const [first, second] = parse(text).placeholders;
    expect(first).toEqual({
      name: 'a',
      at: null,
      filters: [],
      start: 4,
      end: 16,
      nameStart: 13,
      nameEnd: 14,
      line: 1,
      column: 4,
    });
    expect(second).toMatchObject({
      name: 'b_v2',
      at: 'previous',
      line: 2,
      column: 3,
      filters: [{ kind: 'trim' }, { kind: 'field', path: ['db', 'password'] }, { kind: 'raw' }],
    });
    expect(text.slice(second!.nameStart, second!.nameEnd)).toBe('b_v2');
    expect(text.slice(second!.start, second!.end)).toMatch(/^\{\{\tsecret.*\}\}$/);
  });

  test('columns after several placeholders on one line', () => {
    const columns = parse('😀{{secret:a}}é{{secret:b}}\r\nx{{secret:c}}').placeholders.map((one) => [
      one.line,
      one.column,
    ]);
    expect(columns).toEqual([
      [1, 2],
      [1, 15],
      [2, 2],
    ]);
  });

  test.each([
    '{{secrets:x}}',
    '{{ .Values.x }}',
    '${{ secrets.X }}',
    '{secret:x}',
    '{{Secret:x}}',
    '{{ secret }}',
    '{{\nsecret:x}}',
    '{{secret\n:x}}',
  ])('%j is text', (text) => {
    expect(parse(text)).toMatchObject({ placeholders: [], problems: [] });
    expect(render('text', text, {})).toBe(text);
  });

  test.each([
    ['{{secret:}}', '1:1 template_invalid a placeholder without a name'],
    ['x\n {{secret: }}', '2:2 template_invalid a placeholder without a name'],
    ['{{secret:a b}}', '1:1 template_invalid "a b" in a placeholder does not name a secret'],
    ['{{secret:a@next}}', '1:1 template_invalid "a@next" in a placeholder'],
    ['é{{secret:x', '1:2 template_invalid unclosed placeholder'],
    ['{{secret:x\n}}', '1:1 template_invalid unclosed placeholder'],
    ['{{secret:x}', '1:1 template_invalid unclosed placeholder'],
    ['{{secret:x|base46}}', '1:1 template_invalid unknown filter "base46"'],
    ['{{secret:x|}}', '1:1 template_invalid a filter is missing'],
    ['{{secret:x|field}}', '1:1 template_invalid the filter field needs a path'],
    ['{{secret:x|field:a..b}}', '1:1 template_invalid the filter field needs a path'],
    ['{{secret:x|raw|trim}}', '1:1 template_invalid the filter raw can only be the last one'],
    ['{{secret:\u202ex}}', '1:1 template_invalid "\\u{202e}x" in a placeholder'],
  ])('%j is malformed', (text, expected) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(expected)]);
    expect(() => render('text', text, {})).toThrow('not rendered');
  });

  test('after an unclosed placeholder the next one is still seen', () => {
    const template = parse('{{secret:a {{secret:b}} {{secret:}} {{secret:c');
    expect(template.placeholders.map((one) => one.name)).toEqual(['b']);
    expect(template.problems.map((one) => one.column)).toEqual([1, 25, 37]);
  });

  test('braces around braces', () => {
    expect(render('text', '{{{secret:a}}}', { a: 'v' })).toBe('{v}');
  });
});

describe('a backslash before the braces', () => {
  test('makes the placeholder literal, and no reference', () => {
    const template = parse('a \\{{secret:x}} \\{{ secret:y | trim }} {{secret:z}}');
    expect(template.placeholders.map((one) => one.name)).toEqual(['z']);
    expect(render('text', template.text, { z: 'v' })).toBe('a {{secret:x}} {{ secret:y | trim }} v');
  });

  test('is itself one of two, as in a JSON string', () => {
    expect(JSON.parse(render('json', '{"a": "C:\\\\{{secret:x}}"}', { x: 'v' }))).toEqual({ a: 'C:\\v' });
    expect(JSON.parse(render('json', '{"a": "C:\\\\\\{{secret:x}}"}', {}))).toEqual({ a: 'C:\\{{secret:x}}' });
  });
});

describe('bytes', () => {
  test('a byte order mark and line ends stay', () => {
    expect(parse('\uFEFF{{secret:x}}')).toMatchObject({
      hasByteOrderMark: true,
      placeholders: [{ start: 0, column: 1 }],
    });
    expect(render('yaml', '\uFEFF# a\r\n{{secret:x}}\r\n', { x: 'v' })).toBe('\uFEFF# a\r\n"v"\r\n');
  });

  test.each([
    ['with a little-endian mark', Buffer.from('\uFEFFa={{secret:x}}', 'utf16le')],
    ['with a big-endian mark', Buffer.from('\uFEFFa={{secret:x}}', 'utf16le').swap16()],
    ['little-endian without a mark', Buffer.from('a={{secret:x}}', 'utf16le')],
    ['big-endian without a mark', Buffer.from('a={{secret:x}}', 'utf16le').swap16()],
  ])('UTF-16 %s is refused by name', (_, bytes) => {
    expect(() => parseTemplate(bytes)).toThrow(
      expect.objectContaining({ code: 'template_invalid', message: expect.stringContaining('UTF-16') as string }),
    );
  });

  test('NUL in plain text is no sign of UTF-16', () => {
    expect(render('text', 'a\0b\0\0{{secret:x}}', { x: 'v' })).toBe('a\0b\0\0v');
  });

  test('a value that is not UTF-8 stands nowhere without a filter', () => {
    const value = Buffer.from([0xff, 0x25]);
    for (const format of [
      'text',
      'json',
      'yaml',
      'toml',
      'dotenv',
      'docker-env',
      'properties',
      'xml',
      'ini',
      'conf',
    ] as const) {
      expect(problemPlaces(format, '\n{{secret:x|raw}}', { x: value })).toEqual(['2:1']);
      expect(problemPlaces(format, '\n{{secret:x}}', { x: value })).toEqual(['2:1']);
    }
    expect(render('json', '"{{secret:x|base64}} {{secret:x|url}}"', { x: value })).toBe('"/yU= %FF%25"');
  });
});

describe('one pass', () => {
  test('a value is never searched for placeholders, and no pattern in it is replaced', () => {
    const text =
      'x={{secret:outer}}\nlit=\\{{secret:inner}}\nother={{ .Values.a }} ${{ secrets.TOKEN }} {{secrets:inner}}\n';
    expect(render('text', text, { outer: 'A{{secret:inner}}B\\{{secret:inner}}', inner: 'I' })).toBe(
      'x=A{{secret:inner}}B\\{{secret:inner}}\nlit={{secret:inner}}\nother={{ .Values.a }} ${{ secrets.TOKEN }} {{secrets:inner}}\n',
    );
    const odd = "a$&b$1c$$d$`e$'f$<n>g";
    expect(render('text', 'before [{{secret:odd}}] after', { odd })).toBe(`before [${odd}] after`);
    expect(JSON.parse(render('json', '["{{secret:odd}}", {{secret:odd}}]', { odd }))).toEqual([odd, odd]);
  });

  test('all problems are listed, in the order of the text', () => {
    const text = '// {{secret:a}}\n{"x": "{{secret:}}", "y": 1{{secret:b}}, "z": "{{secret:c|field:q}}"}';
    expect(problemPlaces('json', text, { a: 'x\ny', b: 'v', c: 'v' })).toEqual(['1:4', '2:8', '2:28', '2:48']);
  });

  test('what valueOf throws passes through', () => {
    const fails = (): Plaintext => {
      throw new Error('no such secret');
    };
    expect(() => renderTemplate(parse('{{secret:a}}'), 'text', fails)).toThrow('no such secret');
  });
});

test('no problem ever shows a value', () => {
  const values = [`Zq7Kw\nZq7Kw`, `Zq7Kw'"\\$\`*/--]]>`, 'Zq7Kw\0', ' Zq7Kw ', '"""\'\'\'Zq7Kw', '{"Zq7Kw": {}}'];
  const places = [
    '{{secret:a}}',
    '# {{secret:a}}',
    "A='{{secret:a}}'",
    '<!--{{secret:a}}-->',
    'k: a{{secret:a}}',
    '// {{secret:a}}',
  ];
  let refused = 0;
  for (const format of [
    'json',
    'yaml',
    'toml',
    'dotenv',
    'docker-env',
    'systemd-env',
    'properties',
    'xml',
    'ini',
    'conf',
  ] as const) {
    for (const text of places.flatMap((place) => [
      place,
      place.replace('}}', '|field:Zq.x}}'),
      place.replace('}}', '|field:Zq7|trim}}'),
    ])) {
      for (const value of values) {
        const result = renderBytes(format, text, { a: value });
        if ('problems' in result) {
          refused += 1;
          expect(result.problems.join('\n')).not.toContain('Zq7Kw');
        }
      }
    }
  }
  expect(refused).toBeGreaterThan(500);
});

describe('formats', () => {
  test.each([
    ['a.json', 'json'],
    ['a.jsonc', 'jsonc'],
    ['a.json5', 'jsonc'],
    ['dir.json/a.yml', 'yaml'],
    ['A.YAML', 'yaml'],
    ['a.toml', 'toml'],
    ['.env', 'dotenv'],
    ['x/.env.local', 'dotenv'],
    ['prod.env', 'dotenv'],
    ['.env.json', 'json'],
    ['a.properties', 'properties'],
    ['C:\\x\\a.xml', 'xml'],
    ['a.ini', 'ini'],
    ['nginx.conf', 'conf'],
    ['a.json.tmpl', 'json'],
    ['a.yaml.tpl', 'yaml'],
    ['a.yml.j2', 'yaml'],
    ['a.toml.in', 'toml'],
    ['app.env.example', 'dotenv'],
    ['.env.example', 'dotenv'],
    ['.env.tmpl', 'dotenv'],
    ['a.conf.dist', 'conf'],
    ['a.xml.erb', 'xml'],
    ['a.ini.sample', 'ini'],
    ['a.txt.tmpl', 'text'],
    ['Makefile.in', 'text'],
    ['a.txt', 'text'],
    ['env', 'text'],
    ['json', 'text'],
    ['a.constructor', 'text'],
    ['.env.d/file', 'text'],
    ['-', 'text'],
  ])('%s is %s', (path, format) => {
    expect(formatOf(path)).toBe(format);
  });

  test('names', () => {
    expect(['docker-env', 'systemd-env', 'conf', 'text'].map(parseFormatName)).toEqual([
      'docker-env',
      'systemd-env',
      'conf',
      'text',
    ]);
    for (const wrong of ['JSON', '', 'env', 'toString', '__proto__']) {
      expect(() => parseFormatName(wrong)).toThrow(expect.objectContaining({ code: 'usage' }));
    }
  });
});
