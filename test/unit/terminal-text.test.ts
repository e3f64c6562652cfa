import { describe, expect, test } from 'vitest';
import { createStyle, plainStyle, TONES } from '../../src/terminal/style.ts';
import { clip, displayWidth, padColumns, takeColumns, wrapText } from '../../src/terminal/text-width.ts';

describe('widths', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['naïve', 5],
    ['nai\u0308ve', 5],
    ['日本語', 6],
    ['ｆｕｌｌ', 8],
    ['한글', 4],
    ['🔑', 2],
    ['👩‍👩‍👧', 2],
    ['⚠️', 2],
    ['●→…', 3],
    ['\x1b[31mred\x1b[39m', 3],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test('cutting never goes over the width, and never splits a character', () => {
    expect(takeColumns('日本語', 5)).toBe('日本');
    expect(clip('日本語', 6, '…')).toBe('日本語');
    expect(clip('日本語', 5, '…')).toBe('日本…');
    expect(clip('abcdef', 5, '...')).toBe('ab...');
    expect(clip('abcdef', 2, '...')).toBe('..');
    expect(padColumns('日', 4)).toBe('日  ');
  });

  test('wrapping breaks at blanks, and a long word anywhere', () => {
    expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapText('a 日本語日本 b', 4)).toEqual(['a', '日本', '語日', '本 b']);
    expect(wrapText('', 10)).toEqual(['']);
    expect(wrapText('日', 1)).toEqual(['日']);
  });
});

describe('style', () => {
  test('without colour every tone leaves text alone', async () => {
    const style = await createStyle({ colorLevel: 0, signs: 'unicode' });
    expect(style.hasColor).toBe(false);
    for (const tone of TONES) {
      expect(style[tone]('text')).toBe('text');
    }
  });

  test('with colour, only colours that show on light and on dark backgrounds', async () => {
    const style = await createStyle({ colorLevel: 3, signs: 'unicode' });
    expect(style.hasColor).toBe(true);
    const allowed = new Set(['1', '2', '22', '4', '24', '7', '27', '31', '32', '35', '36', '39']);
    for (const tone of TONES) {
      const codes = style[tone]('text')
        .split('\x1b[')
        .slice(1)
        .map((part) => part.split('m')[0]!);
      expect(codes.length, tone).toBeGreaterThan(0);
      expect(
        codes.filter((code) => !allowed.has(code)),
        tone,
      ).toEqual([]);
    }
  });

  test('symbols stay in ASCII where the terminal has no Unicode', () => {
    expect(Object.values(plainStyle('ascii').symbols).join('')).toMatch(/^[\x20-\x7e]+$/);
    const { hidden, ...signs } = plainStyle('unicode').symbols;
    expect(new Set(Object.values(signs).map(displayWidth))).toEqual(new Set([1]));
    expect(displayWidth(hidden)).toBe(6);
  });
});
