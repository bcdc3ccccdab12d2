import { Random, ShapeError } from '@pharmacist/core';
import type { TokenizedRow } from './tokenize-row.ts';

/** Rows of equal padded length and the positions that are trained. Dimensions: B rows, T tokens, K targets. */
export interface Batch {
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** i32 [B,T], padded on the right; causal attention never sees the padding. */
  readonly inputIds: Int32Array;
  /** i32 [K] index b * T + t of the position that predicts. Padded entries of K hold 0 here and in `targetIds` and `targetRows`. */
  readonly targetPositions: Int32Array;
  /** i32 [K] the token at b * T + t + 1. */
  readonly targetIds: Int32Array;
  /** f32 [K] 1 for a target, 0 for the padding of K. */
  readonly targetWeights: Float32Array;
  /** i32 [K] the row b. */
  readonly targetRows: Int32Array;
  /** f32 [B] targets of each row; 0 for empty rows. */
  readonly rowTargetCounts: Float32Array;
  /** Rows that are real; the last batch is filled up to B with empty ones. */
  readonly numRows: number;
  /** Targets that are real; a loss is a mean over them, so it must not be 0 in training. */
  readonly numTargets: number;
}

export interface CollateOptions {
  readonly padId: number;
  /** Padded lengths, ascending: few distinct shapes mean few compiled graphs. */
  readonly lengthBuckets: readonly number[];
  /** Fractions of B * T to which the number of targets is padded, ascending, the last 1. */
  readonly targetBuckets?: readonly number[];
  readonly batchSize: number;
}

const LENGTH_BUCKETS = [
  32,
  48,
  64,
  96,
  128,
  192,
  256,
  384,
  512,
  768,
  1024,
  2048,
  ...[12, 13, 14, 15, 16, 17].flatMap((k) => [0.75 * 2 ** k, 2 ** k]),
];
const TARGET_BUCKETS = [1 / 8, 1 / 4, 1 / 2, 1];

/** The default buckets below `maxLength`, and `maxLength` itself. */
export function lengthBucketsFor(maxLength: number): number[] {
  return [...LENGTH_BUCKETS.filter((length) => length < maxLength), maxLength];
}

/** The smallest bucket that holds `length`. @throws {ShapeError} if none does. */
export function bucketFor(length: number, buckets: readonly number[]): number {
  const bucket = buckets.find((size) => size >= length);
  if (bucket === undefined) throw new ShapeError(`${length} tokens exceed the largest bucket of [${buckets.join(', ')}]`);
  return bucket;
}

/**
 * Pads rows to one shape. Position t of a row is a target if token t + 1 exists and is not part of the prompt.
 * @throws {ShapeError} if there is no row, more than `batchSize`, or one longer than the largest bucket.
 */
export function collate(
  rows: readonly TokenizedRow[],
  { padId, lengthBuckets, targetBuckets = TARGET_BUCKETS, batchSize }: CollateOptions,
): Batch {
  if (rows.length === 0 || rows.length > batchSize) throw new ShapeError(`${rows.length} rows in a batch of ${batchSize}`);
  const sequenceLength = bucketFor(Math.max(...rows.map(({ inputIds }) => inputIds.length)), lengthBuckets);
  const rowTargetCounts = new Float32Array(batchSize);
  rows.forEach((row, b) => {
    rowTargetCounts[b] = Math.max(0, row.inputIds.length - firstTarget(row));
  });
  const numTargets = rowTargetCounts.reduce((sum, count) => sum + count, 0);
  const sizes = targetBuckets.map((fraction) => Math.max(1, Math.ceil(fraction * batchSize * sequenceLength)));
  const paddedTargets = bucketFor(numTargets, sizes);

  const inputIds = new Int32Array(batchSize * sequenceLength).fill(padId);
  const targetPositions = new Int32Array(paddedTargets);
  const targetIds = new Int32Array(paddedTargets);
  const targetRows = new Int32Array(paddedTargets);
  let k = 0;
  rows.forEach((row, b) => {
    const start = b * sequenceLength;
    inputIds.set(row.inputIds, start);
    for (let t = firstTarget(row); t < row.inputIds.length; t++, k++) {
      targetPositions[k] = start + t - 1;
      targetIds[k] = row.inputIds[t]!;
      targetRows[k] = b;
    }
  });
  return {
    batchSize,
    sequenceLength,
    inputIds,
    targetPositions,
    targetIds,
    targetWeights: new Float32Array(paddedTargets).fill(1, 0, numTargets),
    targetRows,
    rowTargetCounts,
    numRows: rows.length,
    numTargets,
  };
}

/** Index of the first token that is predicted; the very first token of a text has nothing before it. */
function firstTarget({ numPromptTokens }: TokenizedRow): number {
  return Math.max(1, numPromptTokens);
}

export interface BatchPlanOptions {
  readonly batchSize: number;
  readonly seed: number | string;
  readonly epoch: number;
  /** Neighbours of equal length, longest first, the same in every epoch: least padding, for inference. Otherwise shuffled, for training. */
  readonly groupByLength?: boolean;
}

/** Row indices of each batch; every row once, the last batch may be short. Equal arguments give equal plans. */
export function planBatches(lengths: readonly number[], { batchSize, seed, epoch, groupByLength = false }: BatchPlanOptions): number[][] {
  const order = groupByLength
    ? lengths.map((_, index) => index).sort((a, b) => lengths[b]! - lengths[a]! || a - b)
    : new Random(seed).split('batches', epoch).permutation(lengths.length);
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += batchSize) batches.push(order.slice(start, start + batchSize));
  return batches;
}
