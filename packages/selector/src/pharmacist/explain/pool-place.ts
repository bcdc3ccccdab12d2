import type { ColumnValues } from '../../selector.ts';
import { sortedKnown } from '../../learning/sorted-known.ts';
import { numBelow, numUpTo } from '../../learning/sorted-places.ts';

/** Where a value stands among those of the pool. */
export interface PoolPlace {
  /** Share of the pool's values that lie below, equal ones counting half, 0 to 1. */
  readonly share: number;
  /** 1 is the largest; equal values share the better place. */
  readonly rank: number;
  readonly numRanked: number;
}

/** @param values of the pool; NaN left out. A sorted copy is kept. */
export function poolPlaces(values: ColumnValues): (value: number) => PoolPlace {
  const sorted = sortedKnown(values);
  const numRanked = sorted.length;
  return (value) => {
    const below = numBelow(sorted, value);
    const upTo = numUpTo(sorted, value);
    return { share: (below + upTo) / (2 * numRanked), rank: numRanked - upTo + 1, numRanked };
  };
}
