import { expect, it } from 'vitest';
import { sortedKnown } from './sorted-known.ts';

it('sorts a copy and leaves NaN out, in the width of what it is given', () => {
  const values = Float32Array.of(3, NaN, -1, Infinity, NaN, -0, -Infinity);
  expect(sortedKnown(values)).toEqual(Float32Array.of(-Infinity, -1, -0, 3, Infinity));
  expect(values[0]).toBe(3);
  expect(sortedKnown(Float64Array.of(2, 1))).toEqual(Float64Array.of(1, 2));
  expect(sortedKnown(Float64Array.of(NaN, NaN))).toHaveLength(0);
  expect(sortedKnown(new Float64Array(0))).toHaveLength(0);
});
