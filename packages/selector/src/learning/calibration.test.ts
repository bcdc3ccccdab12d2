import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { NumericError, Random, ShapeError } from '@pharmacist/core';
import { goldenPath } from '@pharmacist/test-fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitPlattScaling } from './calibration.ts';

interface Golden {
  readonly scores: readonly number[];
  readonly labels: boolean[];
  readonly platt: readonly { readonly weights: readonly number[] | null; readonly slope: number; readonly offset: number }[];
}

const golden = JSON.parse(readFileSync(goldenPath('selector', 'calibration.json'), 'utf8')) as Golden;
const SAME_PROBLEM = { rtol: 1e-9, atol: 1e-10 };

describe('fitPlattScaling', () => {
  it.each(golden.platt)('agrees with the root that scipy finds, slope $slope', ({ weights, slope, offset }) => {
    const rowWeights = weights === null ? undefined : Float64Array.from(weights);
    const fitted = fitPlattScaling(Float64Array.from(golden.scores), golden.labels, { rowWeights });
    expect([fitted.slope, fitted.offset]).toBeAllclose([slope, offset], { rtol: 1e-10, atol: 0 });
    expect(fitted.probability(0.3)).toBeCloseTo(1 / (1 + Math.exp(-(slope * 0.3 + offset))), 12);
  });

  it('reaches the smoothed targets where it can: two scores, three rows and one', () => {
    const { probability } = fitPlattScaling(Float64Array.of(5, 5, 5, 1), [true, true, true, false]);
    expect([probability(5), probability(1)]).toBeAllclose([4 / 5, 1 / 3], { rtol: 1e-12, atol: 0 });
  });

  it('gives equal scores the mean target, whatever their size', () => {
    for (const score of [0, 0.1, -1e6]) {
      const { slope, probability } = fitPlattScaling(new Float64Array(4).fill(score), [true, true, true, false]);
      expect(slope).toBe(0);
      expect(probability(score)).toBeCloseTo((3 * (4 / 5) + 1 / 3) / 4, 12);
    }
  });

  it('follows the scale of the scores and their sign, and counts a weight of k as k rows', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (seed, scale) => {
        const random = new Random(seed).split('platt');
        const scores = Float64Array.from({ length: 30 }, () => random.normal());
        const labels = [...scores].map((score, i) => (i < 2 ? i === 0 : score + 2 * random.normal() > 0));
        const rowWeights = Float64Array.from(scores, () => 1 + random.integer(3));
        const fit = fitPlattScaling(scores, labels, { rowWeights });
        const scaled = fitPlattScaling(
          scores.map((score) => -scale * score),
          labels,
          { rowWeights },
        );
        expect([-scaled.slope * scale, scaled.offset]).toBeAllclose([fit.slope, fit.offset], SAME_PROBLEM);
        const copies = [...scores.keys()].flatMap((i) => Array.from({ length: rowWeights[i]! }, () => i));
        const repeated = fitPlattScaling(
          Float64Array.from(copies, (i) => scores[i]!),
          copies.map((i) => labels[i]!),
        );
        expect([repeated.slope, repeated.offset]).toBeAllclose([fit.slope, fit.offset], SAME_PROBLEM);
      }),
    );
  });

  it('stays finite where scores part the classes', () => {
    const { slope, probability } = fitPlattScaling(Float64Array.of(-1000, -999, 999, 1000), [false, false, true, true]);
    expect(slope).toBeGreaterThan(0);
    expect([probability(-1000), probability(1000)]).toBeAllclose([0.25, 0.75], { rtol: 1e-2, atol: 0 });
  });

  it('refuses one class, scores that are not finite, and lists of different length', () => {
    expect(() => fitPlattScaling(Float64Array.of(1, 2), [true, true])).toThrow('no negative row has a weight');
    expect(() => fitPlattScaling(Float64Array.of(1, NaN), [true, false])).toThrow(NumericError);
    expect(() => fitPlattScaling(Float64Array.of(1), [true, false])).toThrow(ShapeError);
  });
});
