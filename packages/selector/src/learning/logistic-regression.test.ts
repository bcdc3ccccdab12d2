import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { InterruptedError, NumericError, Random, ShapeError } from '@pharmacist/core';
import { goldenPath } from '@pharmacist/test-fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLogisticRegression } from './logistic-regression.ts';
import type { FeatureRow } from './sparse-row.ts';

interface GoldenCase {
  readonly inversePenalty: number;
  readonly weights: readonly number[] | null;
  readonly coefficients: readonly number[];
  readonly intercept: number;
  readonly decisions: readonly number[];
}

interface Golden {
  readonly dense: { readonly rows: readonly (readonly number[])[]; readonly labels: boolean[]; readonly cases: readonly GoldenCase[] };
  readonly sparse: {
    readonly numFeatures: number;
    readonly rows: readonly { readonly indices: readonly number[]; readonly values: readonly number[] }[];
    readonly labels: boolean[];
    readonly cases: readonly GoldenCase[];
  };
}

const golden = JSON.parse(readFileSync(goldenPath('selector', 'logistic-regression.json'), 'utf8')) as Golden;
const denseRows = golden.dense.rows.map((row) => Float64Array.from(row));
const sparseRows = golden.sparse.rows.map(({ indices, values }) => ({
  indices: Int32Array.from(indices),
  values: Float64Array.from(values),
}));
/** What scikit-learn's solvers leave of the optimum: theirs stop at a tolerance on the gradient of the mean loss. */
const SKLEARN = { rtol: 1e-6, atol: 1e-7 };
/** Two fits of one problem summed in another order. */
const SAME_PROBLEM = { rtol: 1e-8, atol: 1e-9 };

function sparse(row: Float64Array): FeatureRow {
  const indices = Int32Array.from(row.keys()).filter((j) => row[j] !== 0);
  return { indices, values: Float64Array.from(indices, (j) => row[j]!) };
}

/** Rows with noisy labels of both classes. */
function drawn(seed: number, numRows: number, numFeatures: number) {
  const random = new Random(seed).split('logistic');
  const rows = Array.from({ length: numRows }, () => Float64Array.from({ length: numFeatures }, () => random.normal()));
  const labels = rows.map((row, i) => (i < 2 ? i === 0 : row[0]! + random.normal() > 0));
  const weights = Float64Array.from(rows, () => 1 + random.integer(3));
  return { rows, labels, weights };
}

/** Fits that are compared with each other go on to where rounding ends them: what is left of a gradient differs between problems. */
const TO_ROUNDING = 1e-12;

describe('fitLogisticRegression', () => {
  const cases = [
    ...golden.dense.cases.map((expected) => ({ form: 'dense', rows: denseRows, labels: golden.dense.labels, numFeatures: 6, expected })),
    ...golden.sparse.cases.map((expected) => ({
      form: 'sparse',
      rows: sparseRows,
      labels: golden.sparse.labels,
      numFeatures: golden.sparse.numFeatures,
      expected,
    })),
  ];

  it.each(cases)('agrees with scikit-learn: $form rows, C = $expected.inversePenalty', async ({ rows, labels, numFeatures, expected }) => {
    const { inversePenalty, weights } = expected;
    const rowWeights = weights === null ? undefined : Float64Array.from(weights);
    const model = await fitLogisticRegression(rows, labels, { numFeatures, inversePenalty, rowWeights });
    expect(model.coefficients).toBeAllclose(expected.coefficients, SKLEARN);
    expect([model.intercept]).toBeAllclose([expected.intercept], SKLEARN);
    expect(rows.map((row) => model.decision(row))).toBeAllclose(expected.decisions, SKLEARN);
  });

  it('solves one feature as by hand: rows at 1 and -1, w = C / (1 + e^w) + C / (1 + e^w)', async () => {
    const { coefficients, intercept } = await fitLogisticRegression([Float64Array.of(1), Float64Array.of(-1)], [true, false], {
      numFeatures: 1,
      inversePenalty: 3,
    });
    const w = coefficients[0]!;
    expect([w]).toBeAllclose([6 / (1 + Math.exp(w))], { rtol: 1e-12, atol: 0 });
    expect(intercept).toBeCloseTo(0, 14);
  });

  it('without a feature gives the log-odds of the classes by weight', async () => {
    const rows = [new Float64Array(), new Float64Array(), new Float64Array()];
    const options = { numFeatures: 0, inversePenalty: 1, rowWeights: Float64Array.of(2, 3, 1) };
    const { intercept, decision } = await fitLogisticRegression(rows, [true, true, false], options);
    expect([intercept, decision(new Float64Array())]).toBeAllclose([Math.log(5), Math.log(5)], { rtol: 1e-12, atol: 0 });
  });

  it('gives equal bits again, and the same for sparse rows as for dense ones', async () => {
    const { rows, labels } = drawn(1, 60, 4);
    for (const row of rows) row[2] = 0;
    const options = { numFeatures: 4, inversePenalty: 2 };
    const [first, again] = [await fitLogisticRegression(rows, labels, options), await fitLogisticRegression(rows, labels, options)];
    const fromSparse = await fitLogisticRegression(rows.map(sparse), labels, options);
    expect(again.coefficients).toEqual(first.coefficients);
    expect(fromSparse.coefficients).toEqual(first.coefficients);
    expect(first.coefficients[2]).toBe(0);
  });

  it('does not see the order of rows; a weight of k is k rows; exchanged labels turn the signs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { rows, labels, weights } = drawn(seed, 24, 3);
        const options = { numFeatures: 3, inversePenalty: 1.5, tolerance: TO_ROUNDING };
        const fit = await fitLogisticRegression(rows, labels, { ...options, rowWeights: weights });
        const order = new Random(seed).permutation(rows.length);
        const permuted = await fitLogisticRegression(
          order.map((i) => rows[i]!),
          order.map((i) => labels[i]!),
          { ...options, rowWeights: Float64Array.from(order, (i) => weights[i]!) },
        );
        const copies = rows.flatMap((_, i) => Array.from({ length: weights[i]! }, () => i));
        const repeated = await fitLogisticRegression(
          copies.map((i) => rows[i]!),
          copies.map((i) => labels[i]!),
          options,
        );
        const turned = await fitLogisticRegression(
          rows,
          labels.map((label) => !label),
          { ...options, rowWeights: weights },
        );
        expect(permuted.coefficients).toBeAllclose(fit.coefficients, SAME_PROBLEM);
        expect(repeated.coefficients).toBeAllclose(fit.coefficients, SAME_PROBLEM);
        expect([repeated.intercept]).toBeAllclose([fit.intercept], SAME_PROBLEM);
        expect(turned.coefficients.map((w) => -w)).toBeAllclose(fit.coefficients, SAME_PROBLEM);
      }),
      { numRuns: 30 },
    );
  });

  it('with offsets gives what it gives beside a feature whose coefficient is held there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { rows, labels, weights } = drawn(seed, 30, 4);
        const options = { inversePenalty: 1.5, rowWeights: weights, tolerance: TO_ROUNDING };
        const whole = await fitLogisticRegression(rows, labels, { ...options, numFeatures: 4 });
        const offsets = Float64Array.from(rows, (row) => whole.coefficients[3]! * row[3]!);
        const others = rows.map((row) => row.slice(0, 3));
        const rest = await fitLogisticRegression(others, labels, { ...options, numFeatures: 3, offsets });
        expect(rest.coefficients).toBeAllclose(whole.coefficients.subarray(0, 3), SAME_PROBLEM);
        expect([rest.intercept]).toBeAllclose([whole.intercept], SAME_PROBLEM);
        expect(others.map((row, i) => rest.decision(row) + offsets[i]!)).toBeAllclose(rows.map(whole.decision), SAME_PROBLEM);
      }),
      { numRuns: 30 },
    );
  });

  it('takes offsets of 0 as none, and an offset of all rows out of the intercept', async () => {
    const { rows, labels } = drawn(3, 40, 3);
    const options = { numFeatures: 3, inversePenalty: 2 };
    const plain = await fitLogisticRegression(rows, labels, options);
    const zero = await fitLogisticRegression(rows, labels, { ...options, offsets: new Float64Array(40) });
    const moved = await fitLogisticRegression(rows.map(sparse), labels, { ...options, offsets: new Float64Array(40).fill(0.7) });
    expect([...zero.coefficients, zero.intercept]).toEqual([...plain.coefficients, plain.intercept]);
    expect(moved.coefficients).toBeAllclose(plain.coefficients, SAME_PROBLEM);
    expect([moved.intercept + 0.7]).toBeAllclose([plain.intercept], SAME_PROBLEM);
    const few = fitLogisticRegression(rows, labels, { ...options, offsets: new Float64Array(39) });
    await expect(few).rejects.toThrow(ShapeError);
    await expect(few).rejects.toThrow('40 rows, 39 offsets');
  });

  it('converges where rows part perfectly, features differ by 10^6 in size and the penalty is weak', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => Float64Array.of((i - 19.5) * 1e3, ((i * 7) % 11) * 1e-3));
    const labels = rows.map((row) => row[0]! > 0);
    const { decision } = await fitLogisticRegression(rows, labels, { numFeatures: 2, inversePenalty: 1e4 });
    rows.forEach((row, i) => expect(decision(row) > 0).toBe(labels[i]));
  });

  it('refuses what has no finite answer', async () => {
    const rows = [Float64Array.of(1), Float64Array.of(2)];
    const fit = (labels: boolean[], rowWeights?: Float64Array, inversePenalty = 1) =>
      fitLogisticRegression(rows, labels, { numFeatures: 1, inversePenalty, rowWeights });
    await expect(fit([true, true])).rejects.toThrow('no negative row has a weight');
    await expect(fit([true, false], Float64Array.of(0, 1))).rejects.toThrow('no positive row has a weight');
    await expect(fit([true, false], Float64Array.of(-1, 1))).rejects.toThrow(NumericError);
    await expect(fit([true, false], undefined, Infinity)).rejects.toThrow(NumericError);
    await expect(fit([true])).rejects.toThrow(ShapeError);
    const options = { numFeatures: 1, inversePenalty: 1 };
    await expect(fitLogisticRegression([Float64Array.of(NaN), Float64Array.of(1)], [true, false], options)).rejects.toThrow('row 0');
    await expect(fitLogisticRegression([Float64Array.of(1, 2), Float64Array.of(1)], [true, false], options)).rejects.toThrow(ShapeError);
  });

  it('stops when asked to', async () => {
    const { rows, labels } = drawn(2, 200, 20);
    const controller = new AbortController();
    const fit = fitLogisticRegression(rows, labels, { numFeatures: 20, inversePenalty: 1, signal: controller.signal });
    controller.abort();
    await expect(fit).rejects.toThrow(InterruptedError);
  });
});
