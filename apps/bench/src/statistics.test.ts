import { describe, expect, it } from 'vitest';
import { pairwiseRatios, quantile, summarise } from './statistics.ts';

describe('quantile', () => {
  it('interpolates as numpy does', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
    expect(quantile([7], 0.9)).toBe(7);
  });

  it('refuses an empty list', () => {
    expect(() => quantile([], 0.5)).toThrow('no values');
  });
});

describe('summarise', () => {
  it('sorts numbers, not text, and leaves its argument alone', () => {
    const values = [100, 9, 20];
    expect(summarise(values)).toEqual({ count: 3, median: 20, min: 9, max: 100, lowerQuartile: 14.5, upperQuartile: 60 });
    expect(values).toEqual([100, 9, 20]);
  });
});

describe('pairwiseRatios', () => {
  it('divides round by round: a round that slowed both does not change the ratio', () => {
    expect(pairwiseRatios([20, 60, 20], [10, 30, 10])).toEqual([2, 2, 2]);
  });

  it('refuses lists that are not pairs', () => {
    expect(() => pairwiseRatios([1, 2], [1])).toThrow('not pairs');
  });
});
