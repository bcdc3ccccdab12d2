import { type Reporter, throwIfAborted } from '@pharmacist/core';
import { collate, type LanguageModel, lengthBucketsFor, planBatches, type TokenizedRow } from '@pharmacist/language-model';
import type { CountPasses } from './count-passes.ts';

export interface LossOptions {
  readonly model: LanguageModel;
  readonly maxLength: number;
  readonly batchSize: number;
  readonly phase: string;
  readonly count: CountPasses;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/** Summed negative log-likelihood of a row's targets, nats, and how many they are. */
export interface RowLoss {
  readonly loss: number;
  readonly numTokens: number;
}

/** Losses of rows under a model, in their order; a row without targets has loss 0 of 0 tokens. */
export async function lossesOf(rows: readonly TokenizedRow[], options: LossOptions): Promise<RowLoss[]> {
  const { model, maxLength, batchSize, phase, count, reporter, signal } = options;
  const lengthBuckets = lengthBucketsFor(maxLength);
  const losses = rows.map((): RowLoss => ({ loss: 0, numTokens: 0 }));
  const lengths = rows.map(({ inputIds }) => inputIds.length);
  let done = 0;
  for (const indices of planBatches(lengths, { batchSize, seed: 0, epoch: 0, groupByLength: true })) {
    throwIfAborted(signal);
    const batch = collate(
      indices.map((index) => rows[index]!),
      { batchSize, padId: model.tokenizer.padId, lengthBuckets },
    );
    const sums = await model.rowLosses(batch);
    count('forward', 1, indices.length);
    indices.forEach((index, b) => {
      losses[index] = { loss: sums[b]!, numTokens: batch.rowTargetCounts[b]! };
    });
    done += indices.length;
    reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
  }
  return losses;
}
