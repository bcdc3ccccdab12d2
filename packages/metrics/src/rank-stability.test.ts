import { NumericError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { rankStability } from './rank-stability.ts';

const ranking = (scores: Record<string, number>) => new Map(Object.entries(scores));

describe('rankStability', () => {
  it('is the mean over the pairs, each over the rows that both have', () => {
    const first = ranking({ a: 1, b: 2, c: 3, d: 4, only: 9 });
    const same = ranking({ d: 40, c: 30, b: 20, a: 10 });
    const reversed = ranking({ a: 4, b: 3, c: 2, d: 1, other: 0 });
    expect(rankStability([first, same])).toEqual({ correlation: 1, numPairs: 1, meanShared: 4 });
    // 1 for the first pair, -1 for the two with the reversed order.
    expect(rankStability([first, same, reversed])!.correlation).toBeCloseTo(-1 / 3, 12);
    // 1 - 6 (1 + 1) / (4 * 15): the first two rows changed places.
    expect(rankStability([first, ranking({ a: 2, b: 1, c: 3, d: 4 })])!.correlation).toBeCloseTo(0.8, 12);
  });

  it('leaves out pairs without an order to compare', () => {
    const flat = ranking({ a: 0, b: 0, c: 0 });
    const ordered = ranking({ a: 1, b: 2, c: 3 });
    expect(rankStability([ordered])).toBeNull();
    expect(rankStability([ordered, flat])).toBeNull();
    expect(rankStability([ordered, ranking({ a: 1, b: 2 })])).toBeNull();
    expect(rankStability([ordered, flat, ordered])).toEqual({ correlation: 1, numPairs: 1, meanShared: 3 });
  });

  it('has no place for NaN', () => {
    const withNan = ranking({ a: 1, b: 2, c: NaN });
    expect(() => rankStability([withNan, withNan])).toThrow(NumericError);
  });
});
