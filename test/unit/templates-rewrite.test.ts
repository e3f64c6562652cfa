import { describe, expect, test } from 'vitest';
import { parseTemplate, rewriteNames } from '../../src/templates/template.ts';
import type { Placeholder } from '../../src/templates/template.ts';

function rewrite(text: string, names: Readonly<Record<string, string>>): { text: string; changed: number } {
  const result = rewriteNames(parseTemplate(Buffer.from(text, 'utf8')), ({ name }) => names[name] ?? null);
  return { text: Buffer.from(result.output).toString('utf8'), changed: result.changed };
}

const ODD_YAML =
  '\uFEFF---\r\n# head\r\n\r\n\r\na:   1   # odd   spacing\r\nlist:\r\n- one\r\n  # between\r\n-   two\r\n' +
  'secret:   "{{secret:tok}}"   # keep  \r\n  # tail comment\r\nend: x';

describe('rewriting names', () => {
  test('only the name changes, and changing it back gives the same bytes', () => {
    const there = rewrite(ODD_YAML, { tok: 'tok_v2' });
    expect(there).toEqual({ text: ODD_YAML.split('secret:tok').join('secret:tok_v2'), changed: 1 });
    expect(rewrite(there.text, { tok_v2: 'tok' })).toEqual({ text: ODD_YAML, changed: 1 });
  });

  test('version words, filters and blanks stay', () => {
    const text = '{{ secret:\ta@current |trim| base64 }}{{secret:a@previous}}{{secret : a}}';
    expect(rewrite(text, { a: 'a_v2' }).text).toBe(
      '{{ secret:\ta_v2@current |trim| base64 }}{{secret:a_v2@previous}}{{secret : a_v2}}',
    );
  });

  test('literal, foreign and malformed placeholders, and text like the name, are left alone', () => {
    const text = 'a \\{{secret:a}} {{secrets:a}} ${{ secrets.a }} {{secret:a b}} {{secret:b}} {{secret:a';
    expect(rewrite(text, { a: 'a_v2' })).toEqual({ text, changed: 0 });
  });

  test('each placeholder is asked for by its index', () => {
    const asked: [string, number][] = [];
    const template = parseTemplate(Buffer.from('{{secret:a}}{{secret:b}}{{secret:a}}'));
    const nameFor = (placeholder: Placeholder, index: number): string | null => {
      asked.push([placeholder.name, index]);
      return index === 2 ? 'c' : placeholder.name;
    };
    const { output, changed } = rewriteNames(template, nameFor);
    expect(Buffer.from(output).toString()).toBe('{{secret:a}}{{secret:b}}{{secret:c}}');
    expect([asked, changed]).toEqual([
      [
        ['a', 0],
        ['b', 1],
        ['a', 2],
      ],
      1,
    ]);
  });

  test('what is not a name is never written', () => {
    for (const wrong of ['', 'a b', 'x}}', '$&']) {
      expect(() => rewrite('{{secret:a}}', { a: wrong })).toThrow(expect.objectContaining({ code: 'invalid_name' }));
    }
  });
});
