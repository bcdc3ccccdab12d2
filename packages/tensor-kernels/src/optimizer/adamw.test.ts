import { ShapeError } from '@pharmacist/core';
import { readOptimiserGolden, scheduleNames } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { ADAMW_DEFAULTS, AdamW } from './adamw.ts';
import { clipByGlobalNorm } from './clip.ts';
import { learningRateAt } from './schedule.ts';

const arrays = (record: Record<string, number[]>) =>
  new Map(Object.entries(record).map(([name, values]) => [name, Float32Array.from(values)]));

describe.each(scheduleNames)('torch.optim.AdamW with clipping, %s schedule', (name) => {
  const golden = readOptimiserGolden(name);
  const { learningRate, maxGradientNorm, ...options } = golden.optimiser;

  it('gives the same learning rate, norm and parameters at every step', () => {
    const optimizer = new AdamW(options);
    const parameters = arrays(golden.initial);
    const { warmupRatio, totalSteps: numSteps } = golden.schedule;
    golden.steps.forEach((step, i) => {
      const rate = learningRateAt(i, { name, learningRate, numSteps, warmupRatio });
      expect(rate).toBeCloseTo(step.learningRate, 12);
      const gradients = arrays(step.gradients);
      expect([clipByGlobalNorm(gradients, maxGradientNorm)]).toBeAllclose([step.gradientNorm], { rtol: 1e-9, atol: 0 });
      optimizer.update(parameters, gradients, rate);
      // f32 parameters and moments against f64: a rounding of 6e-8 a step, of values up to 2.
      for (const [key, expected] of Object.entries(step.parameters))
        expect(parameters.get(key)!).toBeAllclose(expected, { rtol: 1e-6, atol: 1e-6 });
    });
    expect([...optimizer.state.numUpdates.values()]).toEqual([golden.steps.length, golden.steps.length, golden.steps.length]);
  });
});

describe('AdamW', () => {
  it('skips a parameter without a gradient: no decay, no update', () => {
    const optimizer = new AdamW({ weightDecay: 0.5 });
    const parameters = arrays({ used: [1], unused: [1] });
    optimizer.update(parameters, arrays({ used: [2] }), 0.1);
    // The first step is lr * sign(g) after the decay by 1 - lr wd.
    expect(parameters.get('used')![0]).toBeCloseTo(1 * 0.95 - 0.1, 6);
    expect(parameters.get('unused')![0]).toBe(1);
    expect([...optimizer.state.numUpdates.keys()]).toEqual(['used']);
  });

  it('decays with a zero gradient, and counts updates by parameter', () => {
    const optimizer = new AdamW({ weightDecay: 0.5 });
    const parameters = arrays({ a: [2], b: [2] });
    optimizer.update(parameters, arrays({ a: [0] }), 0.1);
    optimizer.update(parameters, arrays({ a: [0], b: [0] }), 0.1);
    expect(parameters.get('a')![0]).toBeCloseTo(2 * 0.95 ** 2, 6);
    expect(parameters.get('b')![0]).toBeCloseTo(2 * 0.95, 6);
    expect(Object.fromEntries(optimizer.state.numUpdates)).toEqual({ a: 2, b: 1 });
  });

  it('takes the defaults for what is left out', () => {
    const after = (optimizer: AdamW) => {
      const parameters = arrays({ a: [2, -1] });
      for (const a of [[1, -3], [0.5, 0]]) optimizer.update(parameters, arrays({ a }), 0.1); // prettier-ignore
      return parameters;
    };
    expect(after(new AdamW())).toEqual(after(new AdamW(ADAMW_DEFAULTS)));
    expect(after(new AdamW({ beta2: 0.95 }))).toEqual(after(new AdamW({ ...ADAMW_DEFAULTS, beta2: 0.95 })));
    expect(ADAMW_DEFAULTS).toEqual({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 });
  });

  it.each([
    ['an unknown name', { other: [1] }, /"other" of no elements/],
    ['another length', { a: [1, 2] }, /2 elements for the parameter "a" of 1 elements/],
  ])('rejects a gradient of %s', (_, gradients, message) => {
    const update = () => new AdamW().update(arrays({ a: [1] }), arrays(gradients), 0.1);
    expect(update).toThrow(ShapeError);
    expect(update).toThrow(message);
  });
});
