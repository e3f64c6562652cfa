/** Findings as SARIF, against the schema of the standard; and as annotations of GitHub. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { githubText } from '../../src/output/github.ts';
import type { Located } from '../../src/output/located.ts';
import { sarifText } from '../../src/output/sarif.ts';
import { sarifProblems } from '../helpers/sarif.ts';

const located: fc.Arbitrary<Located> = fc.record({
  code: fc.constantFrom('overdue', 'plaintext', 'unused', 'template-invalid'),
  severity: fc.constantFrom('info', 'warning', 'error'),
  message: fc.string({ unit: 'grapheme' }),
  hint: fc.string({ unit: 'grapheme' }),
  file: fc.option(fc.constantFrom('a.env', 'conf/a b.env', 'é/100%.yaml', '-x:1,2.env', 'a\nb.env', '#hash?.env')),
  line: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
  column: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
});

test('whatever is found, the schema takes it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(located, { maxLength: 5 }), async (found) => {
      expect(sarifProblems(await sarifText(found, '0.1.0', '/srv/app folder'))).toEqual([]);
    }),
    { numRuns: 200 },
  );
  expect(sarifProblems(await sarifText([], null, '/'))).toEqual([]);
});

test('the schema refuses what is none', () => {
  expect(sarifProblems('{"version":"2.1.0"}')).not.toEqual([]);
  expect(sarifProblems('{"version":"2.0.0","runs":[]}')).not.toEqual([]);
});

describe('annotations', () => {
  test('one line each, whatever stands in a message or a path', () => {
    fc.assert(
      fc.property(fc.array(located, { minLength: 1, maxLength: 5 }), (found) => {
        const lines = githubText(found).split('\n');
        expect(lines).toHaveLength(found.length);
        for (const [index, line] of lines.entries()) {
          const [, command, properties] = /^::(error|warning|notice) ((?:[a-z]+=[^,:]*,?)+)::/.exec(line) ?? [];
          expect(command).toBe({ error: 'error', warning: 'warning', info: 'notice' }[found[index]!.severity]);
          const file = /(?:^|,)file=([^,]*)/.exec(properties!)?.[1] ?? null;
          expect(file === null ? null : decodeURIComponent(file.replaceAll(/%(?!25|3A|2C|0A|0D)/g, '%25'))).toBe(
            found[index]!.file,
          );
        }
      }),
    );
  });
});
