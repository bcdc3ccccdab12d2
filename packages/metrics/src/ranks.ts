import { NumericError } from '@pharmacist/core';

/**
 * Ascending ranks from 1, tied values sharing the mean of their ranks (midranks): [10, 20, 20] gives [1, 2.5, 2.5].
 * @param values [N], any order; infinities are values like others.
 * @returns f64 [N].
 * @throws {NumericError} if there is no value, or one is NaN.
 */
export function midranks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  if (n === 0) throw new NumericError('there is nothing to rank', { where: 'metrics/midranks', hint: 'pass at least one value' });
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(values[i])) {
      const hint = 'find out why this row has no score; a NaN has no place in a ranking';
      throw new NumericError(`value ${i} of ${n} is NaN`, { where: 'metrics/midranks', hint, details: { index: i } });
    }
  }
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => compare(values[a]!, values[b]!));
  const ranks = new Float64Array(n);
  for (let start = 0; start < n;) {
    let end = start + 1;
    while (end < n && values[order[end]!] === values[order[start]!]) end++;
    // Ranks start + 1 to end, their mean.
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Not a - b: that is NaN for two equal infinities. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
