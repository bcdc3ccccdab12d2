import { expect, it } from 'vitest';
import { standardise } from './standardise.ts';

const ULP = 2 ** -25; // of f32 at 0.3

it('gives z-scores in the population form, and none to what is not finite', () => {
  const scores = standardise(Float64Array.of(1, NaN, 3, 5, -Infinity));
  const unit = Math.sqrt(3 / 2); // of -2, 0, 2 the deviation is sqrt(8 / 3)
  expect(scores.map((value) => Math.round(1e12 * value))).toEqual(
    Float64Array.of(-unit, NaN, 0, unit, NaN).map((value) => Math.round(1e12 * value)),
  );
  expect(standardise(Float64Array.of(NaN, NaN))).toEqual(Float64Array.of(NaN, NaN));
});

it.each([
  ['are equal', [7, 7, 7]],
  ['differ by one step of f32', [0.3, 0.3, 0.3 + ULP].map(Math.fround)],
  ['are what is left of two equal cosines', [0, 0, ULP]],
  ['are large and differ by rounding', [3000, 3000, 3000.0003]],
])('makes no ranking of values that %s', (_, values) => {
  expect(standardise(Float64Array.from(values))).toEqual(new Float64Array(3));
});

it('keeps the order of cosines that are close', () => {
  const [low, middle, high] = standardise(Float64Array.of(0.3, 0.3 + 1e-5, 0.3 + 2e-5));
  expect([low, middle, high]).toEqual([low, middle, high].toSorted((a, b) => a! - b!));
  expect(high! - low!).toBeGreaterThan(2);
});
