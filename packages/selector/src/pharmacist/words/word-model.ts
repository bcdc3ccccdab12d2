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
  const rows = examples.map(({ row }) => row);
  const correction: LogisticRegression = await fitLogisticRegression(
    rows,
    examples.map(({ isGood }) => isGood),
    {
      numFeatures: NUM_BUCKETS,
      inversePenalty: cost,
      rowWeights: Float64Array.from(examples, ({ weight }) => weight),
      ...(prior && { offsets: Float64Array.from(rows, (row) => wordDecision(prior, row)) }),
      tolerance: 1e-7,
      signal,
    },
  );
  return {
    weights: correction.coefficients.map((weight, bucket) => weight + (prior?.weights[bucket] ?? 0)),
    bias: correction.intercept + (prior?.bias ?? 0),
  };
}
