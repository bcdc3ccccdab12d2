import { type Batch, collate, lengthBucketsFor, type LoraAdapter, rowMeanWeights, type TokenizedRow } from '@pharmacist/language-model';
import { finite } from '../mean-losses.ts';
import type { SelectionContext } from '../selector.ts';

/** Rows of one step as a batch of their own. */
export interface StepRows {
  readonly batch: Batch;
  readonly rows: readonly TokenizedRow[];
}

export interface ModelStep {
  /** u f + (1 - u) mean_i p_i l_i. */
  readonly loss: number;
  readonly gradients: Map<string, Float32Array>;
  /** Mean answer NLL l_i of each pool row before the step, f64 [B], nats a token. */
  readonly poolLosses: Float64Array;
}

/**
 * Loss and gradient of the model's half of a SEAL step, u f + (1 - u) mean_i p_i l_i with f the mean over safe rows of their mean token losses and
 * p_i held constant. One gradient call on both batches together; with u = 1 the pool's gradients would count nothing, so it gets a forward pass.
 * @param poolWeights p_i of the pool rows. @throws {NumericError}
 */
export async function modelStep(
  context: Pick<SelectionContext, 'model' | 'maxLength' | 'count'>,
  adapter: LoraAdapter,
  { safe, pool, upperWeight, poolWeights }: { safe: StepRows; pool: StepRows; upperWeight: number; poolWeights: readonly number[] },
): Promise<ModelStep> {
  const { model, maxLength } = context;
  const [numSafe, numPool] = [safe.rows.length, pool.rows.length];
  const poolLosses = (sums: Float32Array) =>
    Float64Array.from(sums.subarray(0, numPool), (sum, b) => finite(sum / pool.batch.rowTargetCounts[b]!, 'loss', 'SEAL'));
  context.count('forward', 2, numSafe + numPool);
  if (upperWeight === 1) {
    const rowLosses = await model.rowLosses(pool.batch, adapter);
    const { loss, gradients } = await model.gradient(safe.batch, adapter, rowMeanWeights(safe.batch));
    context.count('backward', 1, numSafe);
    return { loss, gradients, poolLosses: poolLosses(rowLosses) };
  }
  const both = collate([...pool.rows, ...safe.rows], {
    batchSize: pool.batch.batchSize + safe.batch.batchSize,
    padId: model.tokenizer.padId,
    lengthBuckets: lengthBucketsFor(maxLength),
  });
  const share = (b: number) => {
    if (b < numPool) return ((1 - upperWeight) * poolWeights[b]!) / numPool;
    return b < numPool + numSafe ? upperWeight / numSafe : 0;
  };
  const weights = both.rowTargetCounts.map((numTargets, b) => (numTargets > 0 ? share(b) / numTargets : 0));
  const { loss, gradients, rowLosses } = await model.gradient(both, adapter, weights);
  context.count('backward', 2, numSafe + numPool);
  return { loss, gradients, poolLosses: poolLosses(rowLosses) };
}
