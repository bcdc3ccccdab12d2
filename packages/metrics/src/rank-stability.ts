import { spearman } from './ranking.ts';

/** Fewer shared rows than this say nothing about an order. */
const MIN_SHARED = 3;

export interface RankStability {
  /** Mean of Spearman's rank correlation over the pairs of rankings, -1 to 1; 1 is the same order every time. */
  readonly correlation: number;
  /** Pairs that have a correlation. */
  readonly numPairs: number;
  /** Mean number of rows that the two rankings of a pair share. */
  readonly meanShared: number;
}

/**
 * How much of a ranking stays when it is made again with another seed: mean pairwise Spearman correlation of the scores of the rows that two
 * rankings share.
 * @param rankings scores by row id, one map a ranking, of the rows that it ranked: those that stand below all others in each would pass for order that stays.
 * @returns null if no pair has a correlation: fewer than two rankings, fewer than three shared rows, or a side whose scores are all equal.
 * @throws {NumericError} if a score is NaN.
 */
export function rankStability(rankings: readonly ReadonlyMap<string, number>[]): RankStability | null {
  const pairs = rankings.flatMap((first, i) =>
    rankings.slice(i + 1).flatMap((second) => {
      const ids = [...first.keys()].filter((id) => second.has(id));
      const [x, y] = [ids.map((id) => first.get(id)!), ids.map((id) => second.get(id)!)];
      if (ids.length < MIN_SHARED || isConstant(x) || isConstant(y)) return [];
      return [{ correlation: spearman(x, y), numShared: ids.length }];
    }),
  );
  if (pairs.length === 0) return null;
  const mean = (of: (pair: (typeof pairs)[number]) => number) => pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length;
  return {
    correlation: mean(({ correlation }) => correlation),
    numPairs: pairs.length,
    meanShared: mean(({ numShared }) => numShared),
  };
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
