import { expect, it } from 'vitest';
import { difficultyScores } from './difficulty-scores.ts';

const VALUES = Float64Array.of(3, 1, NaN, 5, 4, 2);

function order(scores: Float64Array): number[] {
  const placed = scores.map((score) => (Number.isNaN(score) ? -Infinity : score));
  return [...placed.keys()].sort((i, j) => placed[j]! - placed[i]!);
}

it('ranks the highest or the lowest first, and rows without a value last', () => {
  expect(order(difficultyScores(VALUES, { order: 'highest', skipHighest: 0 }))).toEqual([3, 4, 0, 5, 1, 2]);
  expect(order(difficultyScores(VALUES, { order: 'lowest', skipHighest: 0 }))).toEqual([1, 5, 0, 4, 3, 2]);
});

it('puts a share of the highest after all others, the very highest last, with the rest as it was', () => {
  expect(order(difficultyScores(VALUES, { order: 'highest', skipHighest: 0.2 }))).toEqual([4, 0, 5, 1, 3, 2]);
  expect(order(difficultyScores(VALUES, { order: 'highest', skipHighest: 0.4 }))).toEqual([0, 5, 1, 4, 3, 2]);
  expect(order(difficultyScores(VALUES, { order: 'highest', skipHighest: 0.99 }))).toEqual([1, 5, 0, 4, 3, 2]);
  expect(order(difficultyScores(VALUES, { order: 'lowest', skipHighest: 0.4 }))).toEqual([1, 5, 0, 4, 3, 2]);
});

it('does not tell equal values apart, nor those that rounding parts', () => {
  const equal = Float64Array.from({ length: 10 }, (_, i) => 2 + 1e-9 * i);
  const scores = difficultyScores(equal, { order: 'highest', skipHighest: 0.3 });
  expect(Math.max(...scores) - Math.min(...scores)).toBeLessThan(1e-7);
  expect(difficultyScores(Float64Array.of(1, 2, 2, 2), { order: 'highest', skipHighest: 0.25 })).toEqual(Float64Array.of(1, 2, 2, 2));
});

it('takes a pool without values', () => {
  expect(difficultyScores(Float64Array.of(NaN, NaN), { order: 'highest', skipHighest: 0.5 })).toEqual(Float64Array.of(NaN, NaN));
});
