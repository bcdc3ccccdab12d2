/** Share of the scores at either end that is clipped: single far rows must not place the line. */
const CLIPPED = 0.05;

/**
 * A keep ratio from the scores alone: where the curve of scores, from the best to the worst row, lies farthest from the straight line
 * between its ends (the knee of Satopää et al. 2011), after both ends are clipped to the 5th and 95th percentile. Above the knee a row costs much score, below it little.
 *
 * Of the rules tried on planted pools with 10 to 90 % good rows (docs/log.md) this one came nearest to the best F1: Otsu's threshold and a
 * mixture of two Gaussians keep the few best rows only, since scores are skewed.
 * @param scores finite, in any order, at least one.
 * @returns a share in (0, 1] that stands for a whole number of rows; 1 if all scores are equal.
 */
export function automaticKeep(scores: Float64Array): number {
  const sorted = scores.toSorted((a, b) => b - a);
  const last = sorted.length - 1;
  const margin = Math.floor(CLIPPED * last);
  const [high, low] = [sorted[margin]!, sorted[last - margin]!];
  if (!(high > low)) return 1;
  let [knee, farthest] = [1, -1];
  sorted.forEach((score, place) => {
    const fallen = (high - Math.min(high, Math.max(low, score))) / (high - low);
    const distance = Math.abs(fallen - place / last);
    // A row of the same score as the one before it cannot be told from it: the cut goes between different scores.
    if (place > 0 && score < sorted[place - 1]! && distance > farthest) [knee, farthest] = [place, distance];
  });
  return knee / sorted.length;
}
