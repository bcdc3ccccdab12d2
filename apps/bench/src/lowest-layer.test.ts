import { expect, it } from 'vitest';
import { expectedValues, lowestLayerShares } from './lowest-layer.ts';

it('finds each layer the lowest as often as counting the sets says', () => {
  const shares = lowestLayerShares(
    Array.from({ length: 12 }, () => 1 / 12),
    3,
  );
  const expected = Array.from({ length: 12 }, (_, lowest) => ((11 - lowest) * (10 - lowest)) / 2 / 220);
  shares.forEach((share, lowest) => expect(Math.abs(share - expected[lowest]!), `layer ${lowest}`).toBeLessThan(0.03)); // 4 standard errors
  expect(shares.slice(10)).toEqual([0, 0]);
});

it('follows the probabilities', () => {
  expect(lowestLayerShares([0, 0.5, 0.5, 0], 2)).toEqual([0, expect.closeTo(1, 9), 0, 0]);
});

it('weighs the values of a round by the shares', () => {
  const values = new Map([
    [0, [1, 2]],
    [1, [0.5, 1]],
  ]);
  expect(expectedValues([0.25, 0.75, 0], values)).toEqual([0.625, 1.25]);
});
