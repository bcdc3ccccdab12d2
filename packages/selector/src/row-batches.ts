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
  let done = 0;
  for (const [number, indices] of batchPlan(rows, batchSize).entries()) {
    done += indices.length;
    if (number < start) continue;
    throwIfAborted(signal);
    const batch = batchOf(
      indices.map((index) => rows[index]!),
      { batchSize, maxLength, padId: model.tokenizer.padId },
    );
    yield { batch, indices, done };
  }
}

/** Which rows make which batch: a row's place among all that have targets decides, and so a range of batches cannot be planned alone. */
export function batchPlan(rows: readonly TokenizedRow[], batchSize: number): number[][] {
  const usable = rows.flatMap(({ hasTargets }, index) => (hasTargets ? [index] : []));
  const lengths = usable.map((index) => rows[index]!.inputIds.length);
  const plan = planBatches(lengths, { batchSize, seed: 0, epoch: 0, groupByLength: true });
  return plan.map((members) => members.map((member) => usable[member]!));
}

/** Rows as one batch of inference. */
export function batchOf(
  rows: readonly TokenizedRow[],
  { batchSize, maxLength, padId }: { readonly batchSize: number; readonly maxLength: number; readonly padId: number },
): Batch {
  return collate(rows, { batchSize, padId, lengthBuckets: lengthBucketsFor(maxLength) });
}

/** How many batches these are. */
export function countRowBatches(rows: readonly TokenizedRow[], batchSize: number): number {
  return Math.ceil(rows.reduce((count, { hasTargets }) => count + (hasTargets ? 1 : 0), 0) / batchSize);
}
