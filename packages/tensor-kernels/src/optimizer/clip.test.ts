import { NumericError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { clipByGlobalNorm, globalNorm } from './clip.ts';

const gradients = () =>
  new Map([
    ['a', Float32Array.of(3, 0)],
    ['b', Float32Array.of(-4)],
  ]);

describe('clipByGlobalNorm', () => {
  it('scales all arrays by max / (norm + 1e-6) and returns the norm before', () => {
    const clipped = gradients();
    expect(clipByGlobalNorm(clipped, 1)).toBe(5);
    expect(clipped.get('a')).toBeAllclose([3 / 5.000001, 0], { rtol: 1e-7, atol: 0 });
    expect(clipped.get('b')).toBeAllclose([-4 / 5.000001], { rtol: 1e-7, atol: 0 });
    expect(globalNorm(clipped)).toBeLessThan(1);
  });

  it('leaves a smaller gradient as it is', () => {
    const kept = gradients();
    expect(clipByGlobalNorm(kept, 5.1)).toBe(5);
    expect([...kept.get('a')!, ...kept.get('b')!]).toEqual([3, 0, -4]);
  });

  it('has the norm 0 for no gradients', () => {
    expect(clipByGlobalNorm(new Map(), 1)).toBe(0);
  });

  it.each([NaN, Infinity])('rejects a gradient with %s', (value) => {
    expect(() => clipByGlobalNorm(new Map([['a', Float32Array.of(1, value)]]), 1)).toThrow(NumericError);
  });
});
