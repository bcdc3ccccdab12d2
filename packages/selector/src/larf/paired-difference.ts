/**
 * Mean of the `top` largest of safe_j - unsafe_j, taken pair by pair before they are sorted; of all, where there are no more.
 * @param safe cosines with the safe anchors. @param unsafe with the unsafe ones, as many.
 */
export function pairedDifference(safe: Float64Array, unsafe: Float64Array, top: number): number {
  const differences = safe.map((cosine, j) => cosine - unsafe[j]!);
  return mean(differences.sort().slice(-top));
}

export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
