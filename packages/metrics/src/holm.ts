import { NumericError } from '@pharmacist/core';

/**
 * Holm's step-down correction over a family of comparisons: with p(1) <= ... <= p(m), the adjusted value of p(i) is the greatest of
 * (m - j + 1) p(j) over j <= i, at most 1. Differences whose adjusted value is below alpha are secured together: the chance of even one
 * false one among them is at most alpha, however the comparisons depend on each other (Holm 1979).
 * @param pValues [M], any order.
 * @returns [M] in the same order.
 * @throws {NumericError} if a value is not in [0, 1].
 */
export function holmAdjust(pValues: readonly number[]): number[] {
  const adjusted: number[] = [];
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]!);
  let greatest = 0;
  for (const [place, i] of order.entries()) {
    const p = pValues[i]!;
    if (!(p >= 0 && p <= 1)) throw new NumericError(`p value ${p} is not in [0, 1]`, { where: 'metrics/holmAdjust' });
    greatest = Math.max(greatest, Math.min(1, (pValues.length - place) * p));
    adjusted[i] = greatest;
  }
  return adjusted;
}
