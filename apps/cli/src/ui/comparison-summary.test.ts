import type { Comparison } from '@pharmacist/results';
import { describe, expect, it } from 'vitest';
import { comparisonSummary } from './comparison-summary.ts';

const comparison: Comparison = {
  scope: 'cell',
  metric: 'harmfulScoreAfter',
  pool: null,
  reference: 'pharmacist',
  method: 'full',
  defense: 'sft',
  keep: 0.43,
  poisonRatio: 0.1,
  numSeeds: 5,
  referenceMean: 20,
  methodMean: 24.25,
  difference: -4.25,
  low: -6.5,
  high: -2,
  pValue: 0.0062,
  pHolm: 0.0124,
  signFlipP: 0.0625,
  effectSize: -2.3,
  verdict: 'better',
};

describe('comparisonSummary', () => {
  it('shows the headline figures and counts what is secured', () => {
    const text = comparisonSummary([
      comparison,
      { ...comparison, method: 'random', low: null, high: null, pValue: null, pHolm: null, verdict: 'not secured' },
      { ...comparison, metric: 'marginAfter', verdict: 'worse' },
    ])!;
    expect(text).toContain('HS after  pharmacist - full    sft      0.43  -4.25 [-6.50, -2.00]  0.0062  0.0124  better');
    expect(text).toMatch(/pharmacist - random {2}sft {6}0\.43 +-4\.25 +not secured\n/);
    expect(text).not.toMatch(/margin/);
    expect(text).toContain('2 of 3 comparisons secured');
  });

  it('shows means over poison ratios in place of the single ones', () => {
    const pooled: Comparison = { ...comparison, scope: 'pooled', poisonRatio: null, difference: -3 };
    const text = comparisonSummary([comparison, { ...comparison, poisonRatio: 0.2 }, pooled])!;
    expect(text).toContain('-3.00 [');
    expect(text).not.toContain('-4.25 [');
  });

  it('is left out with one seed', () => {
    expect(comparisonSummary([])).toBeUndefined();
  });
});
