import { memberOf } from '@pharmacist/core';
import { mapRows, type RowPass } from '../row-maps/map-rows.ts';
import { type SelectionContext, type TextRow, tokensOf } from '../selector.ts';
import { LOSS_NUMBERS, type LossName, NUM_LOSS_NUMBERS, NUM_ROW_NUMBERS, rowNumbers, textNumbers } from './form/row-numbers.ts';
import { measureMap } from './measure-map.ts';
import { type Anchors, SIMILARITY_NAMES, type SimilarityName } from './similarity.ts';

/** What one forward pass says about N rows; NaN for rows without targets. */
export interface Measures {
  /** f64 [NUM_ROW_NUMBERS] of row i (row-numbers.ts). */
  numbers(i: number): Float64Array;
  /** One of the numbers that token losses decide, of all rows, f32 [N]. */
  losses(name: LossName): Float32Array;
  /** Cosines of one part of all rows with that of a trusted row, f32 [N]; NaN without trusted rows. */
  similarities(name: SimilarityName): Float32Array;
  /** Place of the trusted row that row i is nearest to; -1 without trusted rows. */
  nearest(i: number): number;
}

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
  const column = (name: LossName | SimilarityName) => found.arrays[name] as Float32Array;
  const losses = tokenLosses ? LOSS_NUMBERS.map(column) : [];
  const ofLosses = (i: number) => (tokenLosses ? losses.map((values) => values[i]!) : NO_LOSS_NUMBERS);
  const nearest = found.arrays['nearest']!;
  return {
    numbers: (i) => Float64Array.from([...ofLosses(i), ...ofText(rowAt(i))]),
    losses: (name) => (tokenLosses ? column(name) : unknown(rows)),
    similarities: column,
    nearest: (i) => nearest[i]!,
  };
}

/** What was read of the trusted rows themselves, in the same form. */
export function measuresOfAnchors(trusted: readonly TextRow[], anchors: Anchors): Measures {
  const numbers = (i: number) => Float64Array.from(Float32Array.from(rowNumbers(trusted[i]!, anchors.tokenLosses(i))));
  return {
    numbers,
    losses: (name) => Float32Array.from(trusted, (_, i) => numbers(i)[LOSS_NUMBERS.indexOf(name)]!),
    similarities: (name) => Float32Array.from(trusted, (_, i) => anchors.ownNearness(i).cosines[SIMILARITY_NAMES.indexOf(name)]!),
    nearest: (i) => anchors.ownNearness(i).nearest,
  };
}

/** Rows by their texts alone: no pass, no losses, no similarities. */
export function textMeasures(rows: readonly TextRow[]): Measures {
  return {
    // Rounded as those of rows that were read.
    numbers: (i) => Float64Array.from(Float32Array.from(rowNumbers(rows[i]!, NO_LOSSES))),
    losses: () => unknown(rows),
    similarities: () => unknown(rows),
    nearest: () => -1,
  };
}

/** A column of what is not known of any row. */
function unknown(rows: readonly TextRow[]): Float32Array {
  return new Float32Array(rows.length).fill(NaN);
}

const NO_LOSSES = new Float32Array(0);
const NO_LOSS_NUMBERS = new Float32Array(NUM_LOSS_NUMBERS).fill(NaN);
const NO_TEXT_NUMBERS = new Float32Array(NUM_ROW_NUMBERS - NUM_LOSS_NUMBERS).fill(NaN);
