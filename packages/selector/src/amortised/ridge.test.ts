import { Random } from '@pharmacist/core';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { fitRidge } from './ridge.ts';

function planted(numRows: number, numFeatures: number, noise: number) {
  const random = new Random(`ridge ${numRows} ${numFeatures}`);
  const weights = Array.from({ length: numFeatures }, () => random.normal());
  const features = Array.from({ length: numRows }, () => Float64Array.from(weights, () => random.normal()));
  const targets = Float64Array.from(features, (row) => row.reduce((sum, x, j) => sum + x * weights[j]!, 3) + noise * random.normal());
  return { features, targets };
}

/** (X'X + n penalty)^-1 X'y on standardised columns, by Gauss-Jordan elimination. */
function bruteForce(features: readonly Float64Array[], targets: Float64Array, penalty: number): number[] {
  const n = features.length;
  const columns = Array.from(features[0]!, (_, j) => {
    const values = features.map((row) => row[j]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
    return values.map((value) => (value - mean) / deviation);
  });
  const intercept = targets.reduce((sum, y) => sum + y, 0) / n;
  const rows = columns.map((a, i) => [
    ...columns.map((b, j) => a.reduce((sum, value, k) => sum + value * b[k]!, 0) + (i === j ? n * penalty : 0)),
    a.reduce((sum, value, k) => sum + value * (targets[k]! - intercept), 0),
  ]);
  rows.forEach((row, pivot) => {
    const scale = row[pivot]!;
    row.forEach((value, k) => (row[k] = value / scale));
    rows.forEach((other, i) => {
      const factor = other[pivot]!;
      if (i !== pivot) other.forEach((value, k) => (other[k] = value - factor * row[k]!));
    });
  });
  return features.map((_, k) => columns.reduce((sum, column, j) => sum + column[k]! * rows[j]!.at(-1)!, intercept));
}

describe('fitRidge', () => {
  it('shrinks one feature as the closed form says: the slope over 1 + penalty', async () => {
    const features = [-1, 1, -1, 1].map((x) => Float64Array.of(x));
    const targets = Float64Array.of(1, 5, 3, 7); // mean 4, covariance with the feature 2
    const { penalty, predict } = await fitRidge(features, targets, { random: new Random(0) });
    expect(predict([Float64Array.of(1), Float64Array.of(0), Float64Array.of(-2)])).toBeAllclose(
      [4 + 2 / (1 + penalty), 4, 4 - 4 / (1 + penalty)],
      { rtol: 1e-12, atol: 1e-12 },
    );
  });

  it.each([
    ['more rows than features', 30, 5],
    ['more features than rows', 8, 20],
  ])('solves what elimination solves: %s', async (_, numRows, numFeatures) => {
    const { features, targets } = planted(numRows, numFeatures, 0.5);
    const { penalty, predict } = await fitRidge(features, targets, { random: new Random(1) });
    expect(predict(features)).toBeAllclose(bruteForce(features, targets, penalty), { rtol: 1e-8, atol: 1e-8 });
  });

  it('does not depend on the units of a feature, nor on a constant one', async () => {
    const { features, targets } = planted(25, 4, 0.3);
    const changed = features.map((row) => Float64Array.of(...row.map((x, j) => 10 ** (3 * j) * x - 7), 42));
    const [plain, scaled] = [
      await fitRidge(features, targets, { random: new Random(2) }),
      await fitRidge(changed, targets, { random: new Random(2) }),
    ];
    expect(scaled.penalty).toBe(plain.penalty);
    expect(scaled.predict(changed)).toBeAllclose(plain.predict(features), { rtol: 1e-8, atol: 1e-8 });
  });

  it('does not learn from a feature that only rounding moves', async () => {
    const { features, targets } = planted(25, 4, 0.3);
    const step = 2 ** -23; // of f32 at 1
    const changed = features.map((row, i) => Float64Array.of(...row, 1 + step * (targets[i]! > 3 ? 1 : 0)));
    const [plain, same] = [
      await fitRidge(features, targets, { random: new Random(2) }),
      await fitRidge(changed, targets, { random: new Random(2) }),
    ];
    expect(same.predict(changed)).toBeAllclose(plain.predict(features), { rtol: 1e-12, atol: 1e-12 });
  });

  it('finds a planted relation, and none in noise', async () => {
    const { features, targets } = planted(40, 6, 0.2);
    expect((await fitRidge(features, targets, { random: new Random(3) })).crossValidatedError).toBeLessThan(0.05);
    const shuffled = Float64Array.from(new Random(4).shuffle([...targets]));
    expect((await fitRidge(features, shuffled, { random: new Random(3) })).crossValidatedError).toBeGreaterThan(0.7);
  });

  it('predicts equal targets by their value', async () => {
    const { features } = planted(6, 3, 0);
    const { predict } = await fitRidge(features, new Float64Array(6).fill(2), { random: new Random(5) });
    expect(predict(features)).toBeAllclose(new Float64Array(6).fill(2), {
      rtol: 1e-12,
      atol: 0,
    });
  });
});
