/** What an encoder makes of a value is masked, whichever it is, and wherever the output is cut. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormIndex, maskText } from '../../src/domain/mask.ts';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { ENCODERS, pythonTexts, shellTexts } from '../helpers/encoders.ts';

const masked = (name: string, value: string) => ({ name, value: Plaintext.fromText(value) });

/** What keys and passwords are made of, with every character that some encoder writes otherwise. */
const character = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...Array.from('abcXYZ0129nrtuxbfe')) },
  { weight: 3, arbitrary: fc.constantFrom(...Array.from('+/=\\"\'&<>% $!~*`^|:;@#?()[]{}.,-_')) },
  { weight: 1, arbitrary: fc.constantFrom('é', 'ß', '€', '🔑', '\n', '\t', '\u007f') },
);
const value = fc
  .array(character, { minLength: 8, maxLength: 40 })
  .map((all) => all.join(''))
  // What surrounds a value is put there by the tests; a blank at its end belongs to no part of it.
  .filter((text) => text.trim().length >= 8 && !text.includes('\n\n'));

/** In pieces of these sizes, taken in turn. */
function inPieces(index: FormIndex, text: Buffer, sizes: readonly number[]): string {
  const shown: Buffer[] = [];
  let rest = Buffer.alloc(0);
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const end = at + sizes[turn % sizes.length]!;
    const taken = index.maskPart(Buffer.concat([rest, text.subarray(at, end)]), false);
    shown.push(taken.output);
    rest = taken.rest as Buffer<ArrayBuffer>;
    at = end;
  }
  shown.push(index.maskPart(rest, true).output);
  return Buffer.concat(shown).toString();
}

describe('what an encoder makes of a value', () => {
  test.each(Object.entries(ENCODERS))('%s', (name, encode) => {
    fc.assert(
      fc.property(value, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }), (text, sizes) => {
        // The second one of two quotes at the end is left.
        fc.pre(!/^(CSV|SQL)$/.test(name) || !/["']$/.test(text));
        // Taken out by the encoder.
        fc.pre(name !== 'a query of a URL' || !/[\n\t]/.test(text));
        const secrets = [masked('a', text), masked('b', 'another-value-1'), masked('c', 'k9+Zm/Pq2R7t==')];
        const written = `log: ${encode(text)} |end`;
        expect(maskText(written, secrets)).toBe('log: [knox:a] |end');
        expect(inPieces(new FormIndex(secrets), Buffer.from(written), sizes)).toBe('log: [knox:a] |end');
      }),
      { numRuns: 60 },
    );
  });

  test('any of them for any character, also in base64', () => {
    const ways = Object.entries(ENCODERS).flatMap(([name, encode]) => (/CSV|SQL|query/.test(name) ? [] : [encode]));
    fc.assert(
      fc.property(value, fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), fc.boolean(), (text, turns, isBase64) => {
        const plain = isBase64 ? Buffer.from(text).toString('base64') : text;
        const written = [...plain]
          .map((one, at) =>
            /[\n\\'"]/.test(one)
              ? JSON.stringify(one).slice(1, -1)
              : ways[turns[at % turns.length]! % ways.length]!(one),
          )
          .join('');
        expect(maskText(`>${written} |`, [masked('a', text)])).toBe('>[knox:a] |');
      }),
      { numRuns: 200 },
    );
  });

  test('the encoders of Python', () => {
    const values = fc.sample(value, 40);
    const texts = pythonTexts(values) ?? [];
    for (const [at, written] of texts.entries())
      for (const text of written) expect(maskText(text, [masked('a', values[at]!)]), text).toMatch(/^'?\[knox:a\]'?$/);
  });

  test.each(['bash', 'dash'] as const)('the trace and the quoting of %s', (shell) => {
    const values = fc.sample(value, 40);
    for (const [at, said] of shellTexts(shell, values).entries()) {
      const shown = maskText(said, [masked('a', values[at]!)]);
      expect(shown.replaceAll('[knox:a]', '').replace(/^\+ true|\+ set \+x|^\+ printf.*$/gm, ''), said).toMatch(
        /^[\s$']*$/,
      );
    }
  });
});

test('what is cut off is held back for as long as a value may go on, and told at the end', () => {
  const index = new FormIndex([masked('a', "p@ss/w+rd$1!~x*y'z")]);
  for (const beginning of ['p@ss', 'p%40s', 'p\\u0040ss\\', 'p%4', 'p@ss/w+rd$1!~x*y', "p@ss/w+rd$1!~x*y'\\'"]) {
    const { output, rest } = index.maskPart(Buffer.from(`text ${beginning}`), false);
    expect(output.toString(), beginning).toBe('text ');
    expect(index.maskPart(rest, true).output.toString()).toBe(beginning);
  }
  expect(index.maskPart(Buffer.from('pass: '), false).rest).toHaveLength(0);
});

test('long runs of what escapes end soon', () => {
  const hardest = `${'\\'.repeat(30)}"'${'%'.repeat(10)}&&&&`;
  for (const hard of ['\\', '%25', '&amp;', "'\\''", '%', '\\\\u005c'])
    expect(maskText(hard.repeat(3000), [masked('a', hardest)])).toBeTypeOf('string');
  const lines = Array.from({ length: 20_000 }, (_, line) => `\\${line}"`).join('\n');
  expect(maskText(`<${JSON.stringify(lines).slice(1, -1)}>`, [masked('a', lines)])).toBe('<[knox:a]>');
});

describe('base64 in lines', () => {
  const secret = 'tfE8#Qm!0zXw-and-a-longer-rest-of-it-1';
  test('a line is not kept back for what it may begin', () => {
    const index = new FormIndex([masked('a', secret)]);
    const encoded = Buffer.from(secret).toString('base64');
    for (const line of ['READY', `on ${encoded[0]}`, `on ${encoded.slice(0, 3)}`]) {
      const { output, rest } = index.maskPart(Buffer.from(`${line}\n`), false);
      expect([output.toString(), rest.length]).toEqual([`${line}\n`, 0]);
    }
    expect(index.maskPart(Buffer.from(`${encoded.slice(0, 6)}\n`), false).rest).toHaveLength(7);
  });

  test('line after line, wherever a line ends in it: three characters are left at most', () => {
    const index = new FormIndex([masked('a', secret)]);
    for (let before = 0; before < 120; before += 1) {
      const encoded = Buffer.from('x'.repeat(before) + secret + 'y'.repeat(90)).toString('base64');
      const lines = encoded.match(/.{1,76}/g)!.map((line) => `${line}\n`);
      let shown = '';
      let rest = Buffer.alloc(0);
      for (const line of lines) {
        const taken = index.maskPart(Buffer.concat([rest, Buffer.from(line)]), false);
        shown += taken.output.toString();
        rest = taken.rest as Buffer<ArrayBuffer>;
      }
      shown += index.maskPart(rest, true).output.toString();
      expect(shown, `${before}`).toContain('[knox:a]');
      const left = shown.replaceAll('[knox:a]', '').replaceAll('\n', '').length;
      expect(left, shown).toBeLessThanOrEqual(encoded.length - Math.floor((secret.length * 4) / 3) + 5);
    }
  });
});
