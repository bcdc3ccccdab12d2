import type { RowPass } from '../forward-pass.ts';
import { type SelectionContext, type TextRow, tokensOf } from '../selector.ts';
import { readStates } from '../states/pooled-states.ts';
import { NUM_ROW_NUMBERS, rowNumbers } from './form/row-numbers.ts';
import { type Anchors, SIMILARITY_NAMES, statesRequest } from './similarity.ts';

/** What one forward pass says about N rows; NaN for rows without targets. */
export interface Measures {
  /** f64 [NUM_ROW_NUMBERS] of row i (row-numbers.ts). */
  numbers(i: number): Float64Array;
  /** f64 [SIMILARITY_NAMES] of row i; NaN without trusted rows. */
  similarities(i: number): Float64Array;
  /** Place of the trusted row that row i is nearest to; -1 without trusted rows. */
  nearest(i: number): number;
}

const NUM_SIMILARITIES = SIMILARITY_NAMES.length;

/**
 * Reads rows in one forward pass. Memory: 96 bytes a row.
 * @param except the trusted row that row i must not be held against, because it is a copy of it.
 */
export async function measureRows(
  context: SelectionContext,
  rows: readonly TextRow[],
  pass: Omit<RowPass, 'rows'>,
  { anchors, except }: { readonly anchors: Anchors | undefined; except?(i: number): number | undefined },
): Promise<Measures> {
  const numbers = new Float32Array(rows.length * NUM_ROW_NUMBERS).fill(NaN);
  const similarities = new Float32Array(rows.length * NUM_SIMILARITIES).fill(NaN);
  const nearest = new Int32Array(rows.length).fill(-1);
  await readStates(context, { ...pass, rows: tokensOf(rows) }, statesRequest(context), { numbers, similarities, nearest }, (i, states) => {
    numbers.set(rowNumbers(rows[i]!, states.tokenLosses), i * NUM_ROW_NUMBERS);
    if (anchors === undefined) return;
    const found = anchors.nearness(states, except?.(i));
    similarities.set(found.cosines, i * NUM_SIMILARITIES);
    nearest[i] = found.nearest;
  });
  return {
    numbers: (i) => Float64Array.from(numbers.subarray(i * NUM_ROW_NUMBERS, (i + 1) * NUM_ROW_NUMBERS)),
    similarities: (i) => Float64Array.from(similarities.subarray(i * NUM_SIMILARITIES, (i + 1) * NUM_SIMILARITIES)),
    nearest: (i) => nearest[i]!,
  };
}

/** What was read of the trusted rows themselves, in the same form. */
export function measuresOfAnchors(trusted: readonly TextRow[], anchors: Anchors): Measures {
  return {
    numbers: (i) => Float64Array.from(Float32Array.from(rowNumbers(trusted[i]!, anchors.tokenLosses(i)))),
    similarities: (i) => Float64Array.from(Float32Array.from(anchors.ownNearness(i).cosines)),
    nearest: (i) => anchors.ownNearness(i).nearest,
  };
}

/** Rows by their texts alone: no pass, no losses, no similarities. */
export function textMeasures(rows: readonly TextRow[]): Measures {
  return {
    // Rounded as those of rows that were read.
    numbers: (i) => Float64Array.from(Float32Array.from(rowNumbers(rows[i]!, NO_LOSSES))),
    similarities: () => new Float64Array(NUM_SIMILARITIES).fill(NaN),
    nearest: () => -1,
  };
}

const NO_LOSSES = new Float32Array(0);
