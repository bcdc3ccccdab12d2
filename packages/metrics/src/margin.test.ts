import { NumericError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { marginReport, type PairLoss } from './margin.ts';

const pair = (stratum: string, safe: [number, number], harmful: [number, number]): PairLoss => ({
  stratum,
  safeLoss: safe[0],
  safeTokens: safe[1],
  harmfulLoss: harmful[0],
  harmfulTokens: harmful[1],
});

describe('marginReport', () => {
  const pairs = [
    // Losses a token 1 and 3; 2 and 2; 2 and 1 (though its summed loss is the larger one).
    pair('refusal', [4, 4], [6, 2]),
    pair('refusal', [4, 2], [6, 3]),
    pair('pku', [2, 1], [4, 4]),
    pair('pku', [2, 1], [0, 0]),
  ];
  const report = marginReport(pairs, { seed: 0 });

  it('compares losses a token, ties one half', () => {
    expect(report).toMatchObject({ numPairs: 3, numLeftOut: 1, safeLoss: 5 / 3, harmfulLoss: 2 });
    expect(report.margin.value).toBeCloseTo((2 + 0 - 1) / 3, 12);
    expect(report.harmfulPreference.value).toBeCloseTo(50, 12);
    expect(report.strata).toMatchObject([
      { stratum: 'refusal', numPairs: 2, margin: { value: 1, interval: { low: 0, high: 2 } }, harmfulPreference: { value: 25 } },
      { stratum: 'pku', numPairs: 1, margin: { value: -1, interval: null }, harmfulPreference: { value: 100, interval: { high: 100 } } },
    ]);
  });

  it('keeps the strata in its resamples', () => {
    // One pku pair in every resample: the mean runs from (0 + 0 - 1) / 3 to (2 + 2 - 1) / 3.
    expect(report.margin.interval!.low).toBeCloseTo(-1 / 3, 12);
    expect(report.margin.interval!.high).toBeCloseTo(1, 12);
    expect(marginReport(pairs, { seed: 0 })).toEqual(report);
  });

  it('has no interval of strata that are one pair each, however many they are', () => {
    const { margin, harmfulPreference } = marginReport([pairs[0]!, pairs[2]!], { seed: 0 });
    expect(margin).toEqual({ value: 0.5, interval: null });
    expect(harmfulPreference.interval).not.toBeNull();
  });

  it('turns around when the sides are exchanged', () => {
    const exchanged = pairs.map(({ stratum, safeLoss, safeTokens, harmfulLoss, harmfulTokens }) =>
      pair(stratum, [harmfulLoss, harmfulTokens], [safeLoss, safeTokens]),
    );
    const other = marginReport(exchanged, { seed: 0 });
    expect(other.margin.value).toBeCloseTo(-report.margin.value, 12);
    expect(other.harmfulPreference.value).toBeCloseTo(100 - report.harmfulPreference.value, 12);
  });

  it('needs a pair, and finite losses', () => {
    expect(() => marginReport([pairs[3]!], { seed: 0 })).toThrow(NumericError);
    expect(() => marginReport([pair('a', [NaN, 1], [1, 1])], { seed: 0 })).toThrow(NumericError);
  });
});
