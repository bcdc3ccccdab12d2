/** Below this share, a difference of two losses is the rounding of f32. */
const ROUNDING = 1e-6;

/** Ranks from 0 for the least, values that differ by rounding alone sharing the mean of theirs; NaN stays NaN and takes no rank. */
export function nearTieRanks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values.keys())
    .filter((i) => !Number.isNaN(values[i]!))
    .sort((i, j) => values[i]! - values[j]! || i - j);
  const ranks = new Float64Array(values.length).fill(NaN);
  for (let start = 0, end = 0; start < order.length; start = end) {
    const limit = values[order[start]!]! + ROUNDING * Math.abs(values[order[start]!]!);
    while (end < order.length && values[order[end]!]! <= limit) end++;
    for (const i of order.subarray(start, end)) ranks[i] = (start + end - 1) / 2;
  }
  return ranks;
}
