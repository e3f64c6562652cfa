import { expect, test } from 'vitest';
import { isPrintable, printable, printableLines } from '../../src/domain/printable.ts';

test.each([
  ['a\nb', String.raw`a\nb`],
  ['a\r\tb', String.raw`a\r\tb`],
  ['\u001b[31mred', String.raw`\x1b[31mred`],
  ['\0\u007f\u0085\u009b', String.raw`\x00\x7f\x85\x9b`],
  ['\u202e\u2066\u200f\u061c', String.raw`\u{202e}\u{2066}\u{200f}\u{61c}`],
  ['a\u200bb\u200c\u200d\u2060\ufeff', String.raw`a\u{200b}b\u{200c}\u{200d}\u{2060}\u{feff}`],
  ['\u00ad\u034f\u180e\u3164', String.raw`\xad\u{34f}\u{180e}\u{3164}`],
  ['\u2028\u2029', String.raw`\u{2028}\u{2029}`],
  ['\u{e0041}\u{e0100}', String.raw`\u{e0041}\u{e0100}`],
  ['\ud83d!', String.raw`\u{d83d}!`],
])('%j', (text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(isPrintable(text)).toBe(false);
});

test.each(['', 'plain ~', 'Größe 漢字 ไทย עברית', '😀', '❤️', String.raw`C:\new \x1b`, '\u00a0'])(
  '%j is left',
  (text) => {
    expect(printable(text)).toBe(text);
    expect(printableLines(text)).toBe(text);
    expect(isPrintable(text)).toBe(true);
  },
);

test('printableLines keeps newline and tab, and nothing else', () => {
  expect(printableLines('a\tb\r\nc\u001b\u202e\n')).toBe('a\tb\\r\nc\\x1b\\u{202e}\n');
});
