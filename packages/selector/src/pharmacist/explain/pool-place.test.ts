import { expect, it } from 'vitest';
import { poolPlaces } from './pool-place.ts';

it('counts equal values half, ranks the largest first, and leaves out rows without a value', () => {
  const placeOf = poolPlaces(Float64Array.of(3, NaN, 1, 2, 2));
  expect([3, 2, 1].map(placeOf)).toEqual([
    { share: 3.5 / 4, rank: 1, numRanked: 4 },
    { share: 0.5, rank: 2, numRanked: 4 },
    { share: 0.5 / 4, rank: 4, numRanked: 4 },
  ]);
  expect(placeOf(0)).toEqual({ share: 0, rank: 5, numRanked: 4 });
});
