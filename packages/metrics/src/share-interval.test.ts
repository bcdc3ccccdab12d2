import { ShapeError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { percentOf } from './share-interval.ts';

describe('percentOf', () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (Wilson); 0 of 15 by hand: z^2 / (15 + z^2).
  it.each([
    [81, 263, 30.8, 25.53, 36.62],
    [15, 148, 10.14, 6.24, 16.05],
    [0, 20, 0, 0, 16.11],
    [1, 29, 3.45, 0.61, 17.18],
    [0, 15, 0, 0, 20.39],
    [15, 15, 100, 79.61, 100],
  ])('of %i in %i is Wilson’s', (numHits, numItems, value, low, high) => {
    const share = percentOf(numHits, numItems);
    expect(share.value).toBeCloseTo(value, 1);
    expect(share.interval.low).toBeCloseTo(low, 2);
    expect(share.interval.high).toBeCloseTo(high, 2);
  });

  it('is the same from the other side, and the normal one for many items', () => {
    const [some, rest] = [percentOf(7.5, 20), percentOf(12.5, 20)];
    expect(some.interval.low).toBeCloseTo(100 - rest.interval.high, 10);
    const { low, high } = percentOf(300_000, 1_000_000).interval;
    const halfWidth = 100 * 1.96 * Math.sqrt((0.3 * 0.7) / 1_000_000);
    expect([low, high].map((end) => Math.abs(Math.abs(end - 30) - halfWidth) < 1e-3)).toEqual([true, true]);
  });

  it('needs an item, and no more hits than items', () => {
    for (const [numHits, numItems] of [
      [0, 0],
      [3, 2],
      [-1, 2],
      [NaN, 2],
    ] as const)
      expect(() => percentOf(numHits, numItems)).toThrow(ShapeError);
  });
});
