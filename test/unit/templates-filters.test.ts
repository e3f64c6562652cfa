import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { problemPlaces, render, renderBytes } from '../helpers/templates.ts';

const PASSWORD = 'p@s/s?w#o%s+r d:é)[]&=~';

describe('encodings', () => {
  test.each([
    ['base64', 'Pz8/Pj4+'],
    ['base64url', 'Pz8_Pj4-'],
    ['hex', '3f3f3f3e3e3e'],
  ])('%s', (filter, expected) => {
    expect(render('text', `{{secret:x|${filter}}}`, { x: '???>>>' })).toBe(expected);
  });

  test('url: each byte but the unreserved ones, in upper case', () => {
    const url = render('text', 'postgres://app:{{secret:x|url}}@db:5432/x', { x: PASSWORD });
    expect(url).toContain('p%40s%2Fs%3Fw%23o%25s%2Br%20d%3A%C3%A9%29%5B%5D%26%3D~@');
    expect(decodeURIComponent(new URL(url).password)).toBe(PASSWORD);
    expect(render('text', '{{secret:x|url}}', { x: Buffer.from([0xff, 0x25]) })).toBe('%FF%25');
  });

  test('json, then the escaping of the format', () => {
    expect(render('text', '{{secret:x|json}}', { x: 'a"\n' })).toBe('"a\\"\\n"');
    expect(JSON.parse(render('json', '{"a": {{secret:x|url|json}}}', { x: 'a b' }))).toEqual({ a: '"a%20b"' });
    expect(problemPlaces('text', 'ab{{secret:x|json}}', { x: Buffer.from([0xff]) })).toEqual(['1:3']);
  });

  test('shell: one word, whatever bytes are in it', () => {
    const value = Buffer.from('it\'s $HOME `id` \\ "\n*\x01é');
    const result = renderBytes('text', 'printf %s {{secret:x|shell}}', { x: value });
    const output = 'output' in result ? execFileSync('sh', [], { input: result.output }) : null;
    expect(output).toEqual(value);
    expect(problemPlaces('text', '{{secret:x|shell}}', { x: 'a\0' })).toEqual(['1:1']);
  });

  test('trim: blanks at both ends, on bytes', () => {
    expect(render('text', '[{{secret:x|trim}}]', { x: ' \t\r\n\v\fa b\n\n' })).toBe('[a b]');
    expect(render('text', '[{{secret:x|trim|hex}}]', { x: Buffer.from([0x20, 0xff, 0x0a]) })).toBe('[ff]');
    expect(render('text', '[{{secret:x|trim}}]', { x: '\u00a0 \n' })).toBe('[\u00a0]');
    expect(render('text', '[{{secret:x|trim}}]', { x: ' \n' })).toBe('[]');
  });

  test('filters go from left to right', () => {
    expect(render('text', '{{secret:x|trim|base64|url}}', { x: ' ?\n' })).toBe('Pw%3D%3D');
    expect(render('text', '{{secret:x|base64|trim|url}}', { x: ' ?\n' })).toBe('ID8K');
  });
});

describe('field', () => {
  const x =
    '{"db": {"password": "p\\"w", "port": 12345678901234567890, "on": true, "none": null, "é": "", "bad": "\\ud800"}, "list": ["a"], "__proto__": "own"}';
  test.each([
    ['db.password', 'p"w'],
    ['db.port', '12345678901234567890'],
    ['db.on', 'true'],
    ['db.é', ''],
    ['list.0', 'a'],
    ['__proto__', 'own'],
  ])('%s', (path, expected) => {
    expect(render('text', `{{secret:x|field:${path}}}`, { x })).toBe(expected);
  });

  test.each([
    'db',
    'db.none',
    'db.missing',
    'list',
    'list.1',
    'list.length',
    'db.password.length',
    'constructor',
    'toString',
    'db.port.source',
    'db.bad',
  ])('%s is no part that can be written', (path) => {
    expect(problemPlaces('text', ` {{secret:x|field:${path}}}`, { x })).toEqual(['1:2']);
  });

  test.each(['no json', '"text"', '[1]', 'null', '12'])('%s is no JSON object', (value) => {
    expect(problemPlaces('text', '{{secret:x|field:0}}', { x: value })).toEqual(['1:1']);
  });

  test('the part is escaped like a value', () => {
    expect(render('json', '"{{secret:x|field:db.password}}"', { x })).toBe('"p\\"w"');
  });
});

describe('raw', () => {
  test('is not escaped', () => {
    expect(render('json', '{"a": {{secret:x|raw}}}', { x: '{"b": [1]}' })).toBe('{"a": {"b": [1]}}');
    expect(render('yaml', 'a: {{secret:x|raw}}', { x: '12' })).toBe('a: 12');
  });

  test('has to leave a JSON file that parses', () => {
    expect(problemPlaces('json', '{"a": {{secret:x|raw}}}', { x: '{"b": ' })).toEqual(['1:7']);
    expect(problemPlaces('jsonc', '{"a": "{{secret:x|raw}}"}', { x: 'a"b' })).toEqual(['1:8']);
    expect(render('jsonc', "{a: 'x', /* c */ b: {{secret:x|raw}},} // end", { x: '+.5e3' })).toContain('+.5e3');
  });

  test('is text for what comes after it', () => {
    expect(render('json', '{"a": {{secret:x|raw}}{{secret:y}}"}', { x: '"', y: 'q"q' })).toBe('{"a": "q\\"q"}');
  });
});
