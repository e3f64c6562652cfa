/**
 * The promise of rendering, for random values in random documents: what a reader of the format gets back is exactly the
 * value, or the render was refused; there is no third outcome.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FormatName } from '../../src/templates/template.ts';
import { parseTemplate, rewriteNames } from '../../src/templates/template.ts';
import { hasPython, readAsDotenv, readAsNode, readAsShell, readWithPython } from '../helpers/template-readers.ts';
import { renderBytes } from '../helpers/templates.ts';

const HOSTILE = [
  ...' \t\n\r\\"\'`$#:;,=-+.?!&*|>%@~^(){}[]</0123456789aAnNtTxu_é',
  ...'\0\x07\x7f\x85\u2028\ufeff\uffff😀',
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
const value = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: fc.constantFrom(...HOSTILE), minLength: 1, maxLength: 12 }) },
  {
    weight: 3,
    arbitrary: fc.string({ unit: fc.constantFrom(...'abcXYZ019_-./+=@%~ \n'), minLength: 1, maxLength: 10 }),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => text.isWellFormed() && text !== '__proto__'),
  },
  { weight: 1, arbitrary: fc.constantFrom(...WORDS) },
);

/** A piece of a document: its text, with KEY and HOLE to fill in, and what a reader has to find under the key. */
type Entry = readonly [text: string, expected: (value: string) => unknown];
interface Document {
  readonly template: string;
  readonly values: Readonly<Record<string, string>>;
  readonly expected: Record<string, unknown>;
}

function documents(entries: readonly Entry[], join: (texts: string[]) => string): fc.Arbitrary<Document> {
  return fc.array(fc.tuple(fc.constantFrom(...entries), value), { minLength: 1, maxLength: 3 }).map((chosen) => ({
    template: join(
      chosen.map(([[text]], index) => text.replaceAll('KEY', `k${index}`).replaceAll('HOLE', `{{secret:v${index}}}`)),
    ),
    values: Object.fromEntries(chosen.map(([, text], index) => [`v${index}`, text])),
    expected: Object.fromEntries(chosen.map(([[, expect_], text], index) => [`k${index}`, expect_(text)])),
  }));
}

/** Renders a batch of documents, reads back those that were not refused, and compares. */
function holds(
  format: FormatName,
  arbitrary: fc.Arbitrary<Document>,
  readAll: (texts: string[]) => unknown[],
  runs = 6,
): void {
  let rendered = 0;
  fc.assert(
    fc.property(fc.array(arbitrary, { minLength: 200, maxLength: 300 }), (batch) => {
      const results = batch.map((document) => ({
        document,
        result: renderBytes(format, document.template, document.values),
      }));
      const good = results.flatMap(({ document, result }) =>
        'output' in result ? [{ document, text: result.output.toString('utf8') }] : [],
      );
      rendered += good.length;
      const readBack = readAll(good.map(({ text }) => text));
      for (const [index, { document, text }] of good.entries()) {
        expect(readBack[index], JSON.stringify({ template: document.template, text })).toEqual(document.expected);
      }
    }),
    // A batch is not shrunk: the assertion names the one document that failed.
    { numRuns: runs, endOnFailure: true },
  );
  expect(rendered, 'a property that refuses everything proves nothing').toBeGreaterThan(20 * runs);
}

function throughPython(kind: 'yaml' | 'toml'): (texts: string[]) => unknown[] {
  return (texts) => readWithPython(kind, texts).map((result) => ('value' in result ? result.value : result));
}

const JSON_ENTRIES: Entry[] = [
  ['"KEY": HOLE', (v) => v],
  ['"KEY": "HOLE"', (v) => v],
  ['"KEY": "a\\"HOLE\\\\"', (v) => `a"${v}\\`],
  ['"KEY": [1, HOLE , "x HOLE"]', (v) => [1, v, `x ${v}`]],
  ['"KEY": {"HOLE": true}', (v) => ({ [v]: true })],
];

describe('what was rendered reads back as the value, or is refused', () => {
  test('json, by JSON.parse', () => {
    const join = (texts: string[]): string => `{\n  ${texts.join(',\n  ')}\n}`;
    holds('json', documents(JSON_ENTRIES, join), (texts) => texts.map((text) => JSON.parse(text) as unknown));
  });

  test('jsonc, as JavaScript reads it', () => {
    const entries: Entry[] = [
      ...JSON_ENTRIES,
      ['// HOLE " \n"KEY": 1', () => 1],
      ['/* " HOLE*/ "KEY": 1 /*HOLE/ */', () => 1],
      ["'KEY': 'it\\'s HOLE'", (v) => `it's ${v}`],
      ['"KEY": /* c */ HOLE // HOLE', (v) => v],
      ['"KEY": "http://h//HOLE"', (v) => `http://h//${v}`],
    ];
    // Evaluated, since JSON with comments is a part of JavaScript.
    // oxlint-disable-next-line no-new-func
    const read = (text: string): unknown => new Function(`return (${text}\n)`)() as unknown;
    holds(
      'jsonc',
      documents(entries, (texts) => `{${texts.join('\n,')}\n, }`),
      (texts) => texts.map(read),
    );
  });

  test.skipIf(!hasPython('yaml'))('yaml, by PyYAML', () => {
    const entries: Entry[] = [
      ['KEY: HOLE', (v) => v],
      ['KEY: HOLE # c', (v) => v],
      ['KEY: "HOLE"', (v) => v],
      ['KEY: "a HOLE b\\\\"', (v) => `a ${v} b\\`],
      ["KEY: 'it''s HOLE'", (v) => `it's ${v}`],
      ['KEY: |\n  HOLE', (v) => (v.endsWith('\n') ? v : `${v}\n`)],
      ['KEY: |-\n  HOLE', (v) => v],
      ['KEY: |+\n  HOLE', (v) => `${v}\n`],
      ['KEY: |2-\n   HOLE', (v) => ` ${v}`],
      ['KEY: |\n  head\n  HOLE\n  tail', (v) => `head\n${v}\ntail\n`],
      ['KEY: |\n\n  a HOLE b\n\n', (v) => `\na ${v} b\n`],
      ['KEY: >-\n  HOLE', (v) => v],
      ['KEY: >\n  a\n  HOLE b', (v) => `a ${v} b\n`],
      ['KEY: [HOLE, "HOLE", \'HOLE\']', (v) => [v, v, v]],
      ['KEY: {other: HOLE, HOLE: b}', (v) => ({ other: v, [v]: 'b' })],
      ['KEY: {"a":HOLE}', (v) => ({ a: v })],
      ['KEY: [\n  HOLE,\n  x HOLE\n  ]', (v) => [v, `x ${v}`]],
      ['KEY: pre-HOLE', (v) => `pre-${v}`],
      ['KEY: HOLE-post', (v) => `${v}-post`],
      ['KEY: 1HOLE', (v) => `1${v}`],
      ['KEY: HOLEHOLE', (v) => `${v}${v}`],
      ['KEY: postgres://u:HOLE@h/db', (v) => `postgres://u:${v}@h/db`],
      ['KEY: # HOLE\n  x', () => 'x'],
      ['KEY: x # HOLE', () => 'x'],
      ['KEY: | # HOLE\n  x', () => 'x\n'],
      ['KEY:\n  - HOLE\n  - a: |\n      HOLE\n    b: "HOLE"', (v) => [v, { a: v.endsWith('\n') ? v : `${v}\n`, b: v }]],
      ['KEY:\n- HOLE\n-   HOLE', (v) => [v, v]],
      ['KEY:\n- - HOLE\n  - |-\n   HOLE', (v) => [[v, v]]],
      ['KEY:\n  HOLE', (v) => v],
      ['KEY:\n  a\n  HOLE', (v) => `a ${v}`],
      ['KEY: a\n  HOLE: 1', () => null],
      ['KEY: "a\n  HOLE\n  b"', (v) => `a ${v} b`],
      ['KEY: "a\\\n  HOLE b"', (v) => `a${v} b`],
      ["KEY: 'a\n  HOLE b'", (v) => `a ${v} b`],
      ['KEY: !!str HOLE', (v) => v],
      ['KEY: !!int HOLE', () => null],
      ['KEY: &KEY HOLE', (v) => v],
      ['KEY:\n  HOLE: 1', (v) => ({ [v]: 1 })],
      ['KEY:\n  ? HOLE\n  : HOLE', (v) => ({ [v]: v })],
      ['KEY:\n  other: y\n  HOLE: "HOLE"', (v) => ({ other: 'y', [v]: v })],
    ];
    const join = (texts: string[]): string => `--- # head\n${texts.join('\n')}\nend: |\n  x\n`;
    const arbitrary = fc.boolean().chain((isCrlf) =>
      documents(entries, (texts) => (isCrlf ? join(texts).replaceAll('\n', '\r\n') : join(texts))).map((document) => ({
        ...document,
        expected: { ...document.expected, end: 'x\n' },
      })),
    );
    holds('yaml', arbitrary, throughPython('yaml'), 12);
  });

  test.skipIf(!hasPython('tomllib'))('toml, by tomllib', () => {
    const entries: Entry[] = [
      ['KEY = HOLE', (v) => v],
      ['KEY = "HOLE"', (v) => v],
      ['KEY = "a\\"HOLE\\\\" # HOLE', (v) => `a"${v}\\`],
      ["KEY = 'a HOLE'", (v) => `a ${v}`],
      ['KEY = """HOLE"""', (v) => v],
      ['KEY = """\nHOLE"""', (v) => v],
      ['KEY = """a\\\n   HOLE\n"""', (v) => `a${v}\n`],
      ['KEY = """a""HOLE"""""', (v) => `a""${v}""`],
      ["KEY = '''HOLE'''", (v) => v],
      ["KEY = '''\nHOLE'''", (v) => v],
      ["KEY = '''a''HOLE'b'''", (v) => `a''${v}'b`],
      ['KEY = [HOLE, "HOLE",\n  HOLE # HOLE\n]', (v) => [v, v, v]],
      ['KEY = { other = HOLE, HOLE = 1 }', (v) => ({ other: v, [v]: 1 })],
      ['# HOLE\nKEY = 1', () => 1],
    ];
    const join = (texts: string[]): string => `${texts.join('\n')}\n`;
    holds('toml', documents(entries, join), throughPython('toml'));
  });

  test('dotenv, by sh, the dotenv grammar and Node', () => {
    const entries: Entry[] = [
      ['KEY=HOLE', (v) => v],
      ['KEY=HOLE # c', (v) => v],
      ['export KEY=HOLE', (v) => v],
      ['KEY="HOLE"', (v) => v],
      ["KEY='HOLE'", (v) => v],
      ["KEY='a\n#HOLE'", (v) => `a\n#${v}`],
      ['KEY="a HOLE" # HOLE', (v) => `a ${v}`],
      ['KEY=a-HOLE/b', (v) => `a-${v}/b`],
      ['KEY=HOLEHOLE', (v) => v + v],
      ['# HOLE\nKEY=1', () => '1'],
      ['KEY=`HOLE`', (v) => v],
      ['KEY = HOLE', (v) => v],
      ['KEY=a HOLE', (v) => `a ${v}`],
      ['KEY=a"HOLE"', (v) => `a${v}`],
      ["KEY=it's HOLE", (v) => `it's ${v}`],
      ['KEY=a\\\nHOLE', (v) => v],
    ];
    const join = (texts: string[]): string => `${texts.join('\n')}\nEND='x y'\n`;
    const arbitrary = documents(entries, join).map((document) => ({
      ...document,
      expected: { ...document.expected, END: 'x y' },
    }));
    const read = (text: string): unknown => {
      const byNode = readAsNode(text);
      expect(readAsDotenv(text), `dotenv, ${JSON.stringify(text)}`).toEqual(byNode);
      expect(readAsShell(text, Object.keys(byNode)), `sh, ${JSON.stringify(text)}`).toEqual(byNode);
      return byNode;
    };
    holds('dotenv', arbitrary, (texts) => texts.map(read), 2);
  });

  test('docker-env, line by line', () => {
    const entries: Entry[] = [
      ['KEY=HOLE', (v) => v],
      ['KEY="HOLE" # c', (v) => `"${v}" # c`],
      ['  # HOLE\nKEY=1', () => '1'],
    ];
    const read = (text: string): unknown =>
      Object.fromEntries(
        text
          .split('\n')
          .map((line) => line.replace(/\r$/, '').trimStart())
          .filter((line) => line !== '' && !line.startsWith('#'))
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
    holds(
      'docker-env',
      documents(entries, (texts) => `${texts.join('\n')}\n`),
      (texts) => texts.map(read),
    );
  });

  test('systemd-env, by the rules of systemd.exec(5)', () => {
    const entries: Entry[] = [
      ['KEY=HOLE', (v) => v],
      ['KEY="a\\"HOLE\\\\"', (v) => `a"${v}\\`],
      ["KEY='HOLE'", (v) => v],
      ['KEY=a-HOLE', (v) => `a-${v}`],
      ['; HOLE\nKEY=1', () => '1'],
      ['KEY=HOLE # c', (v) => v],
    ];
    holds(
      'systemd-env',
      documents(entries, (texts) => `${texts.join('\n')}\n`),
      (texts) => texts.map(readAsSystemd),
    );
  });

  test.skipIf(!hasPython('xml'))('xml, by expat', () => {
    const entries: Entry[] = [
      ['<KEY a="HOLE" b=\'HOLE\'>HOLE</KEY>', (v) => ({ attributes: { a: v, b: v }, text: v, children: [] })],
      ['<KEY a=HOLE />', (v) => ({ attributes: { a: v }, text: null, children: [] })],
      ['<!-- HOLE --><KEY><![CDATA[a HOLE]]></KEY>', (v) => ({ attributes: {}, text: `a ${v}`, children: [] })],
      ['<KEY>&amp;HOLE&lt;</KEY>', (v) => ({ attributes: {}, text: `&${v}<`, children: [] })],
    ];
    const read = (texts: string[]): unknown[] =>
      readWithPython('xml', texts).map((result) =>
        'value' in result
          ? Object.fromEntries(
              (result.value as { children: unknown[] }).children.map((child, index) => [`k${index}`, child]),
            )
          : result,
      );
    holds(
      'xml',
      documents(entries, (texts) => `<?xml version="1.0"?>\n<r>${texts.join('')}</r>`),
      read,
    );
  });

  test.skipIf(!hasPython('configparser'))('ini, by configparser', () => {
    const entries: Entry[] = [
      ['KEY = HOLE', (v) => v],
      ['KEY=a-HOLE', (v) => `a-${v}`],
      ['; HOLE\nKEY=1', () => '1'],
    ];
    const read = (texts: string[]): unknown[] =>
      readWithPython('ini', texts).map((result) => ('value' in result ? (result.value as { s: unknown }).s : result));
    holds(
      'ini',
      documents(entries, (texts) => `[s]\n${texts.join('\n')}\n`),
      read,
    );
  });

  test('properties, by the rules of java.util.Properties', () => {
    const entries: Entry[] = [
      ['KEY=HOLE', (v) => v],
      ['KEY : a HOLE', (v) => `a ${v}`],
      ['KEY a\\\n  HOLE', (v) => `a${v}`],
      ['! HOLE\nKEY=1', () => '1'],
    ];
    holds(
      'properties',
      documents(entries, (texts) => `${texts.join('\n')}\n`),
      (texts) => texts.map(readAsProperties),
    );
  });

  test('text, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const result = renderBytes('text', '\uFEFFa {{secret:v0}}\r\n{{secret:v0}}', { v0: bytes });
        const expected = [Buffer.from('\uFEFFa '), bytes, Buffer.from('\r\n'), bytes];
        expect(result).toEqual({ output: Buffer.concat(expected) });
      }),
    );
  });
});

test('rewriting names and rewriting them back gives the same bytes', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '{{secret:a}}',
      '{{ secret : a@current | trim }}',
      '\\{{secret:a}}',
      '{{secrets:a}}',
      '{{secret:',
      '\r\n',
    ),
    fc.string({ unit: 'grapheme' }),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.boolean(), (pieces, hasMark) => {
      const original = Buffer.from((hasMark ? '\uFEFF' : '') + pieces.join(''), 'utf8');
      const there = rewriteNames(parseTemplate(original), ({ name }) => (name === 'a' ? 'a_v2' : null));
      const back = rewriteNames(parseTemplate(there.output), ({ name }) => (name === 'a_v2' ? 'a' : null));
      expect(Buffer.from(back.output)).toEqual(original);
      expect(back.changed).toBe(there.changed);
    }),
  );
});

/** `EnvironmentFile=`, as the manual page tells it. */
function readAsSystemd(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  const pattern =
    /[ \t]*(?:[#;](?:\\[^]|[^\n\\])*|([A-Za-z_]\w*)=(?:"((?:\\[^]|[^"\\])*)"|'([^']*)'|((?:\\[^]|[^\n\\])*))([^\n]*)|)(?:\n|$)/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) {
      throw new Error('not an environment file');
    }
    const [, name, double, single, bare, rest] = match;
    if (name !== undefined) {
      expect(rest?.trim()).toBe('');
      variables[name] =
        double?.replace(/\\(?:\n|(["\\`$]))/g, (_, one: string | undefined) => one ?? '') ??
        single ??
        bare!.replace(/\\(?:\n|([^]))/g, (_, one: string | undefined) => one ?? '').trim();
    }
  }
  return variables;
}

/** `Properties.load`, as its documentation tells it. */
function readAsProperties(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  const lines: string[] = [];
  let open = '';
  for (const line of text.split(/\r\n|[\r\n]/)) {
    const content = line.replace(/^[ \t\f]+/, '');
    if (open === '' && /^(?:[#!]|$)/.test(content)) {
      continue;
    }
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(content)) {
      open += content.slice(0, -1);
      continue;
    }
    lines.push(open + content);
    open = '';
  }
  const unescape = (written: string): string =>
    written.replace(/\\(?:u([0-9A-Fa-f]{4})|([^]))/g, (_, code: string | undefined, one: string) =>
      code === undefined
        ? ({ n: '\n', r: '\r', t: '\t', f: '\f' }[one] ?? one)
        : String.fromCharCode(parseInt(code, 16)),
    );
  for (const line of lines) {
    const match = /^((?:\\[^]|[^\\=: \t\f])*)(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+|$)([^]*)$/.exec(line)!;
    variables[unescape(match[1]!)] = unescape(match[2]!);
  }
  return variables;
}
