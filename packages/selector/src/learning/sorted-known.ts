import type { ColumnValues } from '../selector.ts';

/**
 * A sorted copy without NaN. A typed array's own `filter` collects what it keeps as boxed numbers first, 24 bytes each.
 * @param values of either width, which is kept.
 */
export function sortedKnown<A extends ColumnValues>(values: A): A {
  const sorted = values.slice().sort() as A;
  // Sorted, NaN is last.
  let numKnown = sorted.length;
  while (numKnown > 0 && Number.isNaN(sorted[numKnown - 1]!)) numKnown--;
  return sorted.subarray(0, numKnown) as A;
}
