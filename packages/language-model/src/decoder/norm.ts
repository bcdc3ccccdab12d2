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

/** The norm before the output embedding: f32 [N, D] to [N, D]. */
export function finalNorm(tensors: ModelTensors, hidden: tf.Tensor): tf.Tensor {
  return normalise(tensors, 'model.norm', hidden);
}
