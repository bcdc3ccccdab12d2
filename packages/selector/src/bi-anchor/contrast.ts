import type { RowPass } from '../forward-pass.ts';

/** How near rows are to each set of anchor rows, f64 [N] each; NaN for rows without an answer. */
export interface Nearness {
  readonly trusted: Float64Array;
  readonly harmful: Float64Array;
  /** Mean answer NLL, where it is there for nothing. */
  readonly loss?: Float64Array;
}

/** Compares the rows of a pass with anchors that were read before. */
export type NearnessOf = (pass: RowPass) => Promise<Nearness>;

/** trustedWeight * trusted - harmful, f64 [N]. */
export function contrast({ trusted, harmful }: Nearness, trustedWeight: number): Float64Array {
  return trusted.map((value, i) => trustedWeight * value - harmful[i]!);
}

/** Mean of the `count` largest values, or of all where there are not so many. */
export function meanOfLargest(values: Float64Array, count: number): number {
  const largest = values.slice().sort().subarray(-count);
  return largest.reduce((sum, value) => sum + value, 0) / largest.length;
}
