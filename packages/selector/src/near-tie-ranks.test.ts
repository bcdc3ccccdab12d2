import { expect, it } from 'vitest';
import { nearTieRanks } from './near-tie-ranks.ts';

it('counts from the least, shares ranks among equals, and gives none to NaN', () => {
  expect([...nearTieRanks(Float64Array.of(3, 1, NaN, 2, 1, 1))]).toEqual([4, 1, NaN, 3, 1, 1]);
  expect([...nearTieRanks(Float64Array.of(2, 2 + 1e-9, 2 + 1e-3))]).toEqual([0.5, 0.5, 2]);
  expect(nearTieRanks(new Float64Array())).toHaveLength(0);
});
