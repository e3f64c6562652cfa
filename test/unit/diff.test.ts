import { describe, expect, test } from 'vitest';
import type { Hunk } from '../../src/domain/diff.ts';
import { diffLines } from '../../src/domain/diff.ts';

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index + 1}`);
const file = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');
const brief = (found: Hunk[]): string[] => found.flatMap(({ lines }) => lines.map(({ kind, text }) => kind + text));

/** Puts the old text back together from the new one and the hunks: a diff that can't do that tells something untrue. */
function undo(newText: string, found: Hunk[]): string {
  const lines = newText.split(/(?<=\n)/);
  const result: string[] = [];
  let at = 0;
  for (const { newStart, lines: part } of found) {
    const count = part.filter(({ kind }) => kind !== '-').length;
    const start = count === 0 ? newStart : newStart - 1;
    result.push(...lines.slice(at, start));
    result.push(...part.filter(({ kind }) => kind !== '+').map((l) => l.text + (l.isTerminated ? '\n' : '')));
    at = start + count;
  }
  return [...result, ...lines.slice(at)].join('');
}

test('equal texts have no hunks', () => {
  expect(diffLines('', '')).toEqual([]);
  expect(diffLines('a\n', 'a\n')).toEqual([]);
});

test('one line changed in place, two lines of context', () => {
  const before = numbered(9);
  const after = before.with(4, 'changed');
  expect(diffLines(file(before), file(after))).toEqual([
    {
      oldStart: 3,
      newStart: 3,
      lines: [
        { kind: ' ', text: 'line 3', isTerminated: true },
        { kind: ' ', text: 'line 4', isTerminated: true },
        { kind: '-', text: 'line 5', isTerminated: true },
        { kind: '+', text: 'changed', isTerminated: true },
        { kind: ' ', text: 'line 6', isTerminated: true },
        { kind: ' ', text: 'line 7', isTerminated: true },
      ],
    },
  ]);
});

test('neighbours are shown as one block, removals first', () => {
  expect(brief(diffLines('a\nb\nc\n', 'x\ny\nc\n'))).toEqual(['-a', '-b', '+x', '+y', ' c']);
});

test.each([
  [4, 1],
  [5, 2],
])('changes with %d common lines between them are %d hunk(s)', (between, count) => {
  const before = ['old', ...numbered(between), 'old'];
  const after = ['new', ...numbered(between), 'new'];
  expect(diffLines(file(before), file(after))).toHaveLength(count);
});

test('hunks number the lines of both sides after an insertion', () => {
  const before = numbered(20);
  const after = ['first', ...before].with(16, 'changed');
  const found = diffLines(file(before), file(after));
  expect(found.map(({ oldStart, newStart }) => [oldStart, newStart])).toEqual([
    [1, 1],
    [14, 15],
  ]);
});

test('a common line end is no change, another one is', () => {
  expect(brief(diffLines('a\r\nb\r\n', 'a\r\nc\r\n'))).toEqual([' a\r', '-b\r', '+c\r']);
  expect(brief(diffLines('a\r\nb\n', 'a\nb\n'))).toEqual(['-a\r', '+a', ' b']);
});

test('a missing final newline is a change', () => {
  const found = diffLines('a\nb', 'a\nb\n');
  expect(brief(found)).toEqual([' a', '-b', '+b']);
  expect(found[0]!.lines.map(({ isTerminated }) => isTerminated)).toEqual([true, false, true]);
});

test('from and to nothing', () => {
  expect(diffLines('', 'a\n')).toMatchObject([{ oldStart: 0, newStart: 1, lines: [{ kind: '+', text: 'a' }] }]);
  expect(diffLines('a\n', '')).toMatchObject([{ oldStart: 1, newStart: 0, lines: [{ kind: '-', text: 'a' }] }]);
});

describe('any two texts', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const text = (): string => {
    const lines = Array.from({ length: random(12) }, () => 'abcd'[random(4)]! + ['\n', '\r\n'][random(2)]!);
    return lines.join('') + ['', 'end'][random(2)]!;
  };
  test('can be told from each other, back to the byte', () => {
    for (let round = 0; round < 2000; round++) {
      const before = text();
      const after = text();
      expect(undo(after, diffLines(before, after)), JSON.stringify([before, after])).toBe(before);
    }
  });
});

test('a minimal difference is found where the number of lines differs', () => {
  expect(brief(diffLines('a\nb\nc\nd\n', 'a\nc\nx\nd\ne\n'))).toEqual([' a', '-b', ' c', '+x', ' d', '+e']);
});

test('large texts with nothing in common finish', () => {
  const before = file(Array.from({ length: 50_000 }, (_, index) => `old ${index}`));
  const after = file(Array.from({ length: 50_001 }, (_, index) => `new ${index}`));
  expect(diffLines(before, after)[0]!.lines).toHaveLength(100_001);
});
