/** Some thousands of random documents; `npm run test:long` takes a million. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTemplate, rewriteNames } from '../../src/templates/template.ts';
import { testNeeding } from '../helpers/needing.ts';
import { renderBytes } from '../helpers/templates.ts';
import { documentOf } from './documents.ts';
import { KINDS } from './kinds.ts';
import { readsBack } from './reads-back.ts';

/** One for places that take everything, one for those that take a word. */
const LONG = ['ab "cd" \\ $e `f` \'g\' # é 😀 {{x}}\n'.repeat(40_000), 'abcdefghij'.repeat(110_000)];
/** Of the pieces of a kind, for values of a megabyte. */
const PIECES = 6;

describe.each(KINDS)('$name', (kind) => {
  const readers = kind.readers.filter((reader) => reader.missing() === null);

  test(`what was rendered reads back as the value, by ${readers.map(({ name }) => name).join(', ')}`, async () => {
    await readsBack(kind, { batches: 1, batch: 250 });
  });

  test(`${kind.longest ?? 'a million'} characters`, async () => {
    const able = readers.filter(({ atMost }) => atMost === undefined);
    // A JVM takes its time for a megabyte of entities.
    const reader = able.findLast(({ name }) => !/\bjava\b/i.test(name)) ?? able.at(-1)!;
    const made = LONG.flatMap((value) =>
      kind.entries.slice(0, PIECES).map((entry) => documentOf([[entry, value.slice(0, kind.longest)]], kind.join)),
    );
    const good = made.flatMap(({ template, values, expected }) => {
      const result = renderBytes(kind.format, template, values);
      const all = { ...expected, ...kind.besides };
      return 'output' in result
        ? [{ expected: all, text: result.output.toString('utf8'), names: Object.keys(all) }]
        : [];
    });
    expect(good.length).toBeGreaterThan(0);
    for (const [index, answer] of (await reader.read(good)).entries()) {
      if ('error' in answer) throw new Error(answer.error);
      expect(kind.within === undefined ? answer.value : kind.within(answer.value)).toEqual(good[index]!.expected);
    }
  });
});

const READERS = [...new Set(KINDS.flatMap((kind) => kind.readers))];
const absent = READERS.flatMap((reader) => reader.missing() ?? []);
testNeeding([...new Set(absent)], 'every reader is here', () => {
  expect(absent).toEqual([]);
});

test('text, byte for byte', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'binary' }).map((text) => Buffer.from(text)),
      (bytes) => {
        const result = renderBytes('text', '\uFEFFa {{secret:v0}}\r\n{{secret:v0}}', { v0: bytes });
        const expected = [Buffer.from('\uFEFFa '), bytes, Buffer.from('\r\n'), bytes];
        expect(result).toEqual({ output: Buffer.concat(expected) });
      },
    ),
  );
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
