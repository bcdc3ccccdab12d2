import { ShapeError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { float32, floats, int32, sameShape, sizeOf } from './host-tensor.ts';

describe('host tensors', () => {
  it('take typed arrays over and copy plain ones', () => {
    const data = Float32Array.of(1, 2);
    expect(float32([2], data).data).toBe(data);
    expect(int32([1, 2], [3, 4])).toEqual({ shape: [1, 2], dtype: 'int32', data: Int32Array.of(3, 4) });
    expect(float32([], [7]).data).toEqual(Float32Array.of(7));
    expect(float32([2, 2]).data).toEqual(new Float32Array(4));
  });

  it('reject another number of elements', () => {
    expect(() => float32([2, 3], [1, 2])).toThrow(ShapeError);
    expect(() => int32([2, 3], [1, 2])).toThrow('shape [2, 3] needs 6 elements, got 2');
  });

  it('give their floats, not their integers', () => {
    expect([...floats(float32([1], [5]))]).toEqual([5]);
    expect(() => floats(int32([1], [5]))).toThrow('expected float32 elements, got int32 [1]');
  });

  it('compare shapes', () => {
    expect([sizeOf([]), sizeOf([2, 0]), sizeOf([2, 3])]).toEqual([1, 0, 6]);
    expect([sameShape([2, 3], [2, 3]), sameShape([2], [2, 1]), sameShape([2, 3], [3, 2])]).toEqual([true, false, false]);
  });
});
