import '@pharmacist/tooling/vitest/matchers';
import { ShapeError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { meanInterval } from './mean-interval.ts';

describe('meanInterval', () => {
  it('is mean ± t s / sqrt(n): 1, 2, 3 give 2 ± 4.30265 / sqrt(3)', () => {
    const { mean, low, high } = meanInterval([1, 2, 3]);
    expect(mean).toBe(2);
    expect([low, high]).toBeAllclose([2 - 2.484138, 2 + 2.484138], { rtol: 1e-5, atol: 0 });
  });

  it('needs two values', () => {
    expect(() => meanInterval([1])).toThrow(ShapeError);
  });
});
