/** What is rendered and by whom it is read back: one line a piece, one object a kind of document. The next kind goes into the table. */
import type { FormatName } from '../../src/templates/template.ts';
import { JAVA_PROPERTIES, JAVA_XML } from '../helpers/readers/java.ts';
import {
  DOTENV,
  JAVASCRIPT,
  JSON5_PACKAGE,
  JSONC_PARSER,
  JSON_PARSE,
  JS_YAML,
  NODE_ENV_FILE,
  NODE_PARSE_ENV,
  SMOL_TOML,
  YAML_PACKAGE,
  YAML_PACKAGE_1_1,
} from '../helpers/readers/javascript.ts';
import { CONFIGPARSER, EXPAT, LIBYAML, PYTHON_JSON, PYYAML, TOMLLIB } from '../helpers/readers/python.ts';
import type { Reader } from '../helpers/readers/reader.ts';
import { DOCKER_RULES, NGINX_RULES, PROPERTIES_RULES, SYSTEMD_RULES } from '../helpers/readers/rules.ts';
import { BASH, DOCKER, SH } from '../helpers/readers/shell.ts';
import { jsonText } from './documents.ts';
import type { Entry } from './documents.ts';

export interface Kind {
  readonly name: string;
  readonly format: FormatName;
  readonly entries: readonly Entry[];
  /** The pieces as one document. */
  readonly join: (texts: string[]) => string;
  /** What a reader finds beside the pieces. */
  readonly besides?: Readonly<Record<string, unknown>>;
  readonly readers: readonly Reader[];
  /** Characters of the longest value that its readers take, where that is no megabyte. */
  readonly longest?: number;
  /** The part of what a reader found that holds the pieces. */
  readonly within?: (found: unknown) => unknown;
}

const lines = (texts: string[]): string => `${texts.join('\n')}\n`;

const JSON_ENTRIES: Entry[] = [
  ['"KEY": HOLE', (v) => v],
  ['"KEY": "HOLE"', (v) => v],
  ['"KEY": "a\\"HOLE\\\\"', (v) => `a"${v}\\`],
  ['"KEY": [1, HOLE , "x HOLE"]', (v) => [1, v, `x ${v}`]],
  ['"KEY": {"HOLE": true}', (v) => ({ [v]: true })],
  ['"KEY": "{\\"p\\": HOLE_JSON, \\"q\\": [HOLE_JSON]}"', (v) => jsonText({ p: v, q: [v] })],
];

const JSON_WITH_COMMENTS: Entry[] = [
  ...JSON_ENTRIES,
  ['// HOLE " \n"KEY": 1', () => 1],
  ['/* " HOLE*/ "KEY": 1 /*HOLE/ */', () => 1],
  ['"KEY": /* c */ HOLE // HOLE', (v) => v],
  ['"KEY": "http://h//HOLE"', (v) => `http://h//${v}`],
  ['"KEY": [HOLE, /* , */ HOLE, ]', (v) => [v, v]],
];

const YAML_ENTRIES: Entry[] = [
  ['KEY: HOLE', (v) => v],
  ['KEY: HOLE # c', (v) => v],
  ['KEY: "HOLE"', (v) => v],
  ['KEY: "a HOLE b\\\\"', (v) => `a ${v} b\\`],
  ["KEY: 'it''s HOLE'", (v) => `it's ${v}`],
  ['KEY: |\n  HOLE', (v) => (v.endsWith('\n') ? v : `${v}\n`)],
  ['KEY: |-\n  HOLE', (v) => v.replace(/\n$/, '')],
  ['KEY: |+\n  HOLE', (v) => (v.endsWith('\n') ? v : `${v}\n`)],
  ['KEY: |2-\n   HOLE', (v) => ` ${v}`],
  ['KEY: |2\n   HOLE', (v) => (v.endsWith('\n') ? ` ${v}` : ` ${v}\n`)],
  ['KEY: |+2\n   HOLE', (v) => (v.endsWith('\n') ? ` ${v}` : ` ${v}\n`)],
  ['KEY: >-2\n   HOLE', (v) => ` ${v}`],
  ['KEY: |-\n  head\n  HOLE', (v) => `head\n${v}`],
  ['KEY: |-\n  HOLEHOLE', (v) => `${v}${v}`],
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
  ['KEY:\n- - HOLE\n  - |-\n   HOLE', (v) => [[v, v.replace(/\n$/, '')]]],
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
  ['KEY:\n  other: z\n  HOLE: "HOLE"', (v) => ({ other: 'z', [v]: v })],
  ['KEY: {"other": HOLE, "HOLE": 1}', (v) => ({ other: v, [v]: 1 })],
  ['KEY: &KEY "HOLE"\nanchor_KEY: *KEY', (v) => v],
  ['KEY: "{\\"p\\": HOLE_JSON}"', (v) => jsonText({ p: v })],
  ['KEY: |-\n  {"p": HOLE_JSON}', (v) => jsonText({ p: v })],
];

const TOML_ENTRIES: Entry[] = [
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

const DOTENV_ENTRIES: Entry[] = [
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

/** Two readers of XML with the same shape of an answer. */
const XML_CHILDREN = (found: unknown): unknown =>
  Object.fromEntries((found as { children: unknown[] }).children.map((child, index) => [`k${index}`, child]));

export const KINDS: readonly Kind[] = [
  {
    name: 'json',
    format: 'json',
    entries: JSON_ENTRIES,
    join: (texts) => `{\n  ${texts.join(',\n  ')}\n}`,
    readers: [JSON_PARSE, PYTHON_JSON, JSON5_PACKAGE, JSONC_PARSER, YAML_PACKAGE],
  },
  {
    name: 'json with comments',
    format: 'jsonc',
    entries: JSON_WITH_COMMENTS,
    join: (texts) => `{${texts.join('\n,')}\n, }`,
    readers: [JSONC_PARSER, JSON5_PACKAGE, JAVASCRIPT],
  },
  {
    name: 'json5',
    format: 'jsonc',
    entries: [
      ...JSON_WITH_COMMENTS,
      ["'KEY': 'it\\'s HOLE'", (v) => `it's ${v}`],
      ["KEY: 'HOLE'", (v) => v],
      ["KEY: 'a\\\nHOLE'", (v) => `a${v}`],
      ["KEY: {'HOLE': +1}", (v) => ({ [v]: 1 })],
    ],
    join: (texts) => `{${texts.join('\n,')}\n, }`,
    readers: [JSON5_PACKAGE, JAVASCRIPT],
  },
  ...(['\n', '\r\n'] as const).map((end): Kind => ({
    name: end === '\n' ? 'yaml' : 'yaml, CRLF',
    format: 'yaml',
    entries: YAML_ENTRIES,
    join: (texts) => `--- # head\n${texts.join('\n')}\nend: |\n  x\n`.replaceAll('\n', end),
    besides: { end: 'x\n' },
    readers: [PYYAML, LIBYAML, YAML_PACKAGE, YAML_PACKAGE_1_1, JS_YAML],
    within: withoutAnchors,
  })),
  { name: 'toml', format: 'toml', entries: TOML_ENTRIES, join: lines, readers: [TOMLLIB, SMOL_TOML] },
  {
    name: 'dotenv',
    format: 'dotenv',
    entries: DOTENV_ENTRIES,
    join: (texts) => `${texts.join('\n')}\nEND='x y'\n`,
    besides: { END: 'x y' },
    readers: [NODE_PARSE_ENV, DOTENV, SH, BASH, NODE_ENV_FILE],
  },
  {
    name: 'docker-env',
    format: 'docker-env',
    entries: [
      ['KEY=HOLE', (v) => v],
      ['KEY="HOLE" # c', (v) => `"${v}" # c`],
      ['  # HOLE\nKEY=1', () => '1'],
    ],
    join: lines,
    readers: [DOCKER_RULES, DOCKER],
    longest: 60_000,
  },
  {
    name: 'systemd-env',
    format: 'systemd-env',
    entries: [
      ['KEY=HOLE', (v) => v],
      ['KEY="a\\"HOLE\\\\"', (v) => `a"${v}\\`],
      ["KEY='HOLE'", (v) => v],
      ['KEY=a-HOLE', (v) => `a-${v}`],
      ['; HOLE\nKEY=1', () => '1'],
      ['KEY=HOLE # c', (v) => v],
    ],
    join: lines,
    readers: [SYSTEMD_RULES],
  },
  {
    name: 'xml',
    format: 'xml',
    entries: [
      ['<KEY a="HOLE" b=\'HOLE\'>HOLE</KEY>', (v) => ({ attributes: { a: v, b: v }, text: v, children: [] })],
      ['<KEY a=HOLE />', (v) => ({ attributes: { a: v }, text: null, children: [] })],
      ['<!-- HOLE --><KEY><![CDATA[a HOLE]]></KEY>', (v) => ({ attributes: {}, text: `a ${v}`, children: [] })],
      ['<KEY>&amp;HOLE&lt;</KEY>', (v) => ({ attributes: {}, text: `&${v}<`, children: [] })],
    ],
    join: (texts) => `<?xml version="1.0"?>\n<r>${texts.join('')}</r>`,
    readers: [EXPAT, JAVA_XML],
    within: XML_CHILDREN,
  },
  {
    name: 'ini',
    format: 'ini',
    entries: [
      ['KEY = HOLE', (v) => v],
      ['KEY=a-HOLE', (v) => `a-${v}`],
      ['; HOLE\nKEY=1', () => '1'],
    ],
    join: (texts) => `[s]\n${lines(texts)}`,
    readers: [CONFIGPARSER],
    within: (found) => (found as { s: unknown }).s,
  },
  {
    name: 'properties',
    format: 'properties',
    entries: [
      ['KEY=HOLE', (v) => v],
      ['KEY : a HOLE', (v) => `a ${v}`],
      ['KEY a\\\n  HOLE', (v) => `a${v}`],
      ['KEY=HOLE\\\n   HOLE', (v) => v + v],
      ['! HOLE\nKEY=1', () => '1'],
      ['# HOLE\nKEY:1', () => '1'],
    ],
    join: lines,
    readers: [PROPERTIES_RULES, JAVA_PROPERTIES],
  },
  {
    name: 'conf',
    format: 'conf',
    entries: [
      ['KEY HOLE;', (v) => [v]],
      ['KEY "HOLE" \'a HOLE\';', (v) => [v, `a ${v}`]],
      ['KEY a-HOLE b;', (v) => [`a-${v}`, 'b']],
      ['# HOLE\nKEY 1; # HOLE', () => ['1']],
      ['KEY\n  "\\"HOLE\\\\";', (v) => [`"${v}\\`]],
    ],
    join: lines,
    readers: [NGINX_RULES],
  },
];

/** An anchor's other name is no piece of its own: it must be the same value, and goes. */
function withoutAnchors(found: unknown): unknown {
  const all = found as Record<string, unknown>;
  const own: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(all)) {
    if (!key.startsWith('anchor_')) own[key] = value;
    else if (value !== all[key.slice('anchor_'.length)]) throw new Error(`${key} is another value than its anchor`);
  }
  return own;
}
