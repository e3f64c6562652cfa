import { describe, expect, it } from 'vitest';
import { firstPage, nextPage } from '../../src/vault/core/page-size.ts';

const rows = (count: number, bytes: number): { box: Uint8Array }[] =>
  Array.from({ length: count }, () => ({ box: new Uint8Array(bytes) }));

describe('a page of a walk', () => {
  it('begins small where records can be large, and goes by what they were', () => {
    expect([firstPage('value'), firstPage('name')]).toEqual([25, 1000]);
    expect(nextPage('value', rows(25, 100))).toBe(1000);
    expect(nextPage('value', rows(25, 10_000))).toBe(100);
    expect(nextPage('value', rows(25, 10_000_000))).toBe(25);
    expect(nextPage('value', rows(25, 0))).toBe(1000);
    expect(nextPage('name', rows(25, 10_000_000))).toBe(1000);
  });
});
