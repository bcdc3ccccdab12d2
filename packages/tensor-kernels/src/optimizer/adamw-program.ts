import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../host-tensor.ts';
import type { Program } from '../engine/engine.ts';
import { ADAMW_DEFAULTS, type AdamWOptions } from './adamw.ts';

/** Names of the resident vectors of a device update, f32 [P] each: all trained tensors one behind the other. */
export const RESIDENT_VECTORS = ['parameters', 'firstMoments', 'secondMoments'] as const;

export interface AdamWProgramOptions extends AdamWOptions {
  /** Bound on the global norm of the gradient. */
  readonly maxGradientNorm: number;
  /** Elements of each trained tensor, in their order; P is their sum. */
  readonly sizes: readonly number[];
}

/**
 * Clipping and one AdamW step as a program over vectors that stay with the engine, in f32: AdamW and clipByGlobalNorm on the device.
 *
 * Inputs: `parameters`, `firstMoments`, `secondMoments`, `gradients`, f32 [P] each; `decay` f32 [] = 1 - learningRate * weightDecay; by trained
 * tensor, or one for all of them, f32 [N] or [1]: `stepSizes` = learningRate / (1 - beta1^t), `corrections` = sqrt(1 - beta2^t), and
 * `isActive`, 0 where a tensor has no gradient and is skipped.
 * Outputs: the first three anew, to be written over them, and `norm` f32 [], of the gradient before clipping.
 */
export function adamWProgram({ sizes, maxGradientNorm, ...options }: AdamWProgramOptions): Program {
  const { beta1, beta2, epsilon } = { ...ADAMW_DEFAULTS, ...options };
  return (inputs) => {
    const { parameters, firstMoments, secondMoments, gradients } = inputs as Record<string, tf.Tensor>;
    const norm = tf.sqrt(tf.sum(tf.square(gradients!)));
    const clipped = tf.mul(gradients!, tf.minimum(tf.div(maxGradientNorm, tf.add(norm, 1e-6)), 1));
    const m = tf.add(tf.mul(firstMoments!, beta1), tf.mul(clipped, 1 - beta1));
    const v = tf.add(tf.mul(secondMoments!, beta2), tf.mul(tf.square(clipped), 1 - beta2));
    const spread = (name: string) => byElement(inputs[name]!, sizes);
    const step = tf.div(tf.mul(spread('stepSizes'), m), tf.add(tf.div(tf.sqrt(v), spread('corrections')), epsilon));
    const updated = tf.sub(tf.mul(parameters!, inputs['decay']!), step);
    if (sizeOf(inputs['isActive']!.shape) === 1) return { norm, parameters: updated, firstMoments: m, secondMoments: v };
    const isActive = tf.greater(spread('isActive'), 0.5);
    return {
      norm,
      parameters: tf.where(isActive, updated, parameters!),
      firstMoments: tf.where(isActive, m, firstMoments!),
      secondMoments: tf.where(isActive, v, secondMoments!),
    };
  };
}

/** A value a tensor as a value an element; one value for all stays one. */
function byElement(values: tf.Tensor, sizes: readonly number[]): tf.Tensor {
  if (sizeOf(values.shape) === 1) return values;
  return tf.concat(sizes.map((size, i) => tf.broadcastTo(tf.slice(values, [i], [1]), [size])));
}
