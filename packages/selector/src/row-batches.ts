import { throwIfAborted } from '@pharmacist/core';
import { type Batch, collate, lengthBucketsFor, planBatches, type TokenizedRow } from '@pharmacist/language-model';
import type { SelectionContext } from './selector.ts';

export interface RowBatch {
  readonly batch: Batch;
  /** Positions in the list that was given, one a real row of the batch. */
  readonly indices: readonly number[];
  /** Rows done when this batch is. */
  readonly done: number;
}

/**
 * Batches for inference over rows that have targets, grouped by length so that little is padded. Rows without targets are in no batch.
 * @param start batches to leave out at the beginning, for a resumed pass.
 */
export function* rowBatches(
  rows: readonly TokenizedRow[],
  { batchSize, maxLength, model, signal }: Pick<SelectionContext, 'batchSize' | 'maxLength' | 'model' | 'signal'>,
  start = 0,
): Generator<RowBatch> {
  const usable = rows.flatMap(({ hasTargets }, index) => (hasTargets ? [index] : []));
  const lengths = usable.map((index) => rows[index]!.inputIds.length);
  const plan = planBatches(lengths, { batchSize, seed: 0, epoch: 0, groupByLength: true });
  const lengthBuckets = lengthBucketsFor(maxLength);
  let done = 0;
  for (const [number, members] of plan.entries()) {
    done += members.length;
    if (number < start) continue;
    throwIfAborted(signal);
    const indices = members.map((member) => usable[member]!);
    const batch = collate(
      indices.map((index) => rows[index]!),
      { batchSize, padId: model.tokenizer.padId, lengthBuckets },
    );
    yield { batch, indices, done };
  }
}

/** How many batches these are. */
export function countRowBatches(rows: readonly TokenizedRow[], batchSize: number): number {
  return Math.ceil(rows.reduce((count, { hasTargets }) => count + (hasTargets ? 1 : 0), 0) / batchSize);
}
