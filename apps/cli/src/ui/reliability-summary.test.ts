import { describe, expect, it } from 'vitest';
import { reliabilitySummary } from './reliability-summary.ts';

const ours = {
  method: 'ours',
  numRows: 1200,
  numUnknown: 0,
  meanPredicted: 0.5,
  shareGood: 0.4,
  curve: [
    { meanPredicted: 0.1, observedFrequency: 0.05, count: 600 },
    { meanPredicted: 0.9, observedFrequency: 0.75, count: 600 },
  ],
  calibrationError: 0.1,
  brierScore: 0.12,
  brierScoreOfShare: 0.24,
};

describe('reliabilitySummary', () => {
  it('has what is said over what is, and the scores in words', () => {
    expect(reliabilitySummary([ours])).toBe(
      [
        '  ours says good    0.10  0.90',
        '  of them are good  0.05  0.75',
        '',
        '1,200 rows of all pools and seeds in tenths by probability. Calibration error 0.100,',
        "Brier score 0.120 (0.240 by always saying the pool's share of good rows).",
      ].join('\n'),
    );
    expect(reliabilitySummary([{ ...ours, numUnknown: 1 }])).toContain('by probability; 1 row without a probability.');
  });

  it('says nothing without such a method', () => {
    expect(reliabilitySummary([])).toBeUndefined();
  });
});
