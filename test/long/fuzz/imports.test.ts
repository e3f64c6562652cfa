/** What people hand in: files to import, a template's env file, a baseline of findings, answers for a rotation. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBaseline } from '../../../src/findings/baseline.ts';
import { readEnvVariables } from '../../../src/templates/template.ts';
import { readValues } from '../../../src/transfer/read-values.ts';
import type { ReadOptions } from '../../../src/transfer/read-values.ts';
import { expectClean, expectNoMarker, fuzz, HOW, MARKER, outcomeOf } from './fuzz.ts';
import { mutatedJsonText, savedText } from './mutations.ts';
import type { Json } from './mutations.ts';

const name = fc.constantFrom('API_KEY', 'db.password', 'B', 'C', 'D', 'größe', '__proto__', 'constructor');
const secret = fc.constantFrom(
  MARKER,
  `"${MARKER}"`,
  `'${MARKER}'`,
  `"${MARKER}\\n"`,
  `a$B`,
  '"${C}$D"',
  '$API_KEY',
  '',
  '# note',
);
const dotenv = fc
  .array(fc.tuple(fc.constantFrom('', 'export ', '  '), name, fc.constantFrom('=', ' = ', ': '), secret), {
    maxLength: 8,
  })
  .map((lines) => lines.map((parts) => parts.join('')).join('\n'));
const json = mutatedJsonText(
  fc.constantFrom<Json>(
    { API_KEY: MARKER, B: '$API_KEY', C: 5432 },
    { db: { password: MARKER, port: 5432, on: true }, B: 'x' },
    { API_KEY: MARKER, none: null, list: [1] },
  ),
);
const yaml = fc
  .array(
    fc.oneof(
      fc.tuple(name, secret).map((pair) => pair.join(': ')),
      fc.constantFrom(
        'db: &db\n  user: u\n  password: |\n    many\n    lines',
        'other: *db',
        'x: &a {p: *b}',
        'y: &b {p: *a, q: *a}',
        'z: !!binary aGk=',
        'n: 0x1F',
        '<<: *db',
        '? [a]\n: 1',
        '---',
        '...',
        '%YAML 1.1',
        `note: >-\n  ${MARKER}`,
      ),
    ),
    { maxLength: 8 },
  )
  .map((lines) => lines.join('\n'));

const options = fc.record({
  prefix: fc.constantFrom('', 'p_'),
  flatten: fc.constantFrom(null, '_', '.'),
  expand: fc.boolean(),
  skipEmpty: fc.boolean(),
});

describe(`imports, ${HOW}`, () => {
  test.each<[ReadOptions['format'], fc.Arbitrary<string>, number]>([
    ['dotenv', dotenv, 20_000],
    ['json', json, 6000],
    ['yaml', yaml, 10_000],
  ])('%s', { timeout: 3_600_000 }, async (format, valid, runs) => {
    let read = 0;
    const ran = await fuzz(runs, fc.tuple(savedText(valid), options), async ([bytes, given]) => {
      const found = await outcomeOf(['invalid_value', 'usage'], () =>
        readValues(bytes, { ...given, format, file: 'the file', warn: () => undefined }),
      );
      if (!('value' in found)) return;
      read += 1;
      const names = found.value.map((entry) => entry.name);
      expect(new Set(names).size).toBe(names.length);
      for (const entry of found.value) {
        expect([typeof entry.value, entry.value === '', entry.name.startsWith(given.prefix)]).toEqual([
          'string',
          false,
          true,
        ]);
        expect(entry.line).toBeGreaterThan(0);
      }
      // What one file can blow up to.
      expect(found.value.reduce((sum, entry) => sum + entry.value.length, 0)).toBeLessThan(2 ** 24);
    });
    expect(read).toBeGreaterThan(ran / 100);
  });

  test.each<[string, ReadOptions['format'], string, Partial<ReadOptions>]>([
    ['quotes that are never closed', 'dotenv', 'A="\n'.repeat(100_000), {}],
    ['hashes before a line end of another kind', 'dotenv', `A=${' #'.repeat(100_000)}\u2028`, {}],
    [
      'names that each stand for two',
      'dotenv',
      Array.from({ length: 60 }, (_one, index) => `A${index}=$A${index + 1}$A${index + 1}`).join('\n') + '\nA60=x',
      { expand: true },
    ],
    [
      'names that lead to names',
      'dotenv',
      Array.from({ length: 20_000 }, (_one, index) => `A${index}=$A${index + 1}`).join('\n') + '\nA20000=x',
      { expand: true },
    ],
    ['lists in lists', 'json', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, {}],
    ['objects in objects', 'json', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, { flatten: '_' }],
    ['lists in lists', 'yaml', '['.repeat(100_000), {}],
    ['lists under lists', 'yaml', '- '.repeat(50_000), {}],
    [
      'aliases of aliases',
      'yaml',
      Array.from({ length: 40 }, (_one, index) => `k${index}: &a${index} {x: *a${index - 1}, y: *a${index - 1}}`)
        .join('\n')
        .replaceAll('*a-1', '1'),
      { flatten: '_' },
    ],
    ['many names', 'yaml', Array.from({ length: 20_000 }, (_one, index) => `n${index}: v`).join('\n'), {}],
    ['many lines that are wrong', 'dotenv', 'x\n'.repeat(200_000), {}],
  ])('%s in %s', { timeout: 120_000 }, async (_what, format, text, given) => {
    const all = {
      prefix: '',
      flatten: null,
      expand: false,
      skipEmpty: false,
      ...given,
      format,
      file: 'the file',
      warn: () => undefined,
    };
    await fuzz(
      1,
      fc.constant(null),
      async () => {
        const found = await outcomeOf(['invalid_value', 'usage'], () => readValues(Buffer.from(text), all));
        if ('value' in found)
          expect(found.value.reduce((sum, entry) => sum + entry.value.length, 0)).toBeLessThan(2 ** 24);
      },
      10_000,
    );
  });
});

describe(`other files, ${HOW}`, () => {
  test('an env file of templates', async () => {
    const line = fc.tuple(
      name,
      fc.constantFrom('={{secret:a}}', '="{{secret:a@current|json}}"', "='x {{secret:b}}'", `=${MARKER}`, '= # c'),
    );
    const text = fc
      .array(
        line.map((parts) => parts.join('')),
        { maxLength: 6 },
      )
      .map((lines) => lines.join('\n'));
    await fuzz(15_000, savedText(text), async (bytes) => {
      const found = await outcomeOf(['template_invalid'], async () => readEnvVariables(bytes));
      if (!('value' in found)) return;
      for (const { message } of found.value.problems) {
        expectNoMarker(message);
        expectClean(message.replaceAll('\n', ''));
      }
      for (const { template } of found.value.variables)
        for (const { start, end } of template.placeholders)
          expect(template.text.slice(start, end)).toMatch(/^\{\{.*\}\}$/);
    });
  });

  test('a baseline of findings', async () => {
    const findings = fc.constant([
      { code: 'overdue', secret: 'api_key', environment: null, route: null, message: MARKER },
    ]);
    await fuzz(8000, mutatedJsonText(findings), async (text) => {
      const found = await outcomeOf(['usage'], () => parseBaseline(Buffer.from(text), 'the file'));
      if ('value' in found) expect(typeof found.value({ code: 'overdue' } as never)).toBe('boolean');
    });
  });
});
