import { memberOf } from '@pharmacist/core';
import { NumberLists } from '../number-lists.ts';
import { rowSlices } from '../row-slices.ts';
import type { SelectionContext, TextRow } from '../selector.ts';
import { logRatios } from './importance.ts';
import { mapTexts } from '../text-maps/map-texts.ts';
import { ngramMap, type NgramParameters, readText, type RowText } from './ngram-map.ts';
import { NgramBuckets } from './ngram-buckets.ts';

export interface ImportanceOptions {
  readonly target: readonly TextRow[];
  /** Of the target rows, for a person. */
  readonly targetName: string;
  readonly text: RowText;
  readonly numBuckets: number;
  /** Pseudo-count of each of the target's buckets. */
  readonly smoothing: number;
}

/** f64 [N] each, NaN for rows without targets. */
export interface RowWeights {
  /** log w(x), the sum over the row's unigrams and bigrams. */
  readonly logWeights: Float64Array;
  readonly numWords: Float64Array;
  /** log w(x) divided by the number of n-grams summed: the length has no part in it. */
  readonly meanLogRatios: Float64Array;
}

export interface ImportanceWeights {
  readonly pool: RowWeights;
  of(rows: readonly TextRow[]): Promise<RowWeights>;
}

/**
 * Importance weights of rows against a target, as DSIR estimates them (see dsir.ts): shares of hashed n-grams in the target's texts over those in the
 * pool's. The texts are read once, here or in other processes; buckets that do not fit into 128 MiB wait in a temporary file.
 */
export async function importanceWeights(
  context: SelectionContext,
  { target, targetName, text, numBuckets, smoothing }: ImportanceOptions,
): Promise<ImportanceWeights> {
  const counting = { text, numBuckets };
  const targetCounts = await countBuckets(target, { ...counting, what: targetName }, context);
  const kept = new NumberLists(numBuckets);
  const poolCounts = await countBuckets(context.pool, { ...counting, what: 'the pool', name: 'pool-n-grams', kept }, context);
  const ratios = logRatios(targetCounts, poolCounts, smoothing);
  let ngrams: NgramBuckets | undefined;
  const weigh = async (rows: readonly TextRow[], known?: NumberLists): Promise<RowWeights> => {
    const rowAt = memberOf(rows);
    const unknown = () => new Float64Array(rows.length).fill(NaN);
    const [logWeights, numWords, meanLogRatios] = [unknown(), unknown(), unknown()];
    for await (const [start, end] of rowSlices(rows.length, 'Words: weights', context)) {
      for (let index = start; index < end; index++) {
        const row = rowAt(index);
        if (!row.tokens.hasTargets) continue;
        const buckets = known !== undefined ? known.at(index) : (ngrams ??= new NgramBuckets(numBuckets)).of(readText(row.text, text));
        let sum = 0;
        for (const bucket of buckets) sum += ratios[bucket]!;
        logWeights[index] = sum;
        numWords[index] = Math.ceil(buckets.length / 2);
        meanLogRatios[index] = buckets.length === 0 ? 0 : sum / buckets.length;
      }
    }
    return { logWeights, numWords, meanLogRatios };
  };
  return { pool: await weigh(context.pool, kept), of: async (rows) => await weigh(rows) };
}

/** Occurrences in each bucket over the rows that can be trained on, f64 [buckets]; `kept` gets the buckets of each row. */
async function countBuckets(
  rows: readonly TextRow[],
  { text, numBuckets, what, name, kept }: NgramParameters & { what: string; name?: string; kept?: NumberLists },
  context: SelectionContext,
): Promise<Float64Array> {
  const counts = new Float64Array(numBuckets);
  const rowAt = memberOf(rows);
  const keepUpTo = (end: number) => {
    for (let index = kept?.count ?? end; index < end; index++) kept!.push([]);
  };
  await mapTexts(context, {
    name,
    phase: `Words: n-grams of ${what}`,
    map: ngramMap,
    parameters: { text, numBuckets },
    numRows: rows.length,
    textAt: (index) => {
      const row = rowAt(index);
      return row.tokens.hasTargets ? { text: row.text } : undefined;
    },
    take: (index, { buckets }) => {
      for (let place = 0; place < buckets!.length; place++) counts[buckets![place]!]!++;
      // Rows without an answer have none.
      keepUpTo(index);
      kept?.push(buckets!);
    },
  });
  keepUpTo(rows.length);
  return counts;
}
