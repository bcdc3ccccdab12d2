/** The range that an axis must show: the values with a twentieth to spare on each side, cut at the bounds. */
export function domainOf(values: readonly number[], [min, max]: readonly [number, number]): [number, number] {
  const finite = values.filter((value) => Number.isFinite(value));
  if (finite.length === 0) return [Math.max(min, 0), Math.min(max, 1)];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const spare = high > low ? (high - low) / 20 : Math.abs(low) / 20 || 1;
  return [Math.max(min, low - spare), Math.min(max, high + spare)];
}
