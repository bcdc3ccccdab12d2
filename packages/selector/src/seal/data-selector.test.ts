import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { DataSelector, rowWeights, selectorGradient } from './data-selector.ts';

const UNIFORM = new Float32Array(4).fill(0.1);
const LOGITS = Float32Array.of(0.3, -0.2, 0.1, 0);
const BATCH = [0, 2];
const LOSSES = Float64Array.of(2, 1);
const LEARNING_RATE = 5e-3;
const SOFTMAX = { weights: 'softmax', selectorLearningRate: LEARNING_RATE } as const;

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
const near = (values: Float64Array | Float32Array, expected: readonly number[], digits: number) =>
  expected.forEach((value, i) => expect(values[i], `element ${i}`).toBeCloseTo(value, digits));

describe('weights', () => {
  it('start at 1, and sum to N whatever the logits are', () => {
    const selector = new DataSelector(1000, SOFTMAX);
    expect(Math.max(...selector.weights().map((weight) => Math.abs(weight - 1)))).toBeLessThan(1e-12);
    const random = new Random('logits');
    for (const spread of [0.01, 1, 100]) {
      const logits = Float32Array.from({ length: 37 }, () => spread * random.normal());
      expect(sum(rowWeights(logits, 'softmax')) / 37).toBeCloseTo(1, 12);
    }
    near(new DataSelector(3, { ...SOFTMAX, weights: 'sigmoid' }).weights(), [0.99995, 0.99995, 0.99995], 8);
  });

  it('are those of the example', () => {
    near(rowWeights(LOGITS, 'softmax'), [1.263392, 0.766286, 1.034378, 0.935944], 6);
  });
});

describe('gradient', () => {
  it('is that of both examples', () => {
    const uniform = selectorGradient(UNIFORM, 'softmax', BATCH, LOSSES);
    expect(uniform.loss).toBeCloseTo(1.5, 12);
    near(uniform.gradient, [0.625, -0.375, 0.125, -0.375], 12);
    const other = selectorGradient(LOGITS, 'softmax', BATCH, LOSSES);
    expect(other.loss).toBeCloseTo(1.780581, 6);
    near(other.gradient, [0.700999, -0.341109, 0.056741, -0.416631], 6);
  });

  it.each(['softmax', 'sigmoid'] as const)('is the numeric derivative: %s', (mode) => {
    const random = new Random('numeric');
    // Multiples of 1/64, so that f32 holds them and the shifted ones exactly.
    const logits = Float32Array.from({ length: 9 }, () => Math.round(64 * random.normal()) / 64);
    const [indices, losses] = [[7, 1, 4], Float64Array.of(2.5, 0.3, 1.1)];
    const { gradient } = selectorGradient(logits, mode, indices, losses);
    const DELTA = 2 ** -12;
    logits.forEach((_, j) => {
      const at = (delta: number) =>
        selectorGradient(
          logits.map((logit, i) => (i === j ? logit + delta : logit)),
          mode,
          indices,
          losses,
        ).loss;
      expect((at(DELTA) - at(-DELTA)) / (2 * DELTA)).toBeCloseTo(gradient[j]!, 6);
    });
  });

  it('sums to 0 by softmax: a shift of all logits changes nothing', () => {
    expect(Math.abs(sum(selectorGradient(LOGITS, 'softmax', BATCH, LOSSES).gradient))).toBeLessThan(1e-14);
  });

  it('is 0 at uniform weights where all rows are in the batch with one loss', () => {
    const { gradient } = selectorGradient(UNIFORM, 'softmax', [2, 0, 3, 1], new Float64Array(4).fill(1.7));
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-14);
  });
});

describe('update', () => {
  it('moves every logit by the learning rate against the sign of its gradient, at first', () => {
    const selector = new DataSelector(4, SOFTMAX);
    expect(selector.update(BATCH, LOSSES)).toBeCloseTo(1.5, 12);
    near(selector.logits, [0.1 - LEARNING_RATE, 0.1 + LEARNING_RATE, 0.1 - LEARNING_RATE, 0.1 + LEARNING_RATE], 6);
    expect(selector.lastLosses).toEqual(Float64Array.of(2, NaN, 1, NaN));
  });

  it('lets rows outside the batch drift up at nearly a full step each time, as a dense Adam does', () => {
    const selector = new DataSelector(2000, SOFTMAX);
    const random = new Random('drift');
    for (let step = 0; step < 20; step++) {
      selector.update(
        Array.from({ length: 16 }, (_, b) => 16 * step + b),
        Float64Array.from({ length: 16 }, () => 2 + random.uniform()),
      );
    }
    const drift = selector.logits.subarray(320).map((logit) => logit - 0.1);
    expect(Math.min(...drift)).toBeGreaterThan(0.95 * 20 * LEARNING_RATE);
    expect(Math.max(...drift)).toBeLessThan(1.05 * 20 * LEARNING_RATE);
  });

  it('lets rows of high loss sink and rows of low loss rise', () => {
    const selector = new DataSelector(40, SOFTMAX);
    const random = new Random('order');
    for (let step = 0; step < 300; step++) {
      const batch = random.sample(40, 8);
      selector.update(
        batch,
        Float64Array.from(batch, (row) => (row < 20 ? 1 : 3)),
      );
    }
    expect(Math.min(...selector.logits.subarray(0, 20))).toBeGreaterThan(Math.max(...selector.logits.subarray(20)));
  });

  it('continues from its saved state to the bit, through JSON', () => {
    const steps = (selector: DataSelector, from: number, end: number) => {
      for (let step = from; step < end; step++) selector.update([step % 5, 5], Float64Array.of(1 + step / 7, 2));
      return selector;
    };
    const unbroken = steps(new DataSelector(7, SOFTMAX), 0, 9);
    const continued = new DataSelector(7, SOFTMAX);
    continued.restore(JSON.parse(JSON.stringify(steps(new DataSelector(7, SOFTMAX), 0, 4).save())));
    expect(steps(continued, 4, 9).save()).toEqual(unbroken.save());
  });
});
