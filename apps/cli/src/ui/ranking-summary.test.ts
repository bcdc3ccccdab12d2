import type { RankingResult } from '@pharmacist/results';
import { describe, expect, it } from 'vitest';
import { rankingSummary } from './ranking-summary.ts';

const kind = { count: 20, meanRank: 40, meanPercentile: 0.5, numKept: 8, shareKept: 0.4 };
const result: RankingResult = {
  pool: 'benign-20',
  isSamePool: false,
  method: 'less',
  keep: 0.4,
  seed: 0,
  numRows: 100,
  numKept: 40,
  auroc: 0.8,
  averagePrecision: 0.9,
  precisionKept: 0.95,
  shareGood: 0.8,
  stability: 0.7,
  stabilityRows: 90,
  selectSeconds: 4,
  forwardRows: 100,
  backwardRows: 100,
  kinds: [
    { ...kind, kind: 'good', auroc: null, averagePrecision: null },
    { ...kind, kind: 'benign', auroc: 0.8, averagePrecision: 0.9 },
  ],
  strata: [],
};

describe('rankingSummary', () => {
  it('has a line a pool and method with means over the seeds, and leaves empty what a pool does not hold', () => {
    const other = { ...result, pool: 'mislabelled-20', kinds: [result.kinds[0]!, { ...result.kinds[1]!, kind: 'mislabelled' }] };
    const text = rankingSummary([result, { ...result, seed: 1, auroc: 0.9, stability: null, selectSeconds: 6 }, other]);
    const [head, ...lines] = text.split('\n');
    expect(head!.trim()).toMatch(/^pool +method +good kept +AUROC +vs benign +vs mislabelled +avg precision +stability +time$/);
    expect(lines[0]!.trim()).toMatch(/^benign-20 +less +95\.0 % +0\.850 +0\.800 +0\.900 +0\.700 +5\.0 s$/);
    expect(lines[1]!.trim()).toMatch(/^mislabelled-20 +less +95\.0 % +0\.800 +0\.800 +0\.900 +0\.700 +4\.0 s$/);
    expect(text).toContain('Means over 2 seeds.');
  });

  it('averages pools where there are too many lines to read', () => {
    const many = Array.from({ length: 42 }, (_, i) => ({ ...result, pool: `pool-${i}`, auroc: i % 2 }));
    const text = rankingSummary(many);
    expect(text.split('\n')[1]!.trim()).toMatch(/^less +95\.0 % +0\.500 /);
    expect(text).toContain('Means over 42 pools (the report has each) and 1 seed.');
  });

  it('names the share to keep where there are several, and no figure of kinds that nobody knows', () => {
    const unknown = { ...result, pool: undefined, auroc: null, averagePrecision: null, precisionKept: null, kinds: [] };
    const text = rankingSummary([unknown, { ...unknown, keep: 0.2 }]);
    expect(text).toMatch(/^ *method +keep +stability +time\n *less +0\.4 +0\.700 +4\.0 s\n/);
    expect(text).toMatch(/\n\nMeans over 1 seed\. Stability: rank correlation of the rankings of two seeds\.$/);
    expect(rankingSummary([{ ...unknown, stability: null }])).toMatch(/^ *method +time\n *less +4\.0 s\n\nMeans over 1 seed\.$/);
  });
});
