import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '@pharmacist/language-model';
import type { Program } from '@pharmacist/tensor-kernels';
import { rowGradients } from './row-gradients.ts';

/** Name of the input that holds a direction's part for one LoRA factor. */
export function directionInput(direction: string, factor: string): string {
  return `direction ${direction}: ${factor}`;
}

/**
 * Exact influences of each row of a batch from one forward and one backward pass. The gradients (row-gradients.ts) are reduced to scalars
 * inside the program: nothing per row but these scalars leaves it.
 *
 * Inputs: weights, factors, batch (rowWeights f32 [B] = 1 / targets makes each loss a mean), and for each direction one tensor a factor.
 * Outputs: `rowLosses` f32 [B] (sums); `squaredNorm` f32 [B] = |g_i|^2; for D > 0 directions `dots` f32 [B, D] = <g_i, v_d>.
 */
export function influenceProgram(
  config: ModelConfig,
  loraScale: number,
  factors: readonly string[],
  directions: readonly string[],
): Program {
  return (inputs) => {
    const batchSize = inputs['inputIds']!.shape[0]!;
    const { gradients, losses } = rowGradients(config, loraScale, factors, inputs);
    const sumPerRow = (terms: tf.Tensor[]) => terms.reduce((sum, term) => tf.add(sum, term));
    const squaredNorm = sumPerRow(factors.map((name) => tf.sum(tf.square(gradients[name]!), [1, 2])));
    const dots = directions.map((direction) => {
      const dot = sumPerRow(
        factors.map((name) => tf.sum(tf.mul(gradients[name]!, tf.expandDims(inputs[directionInput(direction, name)]!, 0)), [1, 2])),
      );
      return tf.reshape(dot, [batchSize, 1]);
    });
    return { rowLosses: losses, squaredNorm, ...(dots.length > 0 && { dots: tf.concat(dots, 1) }) };
  };
}
