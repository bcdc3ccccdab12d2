import { fillEach } from '@pharmacist/core';
import { normalQuantile } from './normal-quantile.ts';
import type { ColumnValues } from '../selector.ts';
import { sortedKnown } from './sorted-known.ts';
import { numBelow, numUpTo } from './sorted-places.ts';

/**
 * Normal scores (van der Waerden 1952) of values against a reference sample: the standard normal quantile of the share of the reference below the value, those
 * equal to it counted half, kept within [1/2n, 1 - 1/2n]. On the reference itself: the quantile of (rank - 1/2) / n, equal values sharing the mean of their ranks.
 * Whatever the shape of the values, the scores have that of a normal distribution.
 * @param reference [n], NaN left out; kept as a sorted copy.
 * @returns a function of values [N]: NaN where the value is NaN, 0 if all of the reference is equal (it orders nothing), NaN if it is empty.
 */
export function normalScorer<A extends ColumnValues>(reference: A): (values: A) => Float64Array {
  const sorted = sortedKnown(reference);
  const n = sorted.length;
  const isFlat = sorted[0] === sorted[n - 1];
  return (values) =>
    fillEach(new Float64Array(values.length), values, (value) => {
      if (n === 0 || Number.isNaN(value)) return NaN;
      if (isFlat) return 0;
      const share = (numBelow(sorted, value) + numUpTo(sorted, value)) / (2 * n);
      return normalQuantile(Math.min(1 - 0.5 / n, Math.max(0.5 / n, share)));
    });
}
