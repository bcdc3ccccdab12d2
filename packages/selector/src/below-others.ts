/** Scores in which some rows stand below every other row: one under the lowest of these; 0 if there is no other. */
export function belowOthers(scores: Float64Array, isBelow: (index: number) => boolean): Float64Array {
  let lowest = Infinity;
  for (const [index, score] of scores.entries()) if (!isBelow(index)) lowest = Math.min(lowest, score);
  const below = Number.isFinite(lowest) ? lowest - 1 : 0;
  return scores.map((score, index) => (isBelow(index) ? below : score));
}
