import '@pharmacist/tooling/vitest/matchers';
import { NumericError, Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLogisticRegression } from '../../learning/logistic-regression.ts';
import type { SparseRow } from '../../learning/sparse-row.ts';
import { NUM_BUCKETS } from './hashed-terms.ts';
import { fitWordModel, wordDecision, type WordExample, type WordModel } from './word-model.ts';

const NUM_USED = 6;

function row(values: readonly number[]): SparseRow {
  return { indices: Int32Array.from(values.keys()), values: Float64Array.from(values) };
}

function model(used: readonly number[], bias: number): WordModel {
  const weights = new Float64Array(NUM_BUCKETS);
  weights.set(used);
  return { weights, bias };
}

/** Examples of both classes, and a model that is known already. */
function drawn(seed: number) {
  const random = new Random(seed).split('words');
  const normals = () => Array.from({ length: NUM_USED }, () => random.normal());
  const examples = Array.from({ length: 20 }, (_, i): WordExample => {
    const values = normals();
    return { row: row(values), isGood: i < 2 ? i === 0 : values[0]! + random.normal() > 0, weight: 0.5 + random.uniform() };
  });
  return { examples, prior: model(normals(), random.normal()) };
}

describe('wordDecision', () => {
  it('is the bias and the weights of the row: 0.5 + 2 x 3 - 1 x 4', () => {
    expect(wordDecision(model([2, 0, -1], 0.5), { indices: Int32Array.of(0, 2), values: Float64Array.of(3, 4) })).toBe(2.5);
    expect(wordDecision(model([2], 0.5), row([]))).toBe(0.5);
  });
});

describe('fitWordModel', () => {
  it('without a known model is plain logistic regression', async () => {
    const { examples } = drawn(1);
    const fitted = await fitWordModel(examples, { cost: 2 });
    const plain = await fitLogisticRegression(
      examples.map((example) => example.row),
      examples.map(({ isGood }) => isGood),
      { numFeatures: NUM_BUCKETS, inversePenalty: 2, rowWeights: Float64Array.from(examples, ({ weight }) => weight) },
    );
    expect(fitted.weights).toBeAllclose(plain.coefficients, { rtol: 1e-5, atol: 1e-6 });
    expect([fitted.bias]).toBeAllclose([plain.intercept], { rtol: 1e-5, atol: 1e-6 });
  });

  it('stays at the known weights where examples cost next to nothing; the bias alone, which is free, follows them', async () => {
    const { examples, prior } = drawn(2);
    const fitted = await fitWordModel(examples, { prior, cost: 1e-9 });
    expect(fitted.weights).toBeAllclose(prior.weights, { rtol: 0, atol: 1e-7 });
    // At the optimum over the bias, errors of both classes balance.
    const surplus = examples.reduce(
      (sum, { row: x, isGood, weight }) => sum + weight * (sigmoid(wordDecision(fitted, x)) - Number(isGood)),
      0,
    );
    expect(surplus).toBeCloseTo(0, 5);
  });

  it('leaves the known weights where examples that speak against them cost much', async () => {
    const examples = [row([1, 0]), row([0, 1])].map((x, i): WordExample => ({ row: x, isGood: i === 0, weight: 1 }));
    const prior = model([-3, 3], 0);
    const decisions = async (cost: number) => {
      const fitted = await fitWordModel(examples, { prior, cost });
      return examples.map((example) => wordDecision(fitted, example.row));
    };
    const [good, poor] = await decisions(100);
    expect(good).toBeGreaterThan(1);
    expect(poor).toBeLessThan(-1);
    const [stillPoor, stillGood] = await decisions(0.01);
    expect(stillPoor).toBeLessThan(-2.5);
    expect(stillGood).toBeGreaterThan(2.5);
  });

  it('is where its objective is flat: w - w0 = C sum_i s_i (y_i - p_i) x_i, and the same sum without x_i is 0', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0.1, 1, 10), async (seed, cost) => {
        const { examples, prior } = drawn(seed);
        const fitted = await fitWordModel(examples, { prior, cost });
        const pull = new Float64Array(NUM_USED + 1);
        for (const { row: x, isGood, weight } of examples) {
          const error = cost * weight * (Number(isGood) - sigmoid(wordDecision(fitted, x)));
          x.values.forEach((value, j) => (pull[j]! += error * value));
          pull[NUM_USED]! += error;
        }
        const moved = Array.from({ length: NUM_USED }, (_, j) => fitted.weights[j]! - prior.weights[j]!);
        expect([...moved, 0]).toBeAllclose(pull, { rtol: 1e-4, atol: 1e-4 });
        expect(fitted.weights.subarray(NUM_USED).every((weight) => weight === 0)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('needs examples of both classes', async () => {
    const { examples, prior } = drawn(3);
    const good = examples.filter(({ isGood }) => isGood);
    await expect(fitWordModel(good, { prior, cost: 1 })).rejects.toThrow(NumericError);
  });
});

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
