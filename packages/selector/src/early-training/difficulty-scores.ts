import { sortedKnown } from '../learning/sorted-known.ts';
import type { EarlyTrainingConfig } from './options.ts';

/** Values nearer than this, relative to the cut, are equal: rounding must not tell equal rows apart. */
const TOLERANCE = 1e-6;

/**
 * Scores f64 [N] from a value of each row (NaN: none, and no score): the value, or minus it with order `lowest`. Of n values the round(skipHighest n)
 * highest go below all others, the highest last; where equal values lie on both sides of that cut, none of them does.
 */
export function difficultyScores(
  values: Float64Array,
  { order, skipHighest }: Pick<EarlyTrainingConfig, 'order' | 'skipHighest'>,
): Float64Array {
  if (order === 'lowest') return values.map((value) => -value);
  const ascending = sortedKnown(values);
  if (ascending.length === 0) return values;
  const numSkipped = Math.min(ascending.length - 1, Math.round(skipHighest * ascending.length));
  const cut = ascending[ascending.length - 1 - numSkipped]!;
  const isSkipped = (value: number) => value > cut + TOLERANCE * Math.abs(cut);
  return values.map((value) => (isSkipped(value) ? ascending[0]! - (value - cut) : value));
}
