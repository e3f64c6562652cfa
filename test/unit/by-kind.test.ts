import { expect, it } from 'vitest';
import { ByKind } from '../../src/vault/core/by-kind.ts';

it('tells the kinds apart, also where something is known to be nothing', () => {
  const known = new ByKind<string | null>(10);
  known.set('name', 'a', 'a name');
  known.set('lineage', 'a', null);
  expect([known.get('name', 'a'), known.get('lineage', 'a')]).toEqual(['a name', null]);
  expect([known.get('name', 'b'), known.get('route', 'a')]).toEqual([undefined, undefined]);
  known.delete('name', 'a');
  known.delete('route', 'a');
  expect([known.get('name', 'a'), known.get('lineage', 'a')]).toEqual([undefined, null]);
});

it('holds no more than there is room for, over all kinds', () => {
  const known = new ByKind<number>(2);
  known.set('name', 'a', 1);
  known.set('name', 'b', 2);
  known.delete('name', 'a');
  known.set('lineage', 'a', 3);
  expect([known.get('name', 'b'), known.get('lineage', 'a')]).toEqual([2, 3]);
  known.set('lineage', 'b', 4);
  expect([known.get('name', 'b'), known.get('lineage', 'a'), known.get('lineage', 'b')]).toEqual([
    undefined,
    undefined,
    4,
  ]);
});
