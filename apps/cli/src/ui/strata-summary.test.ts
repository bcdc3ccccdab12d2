import type { RankingResult } from '@pharmacist/results';
import { describe, expect, it } from 'vitest';
import { strataSummary } from './strata-summary.ts';

const kind = { count: 10, meanRank: 30, meanPercentile: 0.5, numKept: 2, shareKept: 0.2, averagePrecision: 0.9 };
const stratum = (name: string, auroc: number) => ({ kind: 'low-quality', stratum: name, count: 5, numKept: 1, auroc });
const result = (method: string, seed: number, auroc: number): RankingResult => ({
  pool: 'unseen',
  isSamePool: false,
  method,
  keep: 0.4,
  seed,
  numRows: 40,
  numKept: 16,
  auroc,
  averagePrecision: 0.9,
  precisionKept: 0.95,
  shareGood: 0.4,
  stability: null,
  stabilityRows: null,
  selectSeconds: 4,
  forwardRows: 0,
  backwardRows: 0,
  kinds: [
    { ...kind, kind: 'good', auroc: null, averagePrecision: null },
    { ...kind, kind: 'low-quality', auroc },
  ],
  strata: [stratum('cut-words', auroc), stratum('spliced', auroc / 2)],
});

describe('strataSummary', () => {
  it('has kinds and their forms down and methods across, with half the width of the interval', () => {
    const lines = strataSummary([result('less', 0, 0.7), result('less', 1, 0.9), result('dsir', 0, 0.6), result('dsir', 1, 0.6)])!.split(
      '\n',
    );
    expect(lines[0]!.trim()).toMatch(/^AUROC of good rows +less +dsir$/);
    expect(lines[1]!.trim()).toMatch(/^good among the kept, % +95\.0 +95\.0$/);
    // Two seeds: 12.706 times the standard error of .1.
    expect(lines[2]!.trim()).toMatch(/^good against all +0\.80 ±1\.27 +0\.60$/);
    expect(lines[3]!.trim()).toMatch(/^good against low-quality +0\.80 ±1\.27 +0\.60$/);
    expect(lines[4]!.trim()).toMatch(/^cut-words +0\.80 ±1\.27 +0\.60$/);
    expect(lines[5]!.trim()).toMatch(/^spliced +0\.40 ±0\.64 +0\.30$/);
    expect(lines.at(-1)).toContain('Means over 1 pool and 2 seeds');
  });

  it('says nothing where no kind has forms', () => {
    expect(strataSummary([{ ...result('less', 0, 0.7), strata: [stratum('cut-words', 0.7)] }])).toBeUndefined();
    expect(strataSummary([{ ...result('less', 0, 0.7), strata: [] }])).toBeUndefined();
  });
});
