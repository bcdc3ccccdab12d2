import * as tf from '@tensorflow/tfjs-core';
import { type Batch, bindTensors, type ModelConfig, rowLosses } from '@pharmacist/language-model';
import { valueAndGradients } from '@pharmacist/tensor-kernels';

/**
 * Inside a program: the exact gradient of each row of a batch from one forward and one backward pass. Each LoRA factor is copied along a
 * leading batch dimension, so that the gradient by the copy is the gradient of that row's own loss.
 *
 * @param inputs weights, factors, batch (rowWeights f32 [B] = 1 / targets makes each loss a mean).
 * @returns `gradients` f32 [B, ...] by factor, those of empty places 0; `losses` f32 [B], sums.
 */
export function rowGradients(
  config: ModelConfig,
  loraScale: number,
  factors: readonly string[],
  inputs: Readonly<Record<string, tf.Tensor>>,
): { gradients: Record<string, tf.Tensor>; losses: tf.Tensor } {
  const batchSize = inputs['inputIds']!.shape[0]!;
  const copies = Object.fromEntries(factors.map((name) => [name, tf.tile(tf.expandDims(inputs[name]!, 0), [batchSize, 1, 1])]));
  const { gradients, extras } = valueAndGradients(copies, (perRow) => {
    const losses = rowLosses(bindTensors(config, { ...inputs, ...perRow }, loraScale), inputs);
    return { loss: tf.sum(tf.mul(losses, inputs['rowWeights']!)), extras: { losses } };
  });
  return { gradients, losses: extras['losses']! };
}

/** Row weights f32 [B] that make each row's loss the mean over its own targets; 0 for an empty place. */
export function ownMeanWeights({ rowTargetCounts }: Batch): Float32Array {
  return rowTargetCounts.map((count) => (count > 0 ? 1 / count : 0));
}
