import type { LogisticRegression } from '../../learning/logistic-regression.ts';
import { fitLogisticRegression } from '../../learning/logistic-regression.ts';
import { dot, type SparseRow } from '../../learning/sparse-row.ts';
import { NUM_BUCKETS } from './hashed-terms.ts';

/** A linear model of hashed terms: log-odds that an answer is a good one. */
export interface WordModel {
  /** f64 [NUM_BUCKETS]. */
  readonly weights: Float64Array;
  readonly bias: number;
}

export interface WordExample {
  readonly row: SparseRow;
  readonly isGood: boolean;
  /** What a mistake on it costs beside the others. */
  readonly weight: number;
}

export function wordDecision({ weights, bias }: WordModel, row: SparseRow): number {
  return bias + dot(row, weights);
}

/**
 * Logistic regression on examples, drawn towards a model that is known already instead of towards 0 (a Gaussian prior with that mean):
 *   min over w, b of |w - w0|^2 / 2 + C sum_i s_i ln(1 + exp(-y_i (w.x_i + b)))
 * @param cost C: the larger, the more the examples count against the known model.
 */
export async function fitWordModel(
  examples: readonly WordExample[],
  { prior, cost, signal }: { readonly prior?: WordModel | undefined; readonly cost: number; readonly signal?: AbortSignal | undefined },
): Promise<WordModel> {
  // Buckets that no example has keep the prior's weights: the fit is over the others alone.
  const used = Int32Array.from(new Set(examples.flatMap(({ row }) => [...row.indices]))).sort();
  const columns = new Map(Array.from(used, (bucket, column) => [bucket, column]));
  const correction: LogisticRegression = await fitLogisticRegression(
    examples.map(({ row: { indices, values } }) => ({ indices: indices.map((bucket) => columns.get(bucket)!), values })),
    examples.map(({ isGood }) => isGood),
    {
      numFeatures: used.length,
      inversePenalty: cost,
      rowWeights: Float64Array.from(examples, ({ weight }) => weight),
      ...(prior && { offsets: Float64Array.from(examples, ({ row }) => wordDecision(prior, row)) }),
      tolerance: 1e-7,
      signal,
    },
  );
  const weights = Float64Array.from(prior?.weights ?? new Float64Array(NUM_BUCKETS));
  used.forEach((bucket, column) => (weights[bucket]! += correction.coefficients[column]!));
  return { weights, bias: correction.intercept + (prior?.bias ?? 0) };
}
