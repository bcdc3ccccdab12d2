import { memberOf } from '@pharmacist/core';
import { mapRows, type RowPass } from '../row-maps/map-rows.ts';
import { type SelectionContext, type TextRow, tokensOf } from '../selector.ts';
import { NUM_LOSS_NUMBERS, NUM_ROW_NUMBERS, rowNumbers, textNumbers } from './form/row-numbers.ts';
import { measureMap } from './measure-map.ts';
import { type Anchors, SIMILARITY_NAMES } from './similarity.ts';

/** What one forward pass says about N rows; NaN for rows without targets. */
export interface Measures {
  /** f64 [NUM_ROW_NUMBERS] of row i (row-numbers.ts). */
  numbers(i: number): Float64Array;
  /** Number k of them, one that token losses decide: no text is looked at for it. */
  lossNumber(i: number, k: number): number;
  /** f64 [SIMILARITY_NAMES] of row i; NaN without trusted rows. */
  similarities(i: number): Float64Array;
  /** Place of the trusted row that row i is nearest to; -1 without trusted rows. */
  nearest(i: number): number;
}

const NUM_SIMILARITIES = SIMILARITY_NAMES.length;

/**
 * Reads rows in one forward pass. Memory: 60 bytes a row; what texts decide is found again when it is asked for.
 * @param tokenLosses whether losses are read, too; without them the numbers are those of the text.
 * @param except the trusted row that row i must not be held against, because it is a copy of it.
 */
export async function measureRows(
  context: SelectionContext,
  rows: readonly TextRow[],
  pass: Omit<RowPass, 'rows'>,
  {
    anchors,
    tokenLosses,
    except,
  }: { readonly anchors: Anchors | undefined; readonly tokenLosses: boolean; except?(i: number): number | undefined },
): Promise<Measures> {
  const options = {
    parameters: { meta: { tokenLosses }, arrays: { ...anchors?.arrays } },
    ...(except && { marks: Int32Array.from(rows, (_, i) => except(i) ?? -1) }),
  };
  const rowAt = memberOf(rows);
  const found = await mapRows(context, { ...pass, rows: tokensOf(rows) }, measureMap, options);
  const ofText = (row: TextRow) => (row.tokens.hasTargets ? Float32Array.from(textNumbers(row)) : NO_TEXT_NUMBERS);
  const ofLosses = (i: number) => (tokenLosses ? found.of('numbers', i) : NO_LOSS_NUMBERS);
  return {
    numbers: (i) => Float64Array.from([...ofLosses(i), ...ofText(rowAt(i))]),
    lossNumber: (i, k) => ofLosses(i)[k]!,
    similarities: (i) => Float64Array.from(found.of('similarities', i)),
    nearest: (i) => found.of('nearest', i)[0]!,
  };
}

/** What was read of the trusted rows themselves, in the same form. */
export function measuresOfAnchors(trusted: readonly TextRow[], anchors: Anchors): Measures {
  const numbers = (i: number) => Float64Array.from(Float32Array.from(rowNumbers(trusted[i]!, anchors.tokenLosses(i))));
  return {
    numbers,
    lossNumber: (i, k) => numbers(i)[k]!,
    similarities: (i) => Float64Array.from(Float32Array.from(anchors.ownNearness(i).cosines)),
    nearest: (i) => anchors.ownNearness(i).nearest,
  };
}

/** Rows by their texts alone: no pass, no losses, no similarities. */
export function textMeasures(rows: readonly TextRow[]): Measures {
  return {
    // Rounded as those of rows that were read.
    numbers: (i) => Float64Array.from(Float32Array.from(rowNumbers(rows[i]!, NO_LOSSES))),
    lossNumber: () => NaN,
    similarities: () => new Float64Array(NUM_SIMILARITIES).fill(NaN),
    nearest: () => -1,
  };
}

const NO_LOSSES = new Float32Array(0);
const NO_LOSS_NUMBERS = new Float32Array(NUM_LOSS_NUMBERS).fill(NaN);
const NO_TEXT_NUMBERS = new Float32Array(NUM_ROW_NUMBERS - NUM_LOSS_NUMBERS).fill(NaN);
