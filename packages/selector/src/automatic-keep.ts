/** Share of the rows left out at either end: single far rows must not place the line. */
const TRIMMED = 0.05;

/**
 * A keep ratio from the scores alone: where the curve of scores, from the best to the worst row, lies farthest from the straight line
 * between its ends (the knee of Satopää et al. 2011), the 5 % of rows at either end left out. Above the knee a row costs much score, below it little.
 *
 * Of the rules tried on planted pools with 10 to 90 % good rows (docs/log.md) this one came nearest to the best F1: Otsu's threshold and a
 * mixture of two Gaussians keep the few best rows only, since scores are skewed. Scores that spread evenly, as those of `random`, have no knee: the share is then
 * wherever chance bends the curve.
 * @param scores finite, in any order, at least one.
 * @returns a share in (0, 1] that stands for a whole number of rows; 1 if all scores, the ends left out, are equal.
 */
export function automaticKeep(scores: Float64Array): number {
  const sorted = scores.toSorted((a, b) => b - a);
  const first = Math.floor(TRIMMED * (sorted.length - 1));
  const last = sorted.length - 1 - first;
  const [high, low] = [sorted[first]!, sorted[last]!];
  if (!(high > low)) return 1;
  let [knee, farthest] = [1, -1];
  for (let place = first + 1; place <= last; place++) {
    const fallen = (high - sorted[place]!) / (high - low);
    const distance = Math.abs(fallen - (place - first) / (last - first));
    // A row of the same score as the one before it cannot be told from it: the cut goes between different scores.
    if (sorted[place]! < sorted[place - 1]! && distance > farthest) [knee, farthest] = [place, distance];
  }
  return knee / sorted.length;
}
