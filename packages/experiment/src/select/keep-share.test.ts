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

/** With a state of its own, as reporters have. */
class Collector {
  readonly warnings: string[] = [];

  warn(message: string): void {
    this.warnings.push(message);
  }
}

describe('the share that is asked of a method', () => {
  const asked = (method: string, keep?: number | 'auto') => {
    const reporter = new Collector();
    return { share: askedKeep(method, keep, reporter), warnings: reporter.warnings };
  };

  it('is .43 where nothing is said, and all of the pool for the method full', () => {
    expect(asked('random')).toEqual({ share: 0.43, warnings: [] });
    expect(asked('random', 'auto')).toEqual({ share: 'auto', warnings: [] });
    expect(asked('full')).toEqual({ share: 1, warnings: [] });
    expect(asked('full', 'auto')).toEqual({ share: 1, warnings: [] });
  });

  it('is kept to with full, too, with a warning where it is less than all', () => {
    expect(asked('full', 1)).toEqual({ share: 1, warnings: [] });
    expect(asked('full', 0.43)).toEqual({ share: 0.43, warnings: [expect.stringContaining('which 43 % are kept says nothing')] });
  });

  it('is refused out of range', () => {
    expect(() => asked('random', 1.5)).toThrow('expected a share above 0 and up to 1, got 1.5');
  });
});
