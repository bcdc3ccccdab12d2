import { NumericError, ShapeError } from '@pharmacist/core';
import { midranks } from './ranks.ts';

/**
 * Area under the ROC curve: the probability that a random positive scores above a random negative, ties counting one half.
 *   AUROC = (R+ - P (P + 1) / 2) / (P N),   R+ = sum of the positives' midranks, P positives, N negatives   (Mann and Whitney's U / P N)
 * @param scores [N] higher = more positive.   @param isPositive [N].
 * @returns 0 to 1; 0.5 is chance.
 * @throws {NumericError} if a score is NaN or one class is absent; {ShapeError} if the lengths differ.
 */
export function auroc(scores: ArrayLike<number>, isPositive: readonly boolean[]): number {
  const numPositive = countPositives(scores, isPositive, 'auroc');
  const numNegative = isPositive.length - numPositive;
  if (numNegative === 0) throw absent('negative', 'auroc');
  const ranks = midranks(scores);
  const rankSum = ranks.reduce((sum, rank, i) => (isPositive[i] ? sum + rank : sum), 0);
  return (rankSum - (numPositive * (numPositive + 1)) / 2) / (numPositive * numNegative);
}

/**
 * Average precision: precision at each distinct score, weighted by the recall gained there. Tied rows enter together, so that their
 * order in the file changes nothing.
 *   AP = sum_t (recall_t - recall_(t-1)) precision_t,   t over the distinct scores from the highest
 * @param scores [N] higher = more positive.   @param isPositive [N].
 * @returns 0 to 1; chance is the share of positives.
 * @throws {NumericError} if a score is NaN or no row is positive; {ShapeError} if the lengths differ.
 * @see scikit-learn average_precision_score; differs: none.
 */
export function averagePrecision(scores: ArrayLike<number>, isPositive: readonly boolean[]): number {
  const numPositive = countPositives(scores, isPositive, 'averagePrecision');
  let [seen, hits, area] = [0, 0, 0];
  for (const tie of tiesFromTop(scores)) {
    const gained = tie.filter((i) => isPositive[i]).length;
    seen += tie.length;
    hits += gained;
    area += (gained / numPositive) * (hits / seen);
  }
  return area;
}

/**
 * Share of positives among the k highest scores. Where k cuts through ties, the expected share over all orders of the tied rows:
 *   P@k = (hits above the tie + room * positives in the tie / size of the tie) / k,   room = k - rows above the tie
 * @throws {NumericError} if a score is NaN; {ShapeError} if the lengths differ or k is not an integer of 1 to N.
 */
export function precisionAt(scores: ArrayLike<number>, isPositive: readonly boolean[], k: number): number {
  assertSameLength(scores, isPositive, 'precisionAt');
  if (!Number.isInteger(k) || k < 1 || k > scores.length) {
    throw new ShapeError(`k is ${k}, expected an integer of 1 to ${scores.length}`, { where: 'metrics/precisionAt' });
  }
  let [seen, hits] = [0, 0];
  for (const tie of tiesFromTop(scores)) {
    const room = Math.min(tie.length, k - seen);
    hits += (room * tie.filter((i) => isPositive[i]).length) / tie.length;
    seen += room;
    if (seen === k) break;
  }
  return hits / k;
}

/**
 * Mean rank of the member rows in the whole ranking: 1 is the highest score, ties share their mean rank.
 * @throws {NumericError} if a score is NaN or no row is a member; {ShapeError} if the lengths differ.
 */
export function meanRank(scores: ArrayLike<number>, isMember: readonly boolean[]): number {
  const numMembers = countPositives(scores, isMember, 'meanRank');
  const ascending = midranks(scores);
  const sum = ascending.reduce((total, rank, i) => (isMember[i] ? total + scores.length + 1 - rank : total), 0);
  return sum / numMembers;
}

/**
 * Spearman's rank correlation: Pearson's correlation of the midranks.
 *   rho = cov(r(x), r(y)) / (sd(r(x)) sd(r(y)))
 * @returns -1 to 1.
 * @throws {NumericError} if a value is NaN or one side is constant; {ShapeError} if the lengths differ.
 * @see scipy.stats.spearmanr; differs: a constant side is an error, not NaN.
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  assertSameLength(x, y, 'spearman');
  const [a, b] = [midranks(x), midranks(y)];
  // Midranks of n values always have the mean (n + 1) / 2.
  const mean = (a.length + 1) / 2;
  let [covariance, varianceA, varianceB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    covariance += (a[i]! - mean) * (b[i]! - mean);
    varianceA += (a[i]! - mean) ** 2;
    varianceB += (b[i]! - mean) ** 2;
  }
  if (varianceA === 0 || varianceB === 0) {
    throw new NumericError(`every ${varianceA === 0 ? 'x' : 'y'} is equal: a correlation has no value`, { where: 'metrics/spearman' });
  }
  return covariance / Math.sqrt(varianceA * varianceB);
}

/** Row indices by distinct score, the highest first. */
function tiesFromTop(scores: ArrayLike<number>): number[][] {
  const byRank = new Map<number, number[]>();
  midranks(scores).forEach((rank, i) => {
    const tie = byRank.get(rank);
    if (tie === undefined) byRank.set(rank, [i]);
    else tie.push(i);
  });
  return [...byRank].sort(([a], [b]) => b - a).map(([, tie]) => tie);
}

function countPositives(scores: ArrayLike<number>, isPositive: readonly boolean[], name: string): number {
  assertSameLength(scores, isPositive, name);
  const numPositive = isPositive.filter(Boolean).length;
  if (numPositive === 0) throw absent('positive', name);
  return numPositive;
}

function assertSameLength(a: ArrayLike<unknown>, b: ArrayLike<unknown>, name: string): void {
  if (a.length !== b.length) throw new ShapeError(`the arguments have ${a.length} and ${b.length} elements`, { where: `metrics/${name}` });
}

function absent(side: string, name: string): NumericError {
  return new NumericError(`no row is ${side}: the value is not defined`, { where: `metrics/${name}`, hint: 'pass rows of both kinds' });
}
