/** Templates of every format, nearly right: what is rendered or what is said of it, and names that are rewritten and back. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Plaintext } from '../../../src/domain/plaintext.ts';
import { FORMATS } from '../../../src/templates/formats.ts';
import { parseTemplate, renderTemplate, rewriteNames } from '../../../src/templates/template.ts';
import type { FormatName, Template } from '../../../src/templates/template.ts';
import { KINDS } from '../../property/kinds.ts';
import { documents } from '../../property/documents.ts';
import { expectClean, expectSame, fuzz, HOW, MARKER, outcomeOf } from './fuzz.ts';
import { mutatedText, savedText } from './mutations.ts';

const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];
const filter = fc.constantFrom(
  'base64',
  'hex',
  'url',
  'json',
  'shell',
  'trim',
  'raw',
  'field:a.b',
  'field:',
  'nothing',
  '',
);
const placeholder = fc
  .tuple(fc.constantFrom('v0', 'v1@current', 'v0@previous', 'v0@x', ''), fc.array(filter, { maxLength: 3 }))
  .map(([name, filters]) => `{{secret:${[name, ...filters].join('|')}}}`);
const plain = fc.array(
  fc.oneof(placeholder, fc.constantFrom('text ', '\n', '\\', '{{ .Values.x }}', '${{ secrets.X }}')),
  { maxLength: 8 },
);

function values(text: string): Plaintext {
  return Plaintext.fromText(text);
}

async function expectRendered(template: Template, format: FormatName, value: string): Promise<boolean> {
  const result = renderTemplate(template, format, () => values(value));
  if ('output' in result) return true;
  expect(result.problems.length).toBeGreaterThan(0);
  for (const { line, column, message } of result.problems) {
    expect([line >= 1, column >= 1]).toEqual([true, true]);
    expectClean(message.replaceAll('\n', ''));
  }
  return false;
}

const value = fc.oneof(
  fc.constant(MARKER),
  fc.constant(`{"a":{"b":"${MARKER}"}}`),
  mutatedText(fc.constant(MARKER)).filter((text) => text !== '' && text.isWellFormed()),
);

describe(`templates, ${HOW}`, () => {
  test('placeholders in any bytes', async () => {
    await fuzz(
      20_000,
      fc.tuple(savedText(plain.map((parts) => parts.join(''))), fc.constantFrom(...FORMAT_NAMES), value),
      async ([bytes, format, text]) => {
        const found = await outcomeOf(['template_invalid'], () => parseTemplate(bytes));
        if (!('value' in found)) return;
        const template = found.value;
        for (const { start, end, nameStart, nameEnd, name } of template.placeholders) {
          expect(template.text.slice(start, end)).toMatch(/^\{\{[^]*\}\}$/);
          expect(template.text.slice(nameStart, nameEnd)).toBe(name);
        }
        await expectRendered(template, format, text);
        const there = rewriteNames(template, ({ name }) => (name === 'v0' ? 'v0_v2' : null));
        const back = rewriteNames(parseTemplate(there.output), ({ name }) => (name === 'v0_v2' ? 'v0' : null));
        if (template.placeholders.every(({ name }) => name !== 'v0_v2')) expectSame(back.output, bytes);
      },
    );
  });

  test.each(KINDS)('$name', { timeout: 3_600_000 }, async (kind) => {
    let rendered = 0;
    const whole = documents(kind.entries, kind.join).map(({ template }) => template);
    const ran = await fuzz(2500, fc.tuple(savedText(whole), value), async ([bytes, text]) => {
      const found = await outcomeOf(['template_invalid'], () => parseTemplate(bytes));
      if ('value' in found && (await expectRendered(found.value, kind.format, text))) rendered += 1;
    });
    expect(rendered).toBeGreaterThan(ran / 50);
  });

  test.each(FORMAT_NAMES)('long and deep ones in %s', { timeout: 600_000 }, async (format) => {
    const pieces = [
      '{',
      '[',
      '(',
      '<a>',
      '"',
      "'",
      '`',
      '\\',
      '- ',
      '? ',
      '{{',
      '{{secret:',
      '{{secret:v0}}',
      '#',
      '/*',
      '<!--',
      '&',
      '*',
      '|\n ',
      'a:\n ',
      ' ',
      '\n',
      '\t',
      '=',
      '\\\n',
      '"""',
      '$(',
      '\u2028',
    ];
    for (const piece of pieces) {
      await fuzz(1, fc.constant(null), async () => {
        const found = await outcomeOf(['template_invalid'], () =>
          parseTemplate(Buffer.from(`${piece.repeat(20_000)}{{secret:v0}}`)),
        );
        if ('value' in found) await expectRendered(found.value, format, MARKER);
      }).catch((error: unknown) => {
        throw new Error(JSON.stringify(piece), { cause: error });
      });
    }
  });
});
