import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { NumericError, Random, ShapeError } from '@pharmacist/core';
import { goldenPath } from '@pharmacist/test-fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brierScore, expectedCalibrationError, reliabilityCurve } from './reliability.ts';

interface Golden {
  readonly labels: boolean[];
  readonly probabilities: readonly number[];
  readonly reliability: { readonly meanPredicted: readonly number[]; readonly observedFrequency: readonly number[] };
  readonly brierScore: number;
}

const golden = JSON.parse(readFileSync(goldenPath('metrics', 'reliability.json'), 'utf8')) as Golden;
const EXACT = { rtol: 1e-13, atol: 1e-15 };

describe('reliability', () => {
  it('agrees with scikit-learn', () => {
    const probabilities = Float64Array.from(golden.probabilities);
    const curve = reliabilityCurve(probabilities, golden.labels);
    expect(curve.map(({ meanPredicted }) => meanPredicted)).toBeAllclose(golden.reliability.meanPredicted, EXACT);
    expect(curve.map(({ observedFrequency }) => observedFrequency)).toBeAllclose(golden.reliability.observedFrequency, EXACT);
    expect(curve.map(({ count }) => count)).toEqual(Array.from({ length: 10 }, () => 10));
    expect([brierScore(probabilities, golden.labels)]).toBeAllclose([golden.brierScore], EXACT);
  });

  it('measures as by hand', () => {
    const probabilities = Float64Array.of(0.9, 0.1, 0.7, 0.3);
    const labels = [true, false, true, true];
    const curve = reliabilityCurve(probabilities, labels, 2);
    expect(curve).toEqual([
      { meanPredicted: 0.2, observedFrequency: 0.5, count: 2 },
      { meanPredicted: 0.8, observedFrequency: 1, count: 2 },
    ]);
    expect(expectedCalibrationError(curve)).toBeCloseTo((0.3 + 0.2) / 2, 15);
    expect(brierScore(probabilities, labels)).toBeCloseTo((0.01 + 0.01 + 0.09 + 0.49) / 4, 15);
  });

  it('keeps equal predictions together, and leaves out the bins this empties', () => {
    const curve = reliabilityCurve(new Float64Array(8).fill(0.25), [true, true, false, false, false, false, false, false], 4);
    expect(curve).toEqual([{ meanPredicted: 0.25, observedFrequency: 0.25, count: 8 }]);
    expect(expectedCalibrationError(curve)).toBe(0);
    expect(reliabilityCurve(Float64Array.of(1), [true])).toEqual([{ meanPredicted: 1, observedFrequency: 1, count: 1 }]);
  });

  it('counts every row once, in whatever order they come', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 12 }), fc.integer(), (drawn, numBins, seed) => {
        const curveOf = (list: typeof drawn) =>
          reliabilityCurve(
            Float64Array.from(list, ([eighths]) => eighths / 8),
            list.map(([, label]) => label),
            numBins,
          );
        const curve = curveOf(drawn);
        expect(curve.reduce((sum, { count }) => sum + count, 0)).toBe(drawn.length);
        expect(curveOf(new Random(seed).shuffle(drawn))).toEqual(curve);
      }),
    );
  });

  it('refuses no rows, what is no probability, and lists of different length', () => {
    expect(() => reliabilityCurve(new Float64Array(), [])).toThrow(NumericError);
    expect(() => brierScore(Float64Array.of(1.1), [true])).toThrow(NumericError);
    expect(() => brierScore(Float64Array.of(NaN), [true])).toThrow(NumericError);
    expect(() => brierScore(Float64Array.of(1), [])).toThrow(ShapeError);
  });
});
