import { NumericError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { midranks } from './ranks.ts';

describe('midranks', () => {
  it('shares the mean rank among ties, infinities and both zeros included', () => {
    expect([...midranks([3, 1, 2])]).toEqual([3, 1, 2]);
    expect([...midranks([20, 10, 20, 20])]).toEqual([3, 1, 3, 3]);
    expect([...midranks(Float32Array.of(Infinity, 0, -0, -Infinity, Infinity, -Infinity))]).toEqual([5.5, 3.5, 3.5, 1.5, 5.5, 1.5]);
  });

  it('refuses nothing and NaN', () => {
    expect(() => midranks([])).toThrow(NumericError);
    expect(() => midranks([1, NaN, 2])).toThrow('value 1 of 3 is NaN');
  });
});
