/**
 * Data Selection via Importance Resampling (DSIR, arXiv 2302.03169, section 4): rows drawn so that their hashed n-grams are distributed as those of a
 * target.
 *
 *     log w(x) = sum_b count_b(x) [ log(p_b + 1e-8) - log(q_b + 1e-8) ]
 *
 * p, q: shares of bucket b among all unigrams and bigrams of the target's and the pool's texts. A text is lower-case WordPunct tokens; an n-gram's
 * bucket is its SHA-256 modulo `numBuckets`. A score is log w plus Gumbel(0, 1) noise named by the row's id (the k largest are k draws without
 * replacement with weights w), or log w itself (`order: 'top-k'`). The sum is not divided by the length: of texts that look like the
 * target, long ones have the larger weight, as in the reference; `perNgram` divides it (ours).
 *
 * Defaults: 10,000 buckets, Gumbel noise, no smoothing. Cost: no pass of a model; the texts are read once; the buckets of the pool, two bytes a word
 * and pair, wait in a temporary file if they are more than 128 MiB.
 *
 * Differs from the reference: no row is too short unless `minLength` says so (there, fewer than 100 words); q comes from the whole pool, not from its
 * first 1e9 n-grams; rows without an answer are left out of q and ranked last; sums are double.
 */
import { z } from 'zod';
import { DataError, memberOf, type Random, slices } from '@pharmacist/core';
import { defineSelector } from '../define-selector.ts';
import { type PoolRow, tokensOf } from '../selector.ts';
import { rowsWithTargets } from '../gradients/directions.ts';
import { belowOthers } from '../below-others.ts';
import { importanceWeights, type RowWeights } from './importance-weights.ts';

const config = z.strictObject({
  /** Rows whose texts are the target. */
  target: z.enum(['trusted', 'harmful']).default('trusted'),
  /** What of a row is read: prompt and response, or the response alone. */
  text: z.enum(['both', 'response']).default('both'),
  /** `gumbel` draws rows by their weights, `top-k` takes the largest. */
  order: z.enum(['gumbel', 'top-k']).default('gumbel'),
  numBuckets: z
    .int()
    .min(1)
    .max(2 ** 20)
    .default(10_000),
  /** Pseudo-count of each of the target's buckets. */
  smoothing: z.number().min(0).default(0),
  /** Words of the shortest row that may be chosen; shorter ones are ranked last. */
  minLength: z.int().min(0).default(0),
  /** Divides log w by the number of n-grams (ours): what the rows say counts, and not how long they are. */
  perNgram: z.boolean().default(false),
});

export const dsir = defineSelector({
  name: 'dsir',
  summary: 'importance resampling: n-grams as in the trusted rows',
  source: 'arXiv 2302.03169, section 4',
  cost: 'text',
  passes: 'none: reads the texts',
  needs: ({ target }) => [target],
  rowBytes: () => 80,
  config,
  async fit(context, { target, text, order, numBuckets, smoothing, minLength, perNgram }) {
    if (rowsWithTargets(tokensOf(context[target])).length === 0) throw withoutTarget(target);
    const weights = await importanceWeights(context, {
      target: context[target],
      targetName: `${target} rows`,
      text,
      numBuckets,
      smoothing,
    });
    const scoresOf = async (rows: readonly PoolRow[], { logWeights, numWords, meanLogRatios }: RowWeights): Promise<Float64Array> => {
      const scores = (perNgram ? meanLogRatios : logWeights).slice();
      const rowAt = memberOf(rows);
      for await (const [start, end] of slices(rows.length, context)) {
        for (let i = start; i < end; i++) {
          const { id, tokens } = rowAt(i);
          const isRanked = tokens.hasTargets && numWords[i]! >= minLength;
          if (order === 'gumbel' && isRanked) scores[i]! += gumbel(context.random.split('row', id));
        }
      }
      return minLength === 0 ? scores : belowOthers(scores, (i) => !(numWords[i]! >= minLength));
    };
    const { logWeights, numWords } = weights.pool;
    if (minLength > 0) context.note('tooShort', numWords.filter((count) => count < minLength).length);
    return {
      scores: await scoresOf(context.pool, weights.pool),
      columns: { log_weight: logWeights, num_words: numWords },
      score: async (rows) => await scoresOf(rows, await weights.of(rows)),
    };
  },
});

/** A draw from Gumbel(0, 1), finite. */
function gumbel(random: Random): number {
  return -Math.log(-Math.log(Math.max(random.uniform(), Number.MIN_VALUE)));
}

function withoutTarget(target: 'trusted' | 'harmful'): DataError {
  const [option, rows] = target === 'trusted' ? ['validation', 'trusted rows'] : ['harmful', 'harmful rows'];
  return new DataError(`there are no ${rows} with an answer, so there is no target to select for`, {
    where: 'method dsir',
    hint: `name a file by --${option}`,
  });
}
