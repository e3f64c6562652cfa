import { describe, expect, test } from 'vitest';
import type { FormatName } from '../../src/templates/template.ts';
import { problemPlaces, render } from '../helpers/templates.ts';

const WRITTEN: [FormatName, string, string, string][] = [
  ['properties', 'a = {{secret:x}}', ' é\\\n😀 ', 'a = \\u0020\\u00E9\\\\\\n\\uD83D\\uDE00\\u0020'],
  ['properties', 'a:b\\\n   {{secret:x}}', ' c', 'a:b\\\n   \\u0020c'],
  ['properties', '! {{secret:x}}', 'a=b', '! a=b'],
  [
    'xml',
    '<a b="{{secret:x}}">{{secret:x}}</a>',
    '<&>"\n',
    '<a b="&#60;&#38;&#62;&#34;&#10;">&#60;&#38;&#62;&#34;&#10;</a>',
  ],
  ['xml', '<a b={{secret:x}}>', 'v', '<a b="v">'],
  ['xml', '<!-- > {{secret:x}} --><![CDATA[{{secret:x}}]]>', '<a>', '<!-- > <a> --><![CDATA[<a>]]>'],
  ['ini', '[s]\na = {{secret:x}}\n; {{secret:x}}', 'abc-1', '[s]\na = abc-1\n; abc-1'],
  ['conf', 'a {{secret:x}};', 'b;"\\\n', 'a "b;\\"\\\\\\n";'],
  ['conf', "a '{{secret:x}}'; # {{secret:x}}", "it's", "a 'it\\'s'; # it's"],
  ['conf', 'a b-{{secret:x}};', 'c', 'a b-c;'],
];

const REFUSED: [FormatName, string, string, string][] = [
  ['properties', 'a line end in a comment', '# {{secret:x}}', 'a\nb'],
  ['properties', 'a key', '{{secret:x}}=1', 'v'],
  ['properties', 'inside an escape', 'a=\\u00{{secret:x}}', '41'],
  ['xml', 'the end of a comment', '<!-- {{secret:x}} -->', 'a--b'],
  ['xml', 'half of the end of a comment', '<!-- {{secret:x}}-->', 'a-'],
  ['xml', 'the end of CDATA', '<![CDATA[{{secret:x}}]]>', 'a]]>b'],
  ['xml', 'half of the end of CDATA', '<![CDATA[{{secret:x}}]]>', 'a]'],
  ['xml', 'NUL', '<a>{{secret:x}}</a>', '\0'],
  ['xml', 'a tag', '<{{secret:x}}>', 'v'],
  ['xml', 'a part of a tag', '<a {{secret:x}}>', 'v'],
  ['xml', 'a reference', '<a>&{{secret:x}};</a>', 'amp'],
  ['xml', 'an instruction', '<?a {{secret:x}}?>', 'v'],
  ['xml', 'after a declaration with strings', '<!DOCTYPE a [<!ENTITY b "c">]><a>{{secret:x}}</a>', 'v'],
  ['ini', 'a comment sign', 'a={{secret:x}}', 'a;b'],
  ['ini', 'a quote', 'a="{{secret:x}}"', 'a"b'],
  ['ini', 'a word that some take for a boolean', 'a = {{secret:x}}', 'true'],
  ['ini', 'a line end', 'a={{secret:x}}', 'a\n[b]'],
  ['ini', 'a section', '[{{secret:x}}]', 'v'],
  ['ini', 'a line end in a comment', '; {{secret:x}}', 'a\nb'],
  ['conf', 'a dollar', 'a "{{secret:x}}";', 'a$b'],
  ['conf', 'a dollar without quotes', 'a {{secret:x}};', '$b'],
  ['conf', 'a part that needs quotes', 'a b{{secret:x}};', 'c;d'],
  ['conf', 'a line end in a comment', '# {{secret:x}}', 'a\nb'],
];

describe('properties, xml, ini and conf', () => {
  test.each(WRITTEN)('%s, written: %j', (format, text, value, expected) => {
    expect(render(format, text, { x: value })).toBe(expected);
  });

  test.each(REFUSED)('%s, refused: %s', (format, _, text, value) => {
    expect(problemPlaces(format, text, { x: value })).toEqual([`1:${text.indexOf('{{') + 1}`]);
  });
});
