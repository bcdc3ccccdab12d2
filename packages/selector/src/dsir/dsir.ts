/**
 * Data Selection via Importance Resampling (DSIR, arXiv 2302.03169, section 4): rows drawn so that their hashed n-grams are distributed as those of a
 * target.
 *
 *     log w(x) = sum_b count_b(x) [ log(p_b + 1e-8) - log(q_b + 1e-8) ]
 *
 * p, q: shares of bucket b among all unigrams and bigrams of the target's and the pool's texts. A text is lower-case WordPunct tokens; an n-gram's
 * bucket is its SHA-256 modulo `numBuckets`. A score is log w plus Gumbel(0, 1) noise named by the row's id (the k largest are k draws without
 * replacement with weights w), or log w itself (`order: 'top-k'`). The sum is not divided by the length: of texts that look like the
 * target, long ones have the larger weight, as in the reference.
 *
 * Defaults: 10,000 buckets, Gumbel noise, no smoothing. Cost: no pass of a model; the texts are read once, and those whose buckets do not fit into
 * 256 MiB a second time.
 *
 * Differs from the reference: no row is too short unless `minLength` says so (there, fewer than 100 words); q comes from the whole pool, not from its
 * first 1e9 n-grams; rows without an answer are left out of q and ranked last; sums are double.
 */
import { z } from 'zod';
import { DataError, type Random } from '@pharmacist/core';
import { NumberLists } from '../number-lists.ts';
import { rowSlices } from '../row-slices.ts';
import { defineSelector, type PoolRow, type SelectionContext, type TextRow } from '../selector.ts';
import { sinkUnscored } from '../standardise.ts';
import { logRatios } from './importance.ts';
import { NgramBuckets } from './ngram-buckets.ts';

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
});

type Text = z.infer<typeof config>['text'];

/** Most memory for the buckets of the pool's rows, between counting them and weighing them. */
const KEPT_BYTES = 2 ** 28;
const NOTHING = new Uint32Array(0);

export const dsir = defineSelector({
  name: 'dsir',
  summary: 'importance resampling: n-grams as in the trusted rows',
  source: 'arXiv 2302.03169, section 4',
  cost: 'text',
  needs: ({ target }) => [target],
  config,
  async fit(context, { target, text, order, numBuckets, smoothing, minLength }) {
    if (context[target].length === 0) throw withoutTarget(target);
    const ngrams = new NgramBuckets(numBuckets);
    const counting = { ngrams, text, numBuckets };
    const targetCounts = await countBuckets(context[target], { ...counting, what: `${target} rows` }, context);
    const kept = new NumberLists(numBuckets);
    const poolCounts = await countBuckets(context.pool, { ...counting, what: 'the pool', kept }, context);
    const ratios = logRatios(targetCounts, poolCounts, smoothing);
    const score = async (rows: readonly PoolRow[], known?: NumberLists) => {
      const [logWeights, numWords] = [new Float64Array(rows.length).fill(NaN), new Float64Array(rows.length).fill(NaN)];
      const scores = new Float64Array(rows.length).fill(NaN);
      for await (const [start, end] of rowSlices(rows.length, 'DSIR: weights', context)) {
        for (let index = start; index < end; index++) {
          const row = rows[index]!;
          if (!row.tokens.hasTargets) continue;
          const buckets = known !== undefined && index < known.count ? known.at(index) : ngrams.of(textOf(row, text));
          let sum = 0;
          for (const bucket of buckets) sum += ratios[bucket]!;
          logWeights[index] = sum;
          numWords[index] = Math.ceil(buckets.length / 2);
          if (numWords[index]! >= minLength) scores[index] = order === 'top-k' ? sum : sum + gumbel(context.random.split('row', row.id));
        }
      }
      return { scores, columns: { log_weight: logWeights, num_words: numWords } };
    };
    const { scores, columns } = await score(context.pool, kept);
    if (minLength > 0) context.note('tooShort', columns.num_words.filter((count) => count < minLength).length);
    return { scores: sinkUnscored(scores), columns, score: async (rows) => sinkUnscored((await score(rows)).scores) };
  },
});

/** Occurrences in each bucket over the rows that can be trained on, f64 [buckets]; `kept` gets the buckets of the first rows, as many as it may hold. */
async function countBuckets(
  rows: readonly TextRow[],
  { ngrams, text, numBuckets, what, kept }: { ngrams: NgramBuckets; text: Text; numBuckets: number; what: string; kept?: NumberLists },
  context: SelectionContext,
): Promise<Float64Array> {
  const counts = new Float64Array(numBuckets);
  for await (const [start, end] of rowSlices(rows.length, `DSIR: n-grams of ${what}`, context)) {
    for (const row of rows.slice(start, end)) {
      const buckets = row.tokens.hasTargets ? ngrams.of(textOf(row, text)) : NOTHING;
      for (const bucket of buckets) counts[bucket]!++;
      if (kept !== undefined && kept.numBytes < KEPT_BYTES) kept.push(buckets);
    }
  }
  return counts;
}

function textOf({ text: { prompt, response } }: TextRow, text: Text): string {
  return text === 'both' ? `${prompt}\n${response}` : response;
}

/** A draw from Gumbel(0, 1), finite. */
function gumbel(random: Random): number {
  return -Math.log(-Math.log(Math.max(random.uniform(), Number.MIN_VALUE)));
}

function withoutTarget(target: 'trusted' | 'harmful'): DataError {
  const [option, rows] = target === 'trusted' ? ['validation', 'trusted rows'] : ['harmful', 'harmful rows'];
  return new DataError(`there are no ${rows}, so there is no target to select for`, {
    where: 'method dsir',
    hint: `name a file by --${option}`,
  });
}
