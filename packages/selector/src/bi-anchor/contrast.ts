import type { Nearness } from './nearness.ts';

/** trustedWeight * trusted - harmful, f64 [N]. */
export function contrast({ trusted, harmful }: Nearness, trustedWeight: number): Float64Array {
  return trusted.map((value, i) => trustedWeight * value - harmful[i]!);
}

/** Mean of the `count` largest values, or of all where there are not so many. */
export function meanOfLargest(values: Float64Array, count: number): number {
  const largest = values.slice().sort().subarray(-count);
  return largest.reduce((sum, value) => sum + value, 0) / largest.length;
}
