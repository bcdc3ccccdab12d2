import type { TokenizedRow } from '@pharmacist/language-model';
import type { RowPass } from '../row-maps/map-rows.ts';

/** The rows that others are held against: one of each at least, all with targets. */
export interface Anchors {
  readonly trusted: readonly TokenizedRow[];
  readonly harmful: readonly TokenizedRow[];
}

/** How near rows are to each anchor, f64 [N]; NaN for rows without an answer. */
export interface Nearness {
  readonly trusted: Float64Array;
  readonly harmful: Float64Array;
  /** Mean answer NLL, where the pass tells it. */
  readonly loss?: Float64Array;
}

/** Holds the rows of a pass against anchors that were read before. */
export type NearnessOf = (pass: RowPass) => Promise<Nearness>;
