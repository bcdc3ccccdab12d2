import { expect, it } from 'vitest';
import { PieceCache } from './piece-cache.ts';

it('holds what was put or found lately, and no more than its capacity', () => {
  const cache = new PieceCache<number>(4);
  expect(cache.get('a')).toBeUndefined();
  cache.put('a', 1);
  cache.put('b', 2);
  cache.put('c', 3);
  expect(cache.get('a')).toBe(1); // Found, and so among the younger again.
  cache.put('d', 4);
  expect(['a', 'b', 'd'].map((piece) => cache.get(piece))).toEqual([1, undefined, 4]);
});

it('forgets all when it is cleared', () => {
  const cache = new PieceCache<number>(4);
  for (const piece of ['a', 'b', 'c']) cache.put(piece, 1);
  cache.clear();
  expect(['a', 'b', 'c'].some((piece) => cache.get(piece) !== undefined)).toBe(false);
});
