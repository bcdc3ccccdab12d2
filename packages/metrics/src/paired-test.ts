import { NumericError } from '@pharmacist/core';
import { studentQuantile, studentTail } from './student.ts';

/** Most pairs whose sign flips are all tried: 65,536 of them. */
const MAX_FLIPPED = 16;

/** Two methods' figures at the same seeds, compared. */
export interface PairedTest {
  readonly numPairs: number;
  /** Mean of the differences, in the unit of the figures. */
  readonly meanDifference: number;
  /** 95 % t interval of the mean difference; null where the differences have no spread and the t distribution says nothing. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Two-sided p value of the paired t test; null like the interval. */
  readonly pValue: number | null;
  /**
   * Exact two-sided sign-flip p value: of all 2^N ways to exchange the two methods at some of the seeds, the share whose mean difference is
   * at least as far from 0. It assumes no normal distribution, but cannot be below 2 / 2^N: five seeds reach .0625 at best. Null above 16 pairs.
   */
  readonly signFlipP: number | null;
  /** Mean difference in standard deviations of the differences (Cohen's d of pairs); null without spread. */
  readonly effectSize: number | null;
}

/**
 * Paired test over seeds: is the mean of first - second 0?
 * @param first [N], N >= 2. @param second [N], the other method's figure at the same seed.
 * @throws {NumericError} for fewer than two pairs, different lengths or a value that is not finite.
 */
export function pairedTest(first: readonly number[], second: readonly number[]): PairedTest {
  const numPairs = first.length;
  const where = 'metrics/pairedTest';
  if (second.length !== numPairs) throw new NumericError(`${numPairs} figures against ${second.length}`, { where });
  if (numPairs < 2) throw new NumericError(`${numPairs} pairs: a test over seeds needs two`, { where });
  const differences = first.map((value, i) => value - second[i]!);
  if (!differences.every((value) => Number.isFinite(value))) throw new NumericError('a figure is not finite', { where });
  const meanDifference = differences.reduce((sum, value) => sum + value, 0) / numPairs;
  const variance = differences.reduce((sum, value) => sum + (value - meanDifference) ** 2, 0) / (numPairs - 1);
  const deviation = Math.sqrt(variance);
  const signFlipP = numPairs <= MAX_FLIPPED ? signFlipShare(differences) : null;
  // Below this the spread is rounding of equal differences, and dividing by it would invent a certainty.
  const scale = Math.max(...first.map(Math.abs), ...second.map(Math.abs));
  if (!(deviation > 1e-12 * scale)) return { numPairs, meanDifference, interval: null, pValue: null, signFlipP, effectSize: null };
  const standardError = deviation / Math.sqrt(numPairs);
  const halfWidth = studentQuantile(numPairs - 1) * standardError;
  return {
    numPairs,
    meanDifference,
    interval: { low: meanDifference - halfWidth, high: meanDifference + halfWidth },
    pValue: studentTail(meanDifference / standardError, numPairs - 1),
    signFlipP,
    effectSize: meanDifference / deviation,
  };
}

/** Share of the 2^N sign patterns whose sum is at least as far from 0 as the observed one; equal sums in other orders of adding count as equal. */
function signFlipShare(differences: readonly number[]): number {
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const least = observed - 1e-12 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const numPatterns = 2 ** differences.length;
  let count = 0;
  for (let pattern = 0; pattern < numPatterns; pattern++) {
    const sum = differences.reduce((total, value, i) => total + ((pattern >> i) & 1 ? -value : value), 0);
    if (Math.abs(sum) >= least) count++;
  }
  return count / numPatterns;
}
