import { NumericError, Random, ShapeError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { bootstrapInterval, pairedBootstrapDifference, type Statistic } from './interval.ts';
import { auroc } from './ranking.ts';

const meanOf =
  (values: ArrayLike<number>): Statistic =>
  (rows) =>
    rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;

const normals = (seed: number, n: number) => {
  const random = new Random(seed);
  return Float64Array.from({ length: n }, () => random.normal());
};

describe('bootstrapInterval', () => {
  it('of a mean is that of the normal approximation: mean +- 1.96 sd / sqrt(n)', () => {
    const values = normals(0, 400);
    const mean = values.reduce((sum, value) => sum + value, 0) / 400;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400);
    const interval = bootstrapInterval(400, meanOf(values), { random: new Random(1), numResamples: 4000 });
    expect(interval).toMatchObject({ confidence: 0.95, numResamples: 4000 });
    expect(interval.value).toBeCloseTo(mean, 12);
    // The quantiles of 4000 draws scatter by about 3 % of the half width.
    const halfWidth = (1.96 * sd) / 20;
    expect(Math.abs(interval.low - (mean - halfWidth))).toBeLessThan(0.12 * halfWidth);
    expect(Math.abs(interval.high - (mean + halfWidth))).toBeLessThan(0.12 * halfWidth);
  });

  it('covers the true mean in about the promised share of samples', () => {
    let covered = 0;
    for (let sample = 0; sample < 200; sample++) {
      const { low, high } = bootstrapInterval(50, meanOf(normals(sample, 50)), {
        random: new Random(sample).split('bootstrap'),
        confidence: 0.9,
        numResamples: 200,
      });
      if (low <= 0 && high >= 0) covered++;
    }
    // Binomial(200, .9): standard deviation 4.2; the percentile interval is a little narrow at n = 50.
    expect(covered).toBeGreaterThan(180 - 17);
    expect(covered).toBeLessThan(180 + 13);
  });

  it('repeats for a seed, and is a point for constant rows', () => {
    const values = normals(3, 30);
    const once = (seed: number) => bootstrapInterval(30, meanOf(values), { random: new Random(seed), numResamples: 50 });
    expect(once(1)).toEqual(once(1));
    expect(once(1)).not.toEqual(once(2));
    expect(bootstrapInterval(5, meanOf([2, 2, 2, 2, 2]), { random: new Random(0) })).toMatchObject({ value: 2, low: 2, high: 2 });
  });

  it('interpolates between draws: with two, the 50 % interval is a quarter in from each', () => {
    const draws = [0, 0, 8];
    const { value, low, high } = bootstrapInterval(3, () => draws.pop()!, { random: new Random(0), numResamples: 2, confidence: 0.5 });
    expect([value, low, high]).toEqual([8, 0, 0]);
    const spread = [4, 0, 8];
    const interval = bootstrapInterval(3, () => spread.pop()!, { random: new Random(0), numResamples: 2, confidence: 0.5 });
    expect([interval.value, interval.low, interval.high]).toEqual([8, 1, 3]);
  });

  it('keeps both classes with strata where the statistic needs them', () => {
    const isPositive = [true, false, false, false];
    const scores = [3, 1, 2, 4];
    const statistic: Statistic = (rows) =>
      auroc(
        [...rows].map((row) => scores[row]!),
        [...rows].map((row) => isPositive[row]!),
      );
    const { value, low, high } = bootstrapInterval(4, statistic, { random: new Random(0), strata: isPositive });
    expect(value).toBeCloseTo(2 / 3, 12);
    expect(low).toBeLessThan(value);
    expect(high).toBe(1);
    expect(() => bootstrapInterval(4, statistic, { random: new Random(0) })).toThrow(NumericError);
  });

  it('refuses what it cannot resample', () => {
    const random = new Random(0);
    expect(() => bootstrapInterval(0, () => 0, { random })).toThrow(ShapeError);
    expect(() => bootstrapInterval(2, () => 0, { random, confidence: 1 })).toThrow(ShapeError);
    expect(() => bootstrapInterval(2, () => 0, { random, numResamples: 0 })).toThrow(ShapeError);
    expect(() => bootstrapInterval(2, () => 0, { random, strata: ['a'] })).toThrow(ShapeError);
    expect(() => bootstrapInterval(2, () => NaN, { random })).toThrow(NumericError);
  });
});

describe('pairedBootstrapDifference', () => {
  it('cancels what both sides share', () => {
    const shared = normals(5, 100);
    const better = shared.map((value, i) => value + 0.1 + 0.05 * Math.sin(i));
    const options = () => ({ random: new Random(6), numResamples: 500 });
    const difference = pairedBootstrapDifference(100, meanOf(better), meanOf(shared), options());
    expect(difference.value).toBeCloseTo(0.1, 2);
    expect(difference.low).toBeGreaterThan(0.08);
    expect(difference.high).toBeLessThan(0.12);
    // Each mean by itself is known only to about .2.
    const alone = bootstrapInterval(100, meanOf(better), options());
    expect(alone.high - alone.low).toBeGreaterThan(0.3);
  });
});
