/**
 * The promise of rendering, for random values in random documents: what every reader of the format gets back is exactly the value, or the
 * render was refused; there is no third outcome.
 */
import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { renderBytes } from '../helpers/templates.ts';
import { documents } from './documents.ts';
import type { Document } from './documents.ts';
import type { Kind } from './kinds.ts';

export interface Counted {
  readonly documents: number;
  readonly rendered: number;
}

/**
 * @param size how many batches, and how many documents each; fast-check says the seed of a failure
 * @throws an assertion with the reader's name and the document that it read otherwise
 */
export async function readsBack(
  kind: Kind,
  size: { readonly batches: number; readonly batch: number; readonly seed?: number },
): Promise<Counted> {
  let made = 0;
  let rendered = 0;
  const readers = kind.readers.filter((reader) => reader.missing() === null);
  const batches = fc.array(documents(kind.entries, kind.join), { minLength: size.batch, maxLength: size.batch });
  await fc.assert(
    fc.asyncProperty(batches, async (batch) => {
      made += batch.length;
      const good = batch.flatMap((document) => {
        const result = renderBytes(kind.format, document.template, document.values);
        return 'output' in result ? [{ document, text: result.output.toString('utf8') }] : [];
      });
      rendered += good.length;
      for (const reader of readers) {
        const read = good.slice(0, reader.atMost);
        const names = (document: Document) => Object.keys({ ...document.expected, ...kind.besides });
        const found = await reader.read(read.map(({ document, text }) => ({ text, names: names(document) })));
        for (const [index, { document, text }] of read.entries()) {
          const answer = found[index]!;
          const where = (): string => `${reader.name}: ${JSON.stringify({ template: document.template, text })}`;
          if ('error' in answer) throw new Error(`${where()}: ${answer.error}`);
          const value = kind.within === undefined ? answer.value : kind.within(answer.value);
          const expected = { ...document.expected, ...kind.besides };
          // The slower comparison knows what is text that is JSON, and tells the difference.
          if (!isDeepStrictEqual(value, expected)) expect(value, where()).toEqual(expected);
        }
      }
    }),
    // A batch is not shrunk: the assertion names the one document that failed.
    { numRuns: size.batches, endOnFailure: true, ...(size.seed === undefined ? {} : { seed: size.seed }) },
  );
  expect(rendered, 'a property that refuses everything proves nothing').toBeGreaterThan(made / 20);
  return { documents: made, rendered };
}
