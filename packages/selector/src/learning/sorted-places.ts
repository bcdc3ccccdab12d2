import type { ColumnValues } from '../selector.ts';

/** How many of sorted values are below `value`. */
export function numBelow(sorted: ColumnValues, value: number): number {
  return firstPlace(sorted, (other) => other >= value);
}

/** How many of sorted values are below `value`, or equal to it. */
export function numUpTo(sorted: ColumnValues, value: number): number {
  return firstPlace(sorted, (other) => other > value);
}

/** The first place at which `isReached` holds, by bisection: it holds for all that follow. */
function firstPlace(sorted: ColumnValues, isReached: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isReached(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
