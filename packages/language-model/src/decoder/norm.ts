import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, rmsNorm } from '@pharmacist/tensor-kernels';
import { familyOf } from '../config.ts';
import type { ModelTensors } from './tensors.ts';

/** A norm of the family's kind by its name in the state dict, over the last axis: f32 [..., D] to [..., D]. */
export function normalise({ config, weight }: ModelTensors, name: string, x: tf.Tensor): tf.Tensor {
  const scale = weight(`${name}.weight`);
  const { norm } = familyOf(config);
  if (norm === 'layer') return layerNorm(x, scale, weight(`${name}.bias`), config.normEps);
  return rmsNorm(x, norm === 'rms-around-one' ? tf.add(scale, 1) : scale, config.normEps);
}

/** A layer norm without bias for each head: f32 [B, H, T, headDim] to the same. */
export function normaliseHeads({ config, weight }: ModelTensors, name: string, x: tf.Tensor): tf.Tensor {
  const [, numHeads, , size] = x.shape as [number, number, number, number];
  const normed = layerNorm(x, tf.ones([size]), tf.zeros([size]), config.normEps);
  const weights = Array.from({ length: numHeads }, (_, head) => weight(`${name}.norms.${head}.weight`));
  return tf.mul(normed, tf.reshape(tf.concat(weights), [1, numHeads, 1, size]));
}

/** The norm before the output embedding: f32 [N, D] to [N, D]. */
export function finalNorm(tensors: ModelTensors, hidden: tf.Tensor): tf.Tensor {
  return normalise(tensors, 'model.norm', hidden);
}
