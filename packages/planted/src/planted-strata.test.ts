import { describe, expect, it } from 'vitest';
import { plantedStrata, type StratifiedRow } from './planted-strata.ts';

const row = (kind: string, stratum: string | undefined, score: number, selected = false): StratifiedRow => ({
  kind,
  stratum,
  score,
  selected,
});

describe('plantedStrata', () => {
  it('tabulates a ranking worked out by hand', () => {
    const rows = [
      row('good', 'long', 6, true),
      row('good', 'short', 3, true),
      row('good', 'short', 1),
      row('low-quality', 'cut', 5, true),
      row('low-quality', 'cut', 2),
      row('low-quality', 'garbage', 0),
      row('benign', undefined, 4),
    ];
    expect(plantedStrata(rows)).toEqual([
      { kind: 'good', stratum: 'long', count: 1, numKept: 1, auroc: 1 },
      // Eight pairs with the four rows that are not good: 3 wins over 2 and 0, 1 over 0.
      { kind: 'good', stratum: 'short', count: 2, numKept: 1, auroc: 3 / 8 },
      // Six pairs with good rows: 6 wins over both, 3 over 2.
      { kind: 'low-quality', stratum: 'cut', count: 2, numKept: 1, auroc: 3 / 6 },
      { kind: 'low-quality', stratum: 'garbage', count: 1, numKept: 0, auroc: 1 },
    ]);
  });

  it('says null where there is nothing to compare with, and nothing of unknown forms', () => {
    expect(plantedStrata([row('good', 'long', 1)])).toEqual([{ kind: 'good', stratum: 'long', count: 1, numKept: 0, auroc: null }]);
    expect(plantedStrata([row('good', undefined, 1), row('benign', undefined, 0)])).toEqual([]);
  });
});
