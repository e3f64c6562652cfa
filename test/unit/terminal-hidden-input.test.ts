import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HiddenInput } from '../../src/terminal/hidden-input.ts';

/** Feeds the reads one by one; the last event, and the value where one was entered. */
function feed(reads: (string | Uint8Array)[], isOneLine = false): { event: string; value: string; rest: string } {
  const input = new HiddenInput({ isOneLine });
  let event = 'none';
  let rest = '';
  for (const read of reads) {
    const result = input.feed(Buffer.from(read as string));
    event = result.event;
    rest = Buffer.from(result.rest).toString();
  }
  return { event, rest, value: Buffer.from(input.take()).toString() };
}

const paste = (text: string): string => `\x1b[200~${text}\x1b[201~`;

describe('typing', () => {
  test('Enter ends it', () => {
    expect(feed(['a', 'b', '\r'])).toEqual({ event: 'entered', value: 'ab', rest: '' });
    expect(feed(['a', '\n'])).toMatchObject({ event: 'entered', value: 'a' });
  });

  test('Ctrl-C cancels anywhere, Ctrl-D on nothing only', () => {
    expect(feed(['ab\x03']).event).toBe('cancelled');
    expect(feed(['\x1b', '\x03']).event).toBe('cancelled');
    expect(feed(['\x1bO\x03']).event).toBe('cancelled');
    expect(feed(['\x1b[200~ab', '\x03']).event).toBe('cancelled');
    expect(feed(['\x04']).event).toBe('cancelled');
    expect(feed(['a\x04'])).toMatchObject({ event: 'more', value: 'a' });
  });

  test('editing keys edit, other control keys do nothing', () => {
    expect(feed(['日本\x7f語\x08', 'x']).value).toBe('日x');
    expect(feed(['abc\x15d']).value).toBe('d');
    expect(feed(['a\x1b[A\x1bOB\x1b[1;5Cb\x01\x0cc\td']).value).toBe('abc\td');
    expect(feed(['\x7f\x7fa']).value).toBe('a');
  });

  test('an escape sequence may be split over reads', () => {
    expect(feed(['a\x1b', '[', '1;5', 'Cb']).value).toBe('ab');
  });
});

describe('pasting', () => {
  test('keeps line ends and everything else between the marks', () => {
    expect(feed([paste('a\rb\r\nc\n\td\x15\x7f'), '\r'])).toMatchObject({
      event: 'entered',
      value: 'a\nb\nc\n\td\x15\x7f',
    });
    expect(feed([paste('a\x1b[31mb')]).value).toBe('a\x1b[31mb');
  });

  test('one line end at the end is left out, as with stdin', () => {
    expect(feed([paste('a\r'), '\r']).value).toBe('a');
    expect(feed([paste('a\r\r'), '\r']).value).toBe('a\n');
  });

  test('an empty line is no value', () => {
    const input = new HiddenInput({ isOneLine: false });
    expect(input.isEmpty).toBe(true);
    input.feed(Buffer.from(paste('\r')));
    expect(input.isEmpty).toBe(true);
    input.feed(Buffer.from('a'));
    expect(input.isEmpty).toBe(false);
  });

  test('without marks, a line end with more behind it belongs to the value', () => {
    expect(feed(['a\rb'])).toMatchObject({ event: 'more', value: 'a\nb' });
    expect(feed(['a\rb\r'])).toMatchObject({ event: 'maybe-entered', value: 'a\nb' });
    expect(feed(['a\rb\r', 'c', '\r'])).toMatchObject({ event: 'maybe-entered', value: 'a\nb\nc' });
  });

  test('of a passphrase the first Enter is the end, and the rest is handed on', () => {
    expect(feed(['ab\rcd\r'], true)).toEqual({ event: 'entered', value: 'ab', rest: 'cd\r' });
    expect(feed([paste('a\rb'), '\r'], true)).toMatchObject({ event: 'entered', value: 'a\nb' });
  });

  test('any bytes, split anywhere, come out as they went in', () => {
    fc.assert(
      fc.property(
        // 0x03 cancels, CR is turned into LF, and ESC could spell the end mark.
        fc
          .uint8Array({ minLength: 1, maxLength: 600 })
          .map((bytes) => bytes.filter((byte) => ![3, 13, 27].includes(byte))),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        (bytes, sizes) => {
          const all = Buffer.concat([Buffer.from('\x1b[200~'), bytes, Buffer.from('x\x1b[201~')]);
          const input = new HiddenInput({ isOneLine: false });
          let at = 0;
          for (let index = 0; at < all.length; index++) {
            const size = sizes[index % sizes.length]!;
            expect(input.feed(Buffer.from(all.subarray(at, at + size))).event).toBe('more');
            at += size;
          }
          expect(input.feed(Buffer.from('\r')).event).toMatch(/entered/);
          expect(Buffer.from(input.take())).toEqual(Buffer.concat([bytes, Buffer.from('x')]));
        },
      ),
    );
  });
});
