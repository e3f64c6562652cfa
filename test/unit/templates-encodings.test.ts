/** Files that are not UTF-8: every byte of them stays, and a value stands where it can be written in any encoding. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, textOf } from '../../src/templates/file-text.ts';
import { parseTemplate, rewriteNames } from '../../src/templates/template.ts';
import { testNeeding } from '../helpers/needing.ts';
import { pythonWith } from '../helpers/programs.ts';
import { renderBytes } from '../helpers/templates.ts';

describe('bytes', () => {
  test('bytes that are not UTF-8 stay where they are', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 6 }),
            fc.string().map((text) => Buffer.from(text)),
          ),
        ),
        (parts) => {
          const bytes = Buffer.concat(parts.flatMap((part) => [part, Buffer.from('{{secret:x}}')]));
          fc.pre(
            !/^(?:\xff\xfe|\xfe\xff)/.test(bytes.toString('latin1')) && !bytes.includes(0) && !bytes.includes('\\{{'),
          );
          expect(bytesOf(textOf(bytes)).equals(bytes)).toBe(true);
          const rendered = renderBytes('text', bytes, { x: 'value' });
          expect(rendered).toEqual({ output: Buffer.concat(parts.flatMap((part) => [part, Buffer.from('value')])) });
          const renamed = rewriteNames(parseTemplate(bytes), () => 'longer_name');
          const expected = parts.flatMap((part) => [part, Buffer.from('{{secret:longer_name}}')]);
          expect(Buffer.from(renamed.output).equals(Buffer.concat(expected))).toBe(true);
        },
      ),
    );
  });

  test('in a file that is not UTF-8 a value beyond ASCII stands only where it can be an escape', () => {
    const latin = (text: string) => Buffer.from(text, 'latin1');
    expect(renderBytes('properties', latin('# caf\xe9\nk={{secret:x}}\n'), { x: 'Z\u00fcrich-\u20ac' })).toEqual({
      output: latin('# caf\xe9\nk=Z\\u00FCrich-\\u20AC\n'),
    });
    for (const format of ['text', 'ini', 'conf', 'dotenv', 'yaml', 'json'] as const) {
      const text = latin('# caf\xe9\nk="{{secret:x}}"\n');
      const result = renderBytes(format, format === 'json' ? latin('{"caf\xe9": "{{secret:x}}"}') : text, {
        x: 'caf\u00e9',
      });
      expect(result, format).toHaveProperty('problems');
      expect('problems' in result && result.problems).toHaveLength(1);
    }
    expect(renderBytes('ini', latin('; caf\xe9\nk={{secret:x}}\n'), { x: 'plain-1' })).toEqual({
      output: latin('; caf\xe9\nk=plain-1\n'),
    });
  });
});

describe('XML that declares another encoding', () => {
  const value = 'Zürich-€-🔑 <&> "x"';
  const document = (encoding: string, body: string) =>
    Buffer.from(
      `<?xml version="1.0" encoding="${encoding}"?>\n<!-- caf\u00e9 --><c a="{{secret:x}}">${body}</c>\n`,
      'latin1',
    );
  const READ =
    'import sys, xml.etree.ElementTree as t\nc = t.fromstring(sys.stdin.buffer.read())\nsys.stdout.buffer.write((c.get("a") + "|" + c.text).encode())';

  const ENCODINGS = ['ISO-8859-1', 'windows-1252', 'iso-8859-15'];
  const renderedIn = (encoding: string): Buffer => {
    const result = renderBytes('xml', document(encoding, '{{secret:x}}'), { x: value });
    if (!('output' in result)) throw new Error(result.problems.join());
    return result.output;
  };

  test.each(ENCODINGS)('%s: what is no value stays byte for byte', (encoding) => {
    expect(renderedIn(encoding).includes(Buffer.from('<!-- caf\u00e9 -->', 'latin1'))).toBe(true);
  });

  testNeeding(['python3'], 'a parser reads the value in each of them', () => {
    for (const encoding of ENCODINGS) {
      const python = pythonWith('xml.etree.ElementTree')!;
      const read = execFileSync(python, ['-c', READ], { input: renderedIn(encoding), encoding: 'utf8' });
      expect([encoding, read]).toEqual([encoding, `${value}|${value}`]);
    }
  });

  test('US-ASCII: no byte beyond it', () => {
    const text = Buffer.from('<?xml version="1.0" encoding=\'US-ASCII\'?><c>{{secret:x}}</c>');
    expect(renderBytes('xml', text, { x: 'ü€🔑' })).toEqual({
      output: Buffer.from('<?xml version="1.0" encoding=\'US-ASCII\'?><c>&#252;&#8364;&#128273;</c>'),
    });
  });

  test.each([
    ['CDATA', '<![CDATA[{{secret:x}}]]>'],
    ['a comment', 'x<!-- {{secret:x}} -->'],
  ])('%s has no references', (_, body) => {
    const rendered = renderBytes('xml', document('ISO-8859-1', body), { x: 'Zürich' });
    expect('problems' in rendered && rendered.problems).toEqual([
      expect.stringMatching(/^2:\d+: .* beyond ASCII, and the file is ISO-8859-1$/),
    ]);
    expect(renderBytes('xml', document('ISO-8859-1', body), { x: 'plain-1' })).toHaveProperty('output');
  });

  test('UTF-8 is as it was, and a file that is not what it says is refused', () => {
    const utf8 = Buffer.from('<?xml version="1.0" encoding="utf-8"?><c>{{secret:x}}</c>');
    expect(renderBytes('xml', utf8, { x: 'ü' })).toEqual({
      output: Buffer.from('<?xml version="1.0" encoding="utf-8"?><c>ü</c>'),
    });
    const wide = Buffer.from('<?xml version="1.0" encoding="UTF-16"?><c>{{secret:x}}</c>');
    expect(renderBytes('xml', wide, { x: 'v' })).toEqual({ problems: [expect.stringContaining('1:43: ')] });
  });
});
