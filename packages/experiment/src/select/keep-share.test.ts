import type { Ranking } from '@pharmacist/selector';
import { describe, expect, it } from 'vitest';
import { askedKeep, keepShare } from './keep-share.ts';

function shareOf(scores: readonly number[], numRanked: number): { share: number; notes: unknown[] } {
  const notes: unknown[] = [];
  const context = { note: (_: string, value: unknown) => void notes.push(value) };
  const ranking: Ranking = { scores: Float64Array.from(scores), columns: {} };
  return { share: keepShare(context, ranking, 'auto', numRanked), notes };
}

it('finds the share among the rows that were ranked: what stands below them all does not move it', () => {
  const scores = Array.from({ length: 100 }, (_, i) => (i < 40 ? 5 + (40 - i) / 100 : (100 - i) / 100));
  const { share } = shareOf(scores, 100);
  expect(share).toBeCloseTo(0.4, 1);
  const sunk = Array.from({ length: 25 }, () => -20);
  const { share: besideSunk, notes } = shareOf([...scores, ...sunk], 100);
  expect(besideSunk).toBeCloseTo((share * 100) / 125, 12);
  expect(notes).toEqual([besideSunk]);
  expect(shareOf([1, 1, 1], 0).share).toBeGreaterThan(0);
});

describe('the share that is asked of a method', () => {
  it('is .43 where nothing is said, and all of the pool for the method full', () => {
    expect(askedKeep('random', undefined)).toBe(0.43);
    expect(askedKeep('random', 'auto')).toBe('auto');
    expect(askedKeep('full', undefined)).toBe(1);
    expect(askedKeep('full', 1)).toBe(1);
  });

  it('is refused out of range, and if it is less than all of full', () => {
    expect(() => askedKeep('random', 1.5)).toThrow('expected a share above 0 and up to 1, got 1.5');
    expect(() => askedKeep('full', 0.43)).toThrow('the method full keeps every row, and a share of 0.43 is asked for');
    expect(() => askedKeep('full', 'auto')).toThrow('the method full keeps every row, and auto is asked for');
  });
});
