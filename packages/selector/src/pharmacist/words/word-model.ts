import type { LogisticRegression } from '../../learning/logistic-regression.ts';
import { fitLogisticRegression } from '../../learning/logistic-regression.ts';
import { dot, type SparseRow } from '../../learning/sparse-row.ts';
import { NUM_BUCKETS } from './hashed-terms.ts';

/** Where a fit ends whose log-odds are one count among others: closer moves them by some thousandths, and takes twice as long (docs/log.md). */
export const HEAD_TOLERANCE = 1e-5;

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
 * @param tolerance the fit ends when the gradient is this small beside the first.
 */
export async function fitWordModel(
  examples: readonly WordExample[],
  {
    prior,
    cost,
    tolerance = 1e-7,
    signal,
  }: {
    readonly prior?: WordModel | undefined;
    readonly cost: number;
    readonly tolerance?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<WordModel> {
  // Buckets that no example has keep the prior's weights: the fit is over the others alone.
  const columns = new Int32Array(NUM_BUCKETS).fill(-1);
  for (const { row } of examples) for (const bucket of row.indices) columns[bucket] = 0;
  const used = Int32Array.from(columns.keys()).filter((bucket) => columns[bucket] === 0);
  used.forEach((bucket, column) => (columns[bucket] = column));
  const correction: LogisticRegression = await fitLogisticRegression(
    examples.map(({ row: { indices, values } }) => ({ indices: indices.map((bucket) => columns[bucket]!), values })),
    examples.map(({ isGood }) => isGood),
    {
      numFeatures: used.length,
      inversePenalty: cost,
      rowWeights: Float64Array.from(examples, ({ weight }) => weight),
      ...(prior && { offsets: Float64Array.from(examples, ({ row }) => wordDecision(prior, row)) }),
      tolerance,
      signal,
    },
  );
  const weights = Float64Array.from(prior?.weights ?? new Float64Array(NUM_BUCKETS));
  used.forEach((bucket, column) => (weights[bucket]! += correction.coefficients[column]!));
  return { weights, bias: correction.intercept + (prior?.bias ?? 0) };
}
