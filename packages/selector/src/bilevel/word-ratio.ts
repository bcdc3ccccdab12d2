import { importanceWeights } from '../dsir/importance-weights.ts';
import type { PoolRow, Ranking, SelectionContext } from '../selector.ts';
import { standardised } from '../standardise.ts';

/** Of DSIR's defaults. */
const NUM_BUCKETS = 10_000;

/**
 * A ranking by influences with words beside it (ours): z(score) + weight z(mean log ratio of hashed n-grams, trusted rows over pool). Gradients
 * see what a row teaches, n-grams how it is worded; on planted pools their mistakes differ (docs/log.md). Reads texts only, and needs trusted rows.
 */
export async function withWordRatio(context: SelectionContext, ranking: Ranking, weight: number): Promise<Ranking> {
  const options = { target: context.trusted, targetName: 'trusted rows', text: 'both', numBuckets: NUM_BUCKETS, smoothing: 0 } as const;
  const weights = await importanceWeights(context, options);
  const combined = (scores: Float64Array, ratios: Float64Array) => {
    const [byInfluence, byWords] = [standardised(scores, ranking.scores), standardised(ratios, weights.pool.meanLogRatios)];
    return byInfluence.map((value, i) => value + weight * byWords[i]!);
  };
  const { score } = ranking;
  return {
    scores: combined(ranking.scores, weights.pool.meanLogRatios),
    columns: { ...ranking.columns, influence_score: ranking.scores, word_ratio: weights.pool.meanLogRatios },
    ...(score && {
      score: async (rows: readonly PoolRow[]) => combined(await score(rows), (await weights.of(rows)).meanLogRatios),
    }),
  };
}
