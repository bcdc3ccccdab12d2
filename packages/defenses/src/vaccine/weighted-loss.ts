import * as tf from '@tensorflow/tfjs-core';
import { batchConstants, type ForwardHooks, type ModelConfig, type ModelTensors, rowLosses } from '@pharmacist/language-model';

export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** The weighted loss of a batch, f32 [], at given factors and with given hooks: the sum over rows of rowWeights times the row's summed loss. */
export type WeightedLoss = (tensors: ModelTensors, hooks?: ForwardHooks) => tf.Tensor;

/** The loss of one batch for several passes of one program. */
export function weightedLoss(config: ModelConfig, inputs: Tensors): WeightedLoss {
  const constants = batchConstants(config, inputs);
  return (tensors, hooks) => tf.sum(tf.mul(rowLosses(tensors, inputs, hooks, constants), inputs['rowWeights']!));
}
