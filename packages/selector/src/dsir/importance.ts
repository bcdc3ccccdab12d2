/** Added to shares before the logarithm, as in the reference: a bucket that one side never saw weighs much, and not infinitely. */
const EPSILON = 1e-8;

/** Shares of buckets, f64 [buckets], sum 1; a pool without words has none, and every share is 0. */
export function bucketShares(counts: Float64Array, smoothing = 0): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + smoothing, 0);
  return counts.map((count) => (total === 0 ? 0 : (count + smoothing) / total));
}

/**
 * What one occurrence in a bucket adds to a text's log weight: log(target share + 1e-8) - log(raw share + 1e-8).
 * @param smoothing pseudo-count of each of the target's buckets.
 */
export function logRatios(target: Float64Array, raw: Float64Array, smoothing: number): Float64Array {
  const [targetShares, rawShares] = [bucketShares(target, smoothing), bucketShares(raw)];
  return targetShares.map((share, bucket) => Math.log(share + EPSILON) - Math.log(rawShares[bucket]! + EPSILON));
}
