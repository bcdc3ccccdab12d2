import { describe, expect, it } from 'vitest';
import { learningRateAt, SCHEDULE_NAMES } from './schedule.ts';

const rates = (name: (typeof SCHEDULE_NAMES)[number], numSteps: number, warmupRatio: number) =>
  Array.from({ length: numSteps + 1 }, (_, step) => learningRateAt(step, { name, learningRate: 8, numSteps, warmupRatio }));

describe('learningRateAt', () => {
  // By hand: 2 warm-up steps of 6.
  it.each([
    ['constant', [8, 8, 8, 8, 8, 8, 8]],
    ['constant-with-warmup', [0, 4, 8, 8, 8, 8, 8]],
    ['linear', [0, 4, 8, 6, 4, 2, 0]],
    ['cosine', [0, 4, 8, 4 + Math.sqrt(8), 4, 4 - Math.sqrt(8), 0]],
  ] as const)('%s', (name, expected) => {
    expect(rates(name, 6, 0.25)).toBeAllclose(expected, { rtol: 1e-12, atol: 1e-12 });
  });

  it.each(SCHEDULE_NAMES)('%s starts at the peak without a warm-up', (name) => {
    expect(rates(name, 4, 0)[0]).toBe(8);
  });

  it.each(SCHEDULE_NAMES)('%s is finite when everything is warm-up or there are no steps', (name) => {
    for (const rate of [...rates(name, 3, 1), ...rates(name, 0, 0.1)]) expect(rate).toBeGreaterThanOrEqual(0);
  });
});
