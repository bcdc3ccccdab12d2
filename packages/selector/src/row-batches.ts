import { lazyList, memberOf, throwIfAborted } from '@pharmacist/core';
import { type Batch, collate, lengthBucketsFor, type TokenizedRow } from '@pharmacist/language-model';
import type { SelectionContext } from './selector.ts';

export interface RowBatch {
  readonly batch: Batch;
  /** Positions in the list that was given, one a real row of the batch. */
  readonly indices: readonly number[];
  /** The rows at these, held: their tokens are read once. */
  readonly rows: readonly TokenizedRow[];
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
  const rowAt = memberOf(rows);
  let done = 0;
  let number = -1;
  for (const indices of batchPlan(rows, batchSize)) {
    number++;
    done += indices.length;
    if (number < start) continue;
    throwIfAborted(signal);
    const held = indices.map((index) => ({ ...rowAt(index) }));
    const batch = batchOf(held, { batchSize, maxLength, padId: model.tokenizer.padId });
    yield { batch, indices, rows: held, done };
  }
}

/**
 * Which rows make which batch: a row's place among all that have targets decides, and so a range of batches cannot be planned alone. Rows stand by their lengths, the
 * longest first, equal ones in their order, as `planBatches` has it. Memory: 8 bytes a row, 4 of them afterwards.
 */
export function batchPlan(rows: readonly TokenizedRow[], batchSize: number): readonly (readonly number[])[] {
  const lengths = new Int32Array(rows.length).fill(-1);
  let longest = 0;
  const rowAt = memberOf(rows);
  for (let index = 0; index < rows.length; index++) {
    const row = rowAt(index);
    if (!row.hasTargets) continue;
    lengths[index] = row.inputIds.length;
    longest = Math.max(longest, lengths[index]!);
  }
  // Where the rows of each length begin: sorting by counting takes one look at each row.
  const starts = new Int32Array(longest + 2);
  for (const length of lengths) if (length >= 0) starts[longest - length + 1]!++;
  for (let place = 1; place < starts.length; place++) starts[place]! += starts[place - 1]!;
  const order = new Int32Array(starts.at(-1)!);
  for (let index = 0; index < lengths.length; index++) {
    const length = lengths[index]!;
    if (length >= 0) order[starts[longest - length]!++] = index;
  }
  return lazyList(Math.ceil(order.length / batchSize), (batch) => Array.from(order.subarray(batch * batchSize, (batch + 1) * batchSize)));
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
  let count = 0;
  for (const { hasTargets } of rows) if (hasTargets) count++;
  return Math.ceil(count / batchSize);
}
