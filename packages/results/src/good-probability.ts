import { GOOD } from '@pharmacist/planted';
import type { Ranking } from '@pharmacist/selector';

/** Column of a ranking: probability that the row is good. Methods may give it; NaN, or null in the file, where a row has none. */
export const GOOD_PROBABILITY = 'good_probability';

/** From this probability on a row counts as said to be good. */
const SURE = 0.8;

/** A ranking's probabilities beside the kinds of the rows. */
export interface ProbabilityReport {
  /** Over the rows with a probability. */
  readonly mean: number;
  /** Probability from which on the next two count rows. */
  readonly atLeast: number;
  readonly numSure: number;
  /** How many of them are good. */
  readonly numSureGood: number;
}

/** @param kinds of the rows of the pool. @returns undefined if the method gives no probability. */
export function probabilityReport({ columns }: Pick<Ranking, 'columns'>, kinds: readonly unknown[]): ProbabilityReport | undefined {
  const rows = [...(columns[GOOD_PROBABILITY] ?? [])].map((probability, i) => ({ probability, isGood: kinds[i] === GOOD }));
  const known = rows.filter(({ probability }) => !Number.isNaN(probability));
  if (known.length === 0) return undefined;
  const sure = known.filter(({ probability }) => probability >= SURE);
  return {
    mean: known.reduce((sum, { probability }) => sum + probability, 0) / known.length,
    atLeast: SURE,
    numSure: sure.length,
    numSureGood: sure.filter(({ isGood }) => isGood).length,
  };
}
