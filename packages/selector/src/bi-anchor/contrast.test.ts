import { expect, it } from 'vitest';
import { contrast, meanOfLargest } from './contrast.ts';

it('is high where a row is near trusted and far from harmful rows', () => {
  const nearness = { trusted: Float64Array.of(0.5, -0.25, 0, NaN), harmful: Float64Array.of(0.25, 0.5, 0, NaN) };
  expect([...contrast(nearness, 1)]).toEqual([0.25, -0.75, 0, NaN]);
  expect([...contrast(nearness, 2)]).toEqual([0.75, -1, 0, NaN]);
});

it('counts two safe sets of one size as one set of weight 2, whatever they are made of', () => {
  // Mean cosines of one row with sets of two: the mean over all four is the mean of both means.
  const [first, second, harmful] = [(0.5 + 0.25) / 2, (-0.125 + 1) / 2, 0.125];
  const published = harmful - first - second;
  const [score] = contrast({ trusted: Float64Array.of((0.5 + 0.25 - 0.125 + 1) / 4), harmful: Float64Array.of(harmful) }, 2);
  expect(score).toBe(-published);
});

it.each([
  [1, 0.75],
  [2, 0.5],
  [3, 0.25],
  [4, 0.0625],
  [9, 0.0625],
])('averages the %i largest values, or all', (count, expected) => {
  const values = Float64Array.of(-0.5, 0.75, -0.25, 0.25);
  expect(meanOfLargest(values, count)).toBe(expected);
  expect([...values], 'not sorted in place').toEqual([-0.5, 0.75, -0.25, 0.25]);
});
